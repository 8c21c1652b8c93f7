-- Which document repeats which. It spans keys, so it is a view: a document repeats the earliest received other one whose
-- text has the same hash, or else the earliest that shares a MinHash band. Only documents in use count.
create or replace view elite.duplicates as
select k.tenant, k.document_id, original.document_id as duplicate_of, original.kind
from elite.knowledge k
join elite.documents d on d.id = k.document_id and d.status = 'parsed'
cross join lateral (
    select earlier.document_id, earlier.kind
    from (
        (select e.document_id, 'exact' as kind
         from elite.knowledge e join elite.documents o on o.id = e.document_id and o.status = 'parsed'
         where e.tenant = k.tenant and e.text_hash = k.text_hash and (o.received_at, o.id) < (d.received_at, d.id)
         order by o.received_at, o.id limit 1)
        union all
        (select n.document_id, 'near' as kind
         from elite.knowledge n join elite.documents o on o.id = n.document_id and o.status = 'parsed'
         where n.tenant = k.tenant and n.bands && k.bands and (o.received_at, o.id) < (d.received_at, d.id)
         order by o.received_at, o.id limit 1)
    ) as earlier
    order by earlier.kind limit 1
) as original;
