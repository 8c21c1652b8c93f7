-- Where each conflict stands. It spans keys, so it is a view: a conflict is over when a person decided, and outdated while one of its
-- documents is superseded, deleted or not parsed; documents that come back bring their undecided conflicts back.
create or replace view elite.conflict_states as
select c.id, c.tenant,
    case
        when c.resolved_event is not null then 'decided'
        when l.status = 'parsed' and r.status = 'parsed' then 'open'
        else 'outdated'
    end as state,
    l.name as left_name, l.title as left_title, l.status as left_status,
    r.name as right_name, r.title as right_title, r.status as right_status
from elite.conflicts c
left join elite.documents l on l.id = c.left_document and l.tenant = c.tenant
left join elite.documents r on r.id = c.right_document and r.tenant = c.tenant;
