ordered (ids) as (
    select array(select cause_id from candidate order by turn, place, tenant limit 4 * $3::int8)
),
free as (
    select cause_id from elite.todo
    where role = $1 and cause_id = any((select ids from ordered)::uuid[])
      and due_at <= clock_timestamp() and lease_until < clock_timestamp()
    order by array_position((select ids from ordered), cause_id)
    limit $3::int8
    for update skip locked
),
taken as (
    update elite.todo as row
    set owner = $2, epoch = epoch + 1, lease_until = clock_timestamp() + $4 * interval '1 second'
    where role = $1 and cause_id = any(array(select cause_id from free))
    returning row.cause_id, row.tenant, row.key, row.partition, row.position, row.attempts, row.epoch
)
select cardinality(ids), taken.*
from ordered left join taken on true
order by array_position(ids, taken.cause_id)
