-- Who is at work, so that partitions can be shared out fairly. A hint for sharing only: epochs decide who may write.
create table elite.worker (
    owner uuid primary key,
    tenant text not null default 'default',
    roles text[] not null,
    host text not null,
    process_id integer not null,
    version text not null,
    started_at timestamptz not null default clock_timestamp(),
    -- Only this server's clock counts.
    alive_until timestamptz not null
);

-- How long each renewal of a lease lasts, so that every commit can renew its own; none for a process that holds its data
-- directory, whose leases do not run out.
alter table elite.subscription_partition add column lease_length interval;
