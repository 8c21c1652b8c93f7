-- Every event, with its data as stored: what is sealed stays sealed.
create table events_v2 (
    partition integer not null,
    position bigint not null,
    event_id uuid not null,
    tenant text not null,
    type text not null,
    subject text not null,
    source text not null,
    time timestamptz not null,
    recorded_at timestamptz not null,
    causation_id uuid,
    correlation_id uuid,
    partitionkey text not null,
    datasubject text,
    data jsonb not null,
    primary key (partition, position)
);
create index events_v2_event_id on events_v2 (event_id);
create index events_v2_subject on events_v2 (subject);
create index events_v2_causation on events_v2 (causation_id);
create index events_v2_datasubject on events_v2 (tenant, datasubject) where datasubject is not null;
