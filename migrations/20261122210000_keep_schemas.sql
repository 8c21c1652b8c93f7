-- Schemas that outlive the replay that filled them: tables that were live before, and history to query.
create table elite.kept_schema (
    schema text not null,
    projection text not null,
    tenant text not null default 'default',
    kind text not null check (kind in ('retired', 'as_of')),
    version integer not null,
    tables text[] not null,
    -- The time or the positions that were asked for, of history.
    asked text,
    kept_at timestamptz not null default now(),
    primary key (schema, projection)
);

-- How far the partitions are folded into each of them, and which of their positions were parked then.
create table elite.kept_position (
    schema text not null,
    partition integer not null,
    tenant text not null default 'default',
    position bigint not null,
    parked bigint[] not null,
    primary key (schema, partition)
);
