-- Datasets that were asked for, and what became of them.
create table datasets_v2 (
    id uuid primary key,
    tenant text not null,
    name text not null,
    kind text not null,
    include_rejected boolean not null,
    status text not null check (status in ('requested', 'built', 'published', 'withdrawn')),
    rows bigint,
    size_bytes bigint,
    left_out bigint,
    content text,
    manifest text,
    published_to text,
    withdrawn_because text,
    requested_at timestamptz not null,
    built_at timestamptz,
    requested_event uuid not null,
    built_event uuid,
    partition integer not null,
    position bigint not null
);
create index datasets_v2_listing on datasets_v2 (tenant, requested_at desc, id);
