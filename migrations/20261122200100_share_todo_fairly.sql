-- The oldest work of each tenant, so that tenants take turns. It also serves whoever looked for the oldest of all.

create index todo_tenant_age on elite.todo (role, tenant, enqueued_at, partition, position);
drop index elite.todo_age;
