-- What each rule found in each document's text, by each version of the set of rules that judged it.
create table validation_scores_v4 (
    document_id uuid not null,
    rules_version integer not null,
    rule text not null,
    tenant text not null,
    version integer not null,
    passed boolean not null,
    value double precision not null,
    threshold double precision not null,
    evidence text,
    event_id uuid not null,
    primary key (document_id, rules_version, rule)
);

-- Where each document is in its life: this projection's own memory of which events take effect.
create table validation_scores_documents_v4 (
    document_id uuid primary key,
    tenant text not null,
    datasubject text,
    status text not null,
    name text not null,
    content text not null,
    received_event uuid not null,
    parsed text,
    decided_event uuid,
    decided_cause uuid,
    validated_cause uuid,
    partition integer not null,
    position bigint not null
);
create index validation_scores_documents_v4_datasubject on validation_scores_documents_v4 (tenant, datasubject) where datasubject is not null;
