-- Who was erased, as far as the log is folded: what was made ready before an erasure must not be written after it.
create table elite.erased_subject (
    tenant text not null,
    subject text not null,
    event_id uuid not null,
    erased_at timestamptz not null,
    primary key (tenant, subject)
);

-- Whose a parked event and a kept answer are, so that they can be found when that person is erased.
alter table elite.dead_letter add column datasubject text;
create index dead_letter_datasubject on elite.dead_letter (tenant, datasubject) where datasubject is not null;
alter table elite.idempotency_key add column datasubject text;
create index idempotency_key_datasubject on elite.idempotency_key (tenant, datasubject) where datasubject is not null;
