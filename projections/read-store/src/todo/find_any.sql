-- The first row of every key, however far down the list it is.
with candidate as (
    select head.cause_id, head.tenant, (head.tenant <= $5)::int4 as place,
           row_number() over (partition by tenant order by enqueued_at, partition, position) as turn
    from (select distinct on (key) * from elite.todo where role = $1 order by key, partition, position) as head
    where due_at <= clock_timestamp() and lease_until < clock_timestamp()
      and (select parked.key from elite.dead_letter parked
           where parked.subscription = $1 and parked.key = head.key limit 1) is null
    order by turn, place, tenant limit $6::int8
),
