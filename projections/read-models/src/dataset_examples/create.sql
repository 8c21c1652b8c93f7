-- Candidate rows of training datasets; which of them a dataset takes is decided when it is built.
create table dataset_examples_v3 (
    id uuid primary key,
    tenant text not null,
    kind text not null check (kind in ('sft', 'preference', 'kto', 'completion')),
    source_kind text not null check (source_kind in ('document', 'interaction')),
    source_id uuid not null,
    ordinal integer not null,
    prompt text not null,
    completion text,
    chosen text,
    rejected text,
    label boolean,
    event_ids uuid[] not null,
    partition integer not null,
    position bigint not null
);
create index dataset_examples_v3_kind on dataset_examples_v3 (tenant, kind, id);
create index dataset_examples_v3_source on dataset_examples_v3 (source_id);

-- Interactions as far as examples follow from them.
create table dataset_examples_interactions_v3 (
    interaction_id uuid primary key,
    tenant text not null,
    datasubject text,
    prompt text not null,
    answer text,
    prompted_event uuid not null,
    answered_event uuid,
    partition integer not null,
    position bigint not null
);
create index dataset_examples_interactions_v3_datasubject on dataset_examples_interactions_v3 (tenant, datasubject) where datasubject is not null;

-- Feedback as far as examples follow from it.
create table dataset_examples_feedback_v3 (
    feedback_id uuid primary key,
    tenant text not null,
    datasubject text,
    interaction_id uuid not null,
    verdict jsonb not null,
    withdrawn boolean not null,
    given_event uuid not null,
    given_position bigint not null,
    partition integer not null,
    position bigint not null
);
create index dataset_examples_feedback_v3_datasubject on dataset_examples_feedback_v3 (tenant, datasubject) where datasubject is not null;
create index dataset_examples_feedback_v3_interaction on dataset_examples_feedback_v3 (interaction_id);

-- Where each document is in its life: this projection's own memory of which events take effect.
create table dataset_examples_documents_v3 (
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
create index dataset_examples_documents_v3_datasubject on dataset_examples_documents_v3 (tenant, datasubject) where datasubject is not null;
