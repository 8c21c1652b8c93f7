//! A witness inside the database: it notes each event whenever a commit folds it. The read models would hide a repeat, because
//! folding an event again leaves their rows as they are.

use crate::Fleet;

/// Notes in the order of folding. What a commit that is rolled back noted is gone with it.
const TAKE_NOTES: &str = "
create table public.folded (note bigserial primary key, partition integer not null, position bigint not null);
create function public.take_note() returns trigger language plpgsql as $$
begin
    insert into public.folded (partition, position) values (new.partition, new.position);
    return new;
end $$;
do $$
declare events text;
begin
    select relname into strict events from pg_class
    where relnamespace = 'elite'::regnamespace and relkind = 'r' and relname ~ '^events_v[0-9]+$';
    execute format('create trigger witness before insert on elite.%I for each row execute function public.take_note()', events);
end $$;";
/// Events that were not folded right after the one before them in their partition.
const ASTRAY: &str = "
select count(*) from (
    select position - coalesce(lag(position) over (partition by partition order by note), 0) as step
    from public.folded) as steps
where step <> 1";

impl Fleet {
    /// Takes notes from now on, when nothing is folded yet.
    pub fn take_notes(&self) {
        self.sql(TAKE_NOTES);
    }

    /// Every event was folded once, in the order of its partition, and there are `events` of them.
    pub fn folded_once_and_in_order(&self, events: usize) {
        assert_eq!(self.sql("select count(*) from public.folded"), events.to_string(), "events were folded");
        assert_eq!(self.sql(ASTRAY), "0", "events were folded twice or out of order");
    }
}
