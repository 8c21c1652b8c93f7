-- Candidate rows of training datasets; which of them a dataset takes is decided when it is built.
create table dataset_examples_v1 (
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
create index dataset_examples_v1_kind on dataset_examples_v1 (tenant, kind, id);
create index dataset_examples_v1_source on dataset_examples_v1 (source_id);

-- Interactions as far as examples follow from them.
create table dataset_examples_interactions_v1 (
    interaction_id uuid primary key,
    tenant text not null,
    prompt text not null,
    answer text,
    prompted_event uuid not null,
    answered_event uuid,
    partition integer not null,
    position bigint not null
);

-- Feedback as far as examples follow from it.
create table dataset_examples_feedback_v1 (
    feedback_id uuid primary key,
    tenant text not null,
    interaction_id uuid not null,
    verdict jsonb not null,
    withdrawn boolean not null,
    given_event uuid not null,
    ordinal integer not null,
    partition integer not null,
    position bigint not null
);
create index dataset_examples_feedback_v1_interaction on dataset_examples_feedback_v1 (interaction_id);

-- Where each document is in its life: this projection's own memory of which events take effect.
create table dataset_examples_documents_v1 (
    document_id uuid primary key,
    tenant text not null,
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
