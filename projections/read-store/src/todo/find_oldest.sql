-- The oldest free rows of up to 64 tenants, in turn from the one after $5: $6 rows in all, at least two of each tenant,
-- and of those the ones that are the first of their key. Subqueries with a limit, because no plan turns them into a
-- join over the whole list.
with recursive turns (tenant, place, first) as (
    select tenant, 1, tenant
    from (select coalesce((select tenant from elite.todo where role = $1 and tenant > $5 order by tenant limit 1),
                          (select tenant from elite.todo where role = $1 order by tenant limit 1)) as tenant) as first
    where tenant is not null
    union all
    select tenant, place, first
    from (select coalesce((select tenant from elite.todo where role = $1 and tenant > last.tenant order by tenant limit 1),
                          (select tenant from elite.todo where role = $1 order by tenant limit 1)) as tenant,
                 last.place + 1 as place, last.first
          from turns as last where last.place < 64) as next
    where tenant <> first
),
candidate as (
    select head.cause_id, head.turn, turns.place, turns.tenant
    from turns cross join lateral (
        select oldest.cause_id, row_number() over (order by enqueued_at, partition, position) as turn
        from (select * from elite.todo
              where role = $1 and tenant = turns.tenant
                and due_at <= clock_timestamp() and lease_until < clock_timestamp()
              order by enqueued_at, partition, position
              limit greatest($6::int8 / (select count(*) from turns), 2)) as oldest
        where position = (select min(earlier.position) from elite.todo earlier
                          where earlier.role = $1 and earlier.key = oldest.key and earlier.partition = oldest.partition)
          and (select parked.key from elite.dead_letter parked
               where parked.subscription = $1 and parked.key = oldest.key limit 1) is null) as head
),
