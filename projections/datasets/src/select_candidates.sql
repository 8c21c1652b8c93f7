-- Examples of tenant $1 and kind $2 (only example $3, if it is given) with what is held against their documents.
-- A person's verdict overrides the validators'; it does not make a duplicate an original.
with sources as materialized (
    select distinct source_id
    from elite.dataset_examples
    where tenant = $1 and kind = $2 and source_kind = 'document' and ($3::uuid is null or id = $3)
),
judged as materialized (
    select s.source_id,
           case when k.review = 'rejected' then 'review_rejected'
                when k.review is null and k.accepted is null then 'not_validated'
                when k.review is null and not k.accepted then 'validation_rejected'
                when d.kind is not null then d.kind || '_duplicate'
           end as reason,
           d.duplicate_of
    from sources s
    left join elite.knowledge k on k.document_id = s.source_id
    left join lateral (
        select kind, duplicate_of from elite.duplicates where document_id = s.source_id
    ) as d on true
)
select e.id, md5(e::text), j.reason, case when j.reason like '%duplicate' then j.duplicate_of end
from elite.dataset_examples e
left join judged j on j.source_id = e.source_id and e.source_kind = 'document'
where e.tenant = $1 and e.kind = $2 and ($3::uuid is null or e.id = $3)
order by e.id
