-- What is not derived from the log: who works on what, and how far they are. Everything else can be dropped and replayed.

create schema if not exists elite;

-- How far each subscription has come in each partition, and who may move it. Only this server's clock counts for leases.
create table elite.subscription_partition (
    subscription text not null,
    partition integer not null,
    tenant text not null default 'default',
    owner uuid,
    epoch bigint not null default 0,
    lease_until timestamptz not null default '-infinity',
    position bigint not null default 0,
    event_id uuid,
    halted text,
    primary key (subscription, partition)
);

-- The log this database follows. A database never changes its log.
create table elite.log_followed (
    only_one boolean primary key default true check (only_one),
    tenant text not null default 'default',
    incarnation uuid not null,
    partitions integer not null
);

-- Event ids of the last positions of each partition, so that a repeat has no effect on any log.
create table elite.recent_event (
    partition integer not null,
    position bigint not null,
    event_id uuid not null,
    tenant text not null default 'default',
    primary key (partition, event_id)
);
create index recent_event_position on elite.recent_event (partition, position);

-- Work that follows from the log: a cause inserts a row, a result that names it deletes the row.
create table elite.todo (
    role text not null,
    cause_id uuid not null,
    tenant text not null default 'default',
    key text not null,
    partition integer not null,
    position bigint not null,
    enqueued_at timestamptz not null,
    attempts integer not null default 0,
    due_at timestamptz not null default '-infinity',
    owner uuid,
    epoch bigint not null default 0,
    lease_until timestamptz not null default '-infinity',
    last_error text,
    primary key (role, cause_id)
);
create index todo_key on elite.todo (role, key, partition, position);
create index todo_age on elite.todo (role, enqueued_at, partition, position);

-- What could not be folded or done, and everything of the same key that came after it, in order.
create table elite.dead_letter (
    subscription text not null,
    event_id uuid not null,
    tenant text not null default 'default',
    key text not null,
    partition integer not null,
    position bigint not null,
    event_type text not null,
    reason text not null,
    attempts integer not null default 0,
    parked_at timestamptz not null default now(),
    redrive_requested_at timestamptz,
    -- Not the event's id: after the window of repeats it may come again, and is another event then.
    primary key (subscription, partition, position)
);
create index dead_letter_key on elite.dead_letter (subscription, key, partition, position);
create index dead_letter_event on elite.dead_letter (event_id);

-- Answers kept for producers that repeat a call.
create table elite.idempotency_key (
    tenant text not null default 'default',
    key text not null,
    fingerprint text not null,
    claimed_until timestamptz not null,
    answer jsonb,
    created_at timestamptz not null default now(),
    primary key (tenant, key)
);

-- Which version of each projection its view shows.
create table elite.projection (
    name text primary key,
    tenant text not null default 'default',
    version integer not null,
    installed_at timestamptz not null default now()
);
