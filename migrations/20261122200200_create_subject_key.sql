-- The keys that seal what is known of people, for every process that shares this database. Next to the log it is the only
-- source of truth: no rebuild touches it, and a backup without it is a backup without everything sealed.

create table elite.subject_key (
    tenant text not null,
    subject text not null,
    -- None once the subject is erased; the row stays, so that the subject never gets another.
    key bytea,
    created_at timestamptz not null default clock_timestamp(),
    destroyed_at timestamptz,
    primary key (tenant, subject),
    constraint either_key_or_destroyed check ((key is null) = (destroyed_at is not null)),
    constraint key_has_256_bits check (octet_length(key) = 32)
);
-- Keys look random: compressing them is a waste, and a copy out of line would be one more place to clear.
alter table elite.subject_key alter column key set storage plain;
revoke all on elite.subject_key from public;
