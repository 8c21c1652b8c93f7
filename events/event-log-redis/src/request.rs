//! The call of the append script for the events of one partition.
//!
//! What goes through Lua costs more than what it does, so a value that all events of a run share goes there once.

use std::collections::HashSet;

use event_model::{Event, PartitionId};
use redis::Cmd;

use crate::{
    binding::{FIELDS, Values, fields, name},
    head::End,
    keys::Keys,
    script::APPEND,
};

/// The events of one call that belong to one partition.
pub(crate) struct Request<'a> {
    pub(crate) partition: PartitionId,
    /// Each with its place in the call.
    pub(crate) events: Vec<(usize, &'a Event)>,
}

/// What the script is told besides the events.
pub(crate) struct Terms<'a> {
    /// Which log this is.
    pub(crate) incarnation: &'a str,
    /// Where the partition ends as far as this process knows.
    pub(crate) known: End,
    /// Whether to compare the stream with the tail.
    pub(crate) compare: bool,
}

/// The events of a call by partition, in their order.
pub(crate) fn by_partition(events: &[Event], partitions: u16) -> Vec<Request<'_>> {
    let mut requests: Vec<Request<'_>> = Vec::new();
    for (place, event) in events.iter().enumerate() {
        let partition = event.partition(partitions);
        match requests.iter_mut().find(|request| request.partition == partition) {
            Some(request) => request.events.push((place, event)),
            None => requests.push(Request { partition, events: vec![(place, event)] }),
        }
    }
    requests
}

impl Request<'_> {
    /// The script call.
    pub(crate) fn command(&self, keys: &Keys, terms: &Terms<'_>) -> Cmd {
        let mut call = APPEND.call(2);
        call.arg(&keys.log).arg(&keys.events);
        call.arg(terms.incarnation).arg(self.events.len()).arg(terms.known.tail.0);
        call.arg(terms.known.timeline).arg(u8::from(terms.compare));
        call.arg(u8::from(self.repeats_itself())).arg(&keys.ids);
        let rows: Vec<Values<'_>> = self.events.iter().map(|(_, event)| fields(event)).collect();
        for run in rows.chunk_by(same_fields) {
            add_run(&mut call, run);
        }
        for (_, event) in &self.events {
            call.arg(event.id.as_bytes());
        }
        call
    }

    fn repeats_itself(&self) -> bool {
        let mut ids = HashSet::with_capacity(self.events.len());
        !self.events.iter().all(|(_, event)| ids.insert(event.id))
    }
}

fn same_fields(one: &Values<'_>, next: &Values<'_>) -> bool {
    one.iter().zip(next).all(|(one, next)| one.is_some() == next.is_some())
}

/// Events with the same fields: first what all of them have in common, then the rest of each.
fn add_run(call: &mut Cmd, run: &[Values<'_>]) {
    let Some((first, later)) = run.split_first() else { return };
    let written = (0..FIELDS).filter(|field| first[*field].is_some());
    let shared = |field: &usize| later.iter().all(|row| row[*field] == first[*field]);
    let (fixed, others): (Vec<usize>, Vec<usize>) = written.partition(shared);
    call.arg(run.len()).arg(fixed.len()).arg(others.len());
    for field in fixed {
        call.arg(name(field)).arg(first[field].as_deref());
    }
    for field in &others {
        call.arg(name(*field));
    }
    for row in run {
        for field in &others {
            call.arg(row[*field].as_deref());
        }
    }
}
