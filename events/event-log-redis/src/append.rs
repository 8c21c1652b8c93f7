//! Appending: one script call for each partition of a call, all of them at once.

use std::sync::Arc;

use event_log::{Appended, Durability, LogError, Outcome, Position};
use event_model::Event;
use futures::future::join_all;
use redis::{Pipeline, ServerError, Value};

use crate::{
    cluster::{HOPS_MAX, Redirection, redirection},
    facts::ServerFacts,
    head::End,
    log::Shared,
    node::{Node, append_lane},
    request::{Request, Terms, by_partition},
    script::APPEND,
    trouble,
};

/// Events of one call and partition: they are appended in one step, which nobody can interrupt.
const EVENTS_MAX: usize = 10_000;
/// How long an append waits for replicas before it is answered without them.
const REPLICAS_TIME_MAX_MS: u64 = 1_000;

/// A request and where it stands.
struct Attempt<'a> {
    request: Request<'a>,
    /// The node that is getting the slot.
    asking: Option<String>,
    /// The server does not know the script.
    load: bool,
    /// Where the partition ends as far as was known when it was sent.
    known: End,
    /// A loss was accepted, of which this process had not heard.
    accepted: bool,
    answer: Option<(Vec<(Position, Outcome)>, Durability)>,
}

/// Attempts that go through one connection.
struct Group<'a> {
    node: Arc<Node>,
    lane: usize,
    attempts: Vec<Attempt<'a>>,
}

/// Appends the events of one call.
pub(crate) async fn append(log: &Shared, events: &[Event]) -> Result<Vec<Appended>, LogError> {
    let requests = by_partition(events, log.creation.partitions);
    if let Some(large) = requests.iter().find(|request| request.events.len() > EVENTS_MAX) {
        return Err(LogError::Refused(format!(
            "one append of {} events to partition {} is too much for one step; send at most {EVENTS_MAX} at a time",
            large.events.len(),
            large.partition
        )));
    }
    let attempt = |request| Attempt {
        request,
        asking: None,
        load: false,
        known: End::default(),
        accepted: false,
        answer: None,
    };
    let mut open: Vec<Attempt<'_>> = requests.into_iter().map(attempt).collect();
    let mut answers: Vec<Option<Appended>> = events.iter().map(|_| None).collect();
    for _ in 0..HOPS_MAX {
        let sent = join_all(grouped(log, open)?.into_iter().map(|group| group.send(log))).await;
        open = Vec::new();
        let mut failure = None;
        for group in sent {
            match group {
                Ok(attempts) => {
                    open.extend(attempts.into_iter().filter_map(|attempt| attempt.settle(&mut answers)));
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        log.versions.send_modify(|version| *version += 1);
        if let Some(error) = failure {
            log.servers.look_again().await;
            return Err(error);
        }
        if open.is_empty() {
            break;
        }
        if open.iter().any(Attempt::is_elsewhere) {
            log.servers.draw().await?;
        }
    }
    answers
        .into_iter()
        .collect::<Option<_>>()
        .ok_or_else(|| LogError::Unavailable("a partition moves from node to node of the cluster".into()))
}

/// What goes through one connection goes there together.
fn grouped<'a>(log: &Shared, attempts: Vec<Attempt<'a>>) -> Result<Vec<Group<'a>>, LogError> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for attempt in attempts {
        let partition = attempt.request.partition.0;
        let node = match &attempt.asking {
            Some(address) => log.servers.node_at(address)?,
            None => log.servers.node_of(log.keys[usize::from(partition)].slot)?,
        };
        let lane = append_lane(partition);
        let same = |group: &&mut Group<'_>| group.lane == lane && group.node.address() == node.address();
        match groups.iter_mut().find(same) {
            Some(group) => group.attempts.push(attempt),
            None => groups.push(Group { node, lane, attempts: vec![attempt] }),
        }
    }
    Ok(groups)
}

impl<'a> Group<'a> {
    /// Sends the calls and, where it can be known, waits for a replica that has all of them on its disk.
    async fn send(mut self, log: &Shared) -> Result<Vec<Attempt<'a>>, LogError> {
        let (lane, open, facts) = self.node.for_append(self.lane).await?;
        let mut commands = Pipeline::new();
        if self.attempts.iter().any(|attempt| attempt.load) {
            commands.add_command(APPEND.load());
        }
        for attempt in &mut self.attempts {
            if attempt.asking.is_some() {
                commands.cmd("ASKING");
            }
            commands.add_command(attempt.command(log));
        }
        let waits = add_wait(&mut commands, &facts);
        let mut answers = lane.send_on(open, &commands).await?;
        let acknowledged = if waits { answers.pop() } else { None };
        let durability = confirmed(&facts, acknowledged.as_ref());
        // The calls are the last of what was sent, each behind its `ASKING`.
        for attempt in self.attempts.iter_mut().rev() {
            let answer = answers.pop().unwrap_or_default();
            if attempt.asking.is_some() {
                answers.pop();
            }
            attempt.take(log, &self.node, &answer, durability)?;
        }
        Ok(self.attempts)
    }
}

/// Adds the command that waits for replicas, if there are any whose word counts.
fn add_wait(commands: &mut Pipeline, facts: &ServerFacts) -> bool {
    let Some(replicas) = facts.acknowledgements() else { return false };
    if facts.has_waitaof() {
        commands.cmd("WAITAOF").arg(1).arg(1).arg(REPLICAS_TIME_MAX_MS);
    } else {
        commands.cmd("WAIT").arg(replicas).arg(REPLICAS_TIME_MAX_MS);
    }
    true
}

/// What the answers before are worth.
fn confirmed(facts: &ServerFacts, acknowledged: Option<&Value>) -> Durability {
    let needed =
        facts.acknowledgements().map_or(i64::MAX, |replicas| i64::try_from(replicas).unwrap_or(i64::MAX));
    let replicated = match acknowledged {
        Some(Value::Int(replicas)) => *replicas >= needed,
        Some(Value::Array(counts)) => {
            matches!(counts[..], [Value::Int(here), Value::Int(replicas)] if here >= 1 && replicas >= 1)
        }
        _ => false,
    };
    match (facts.fsyncs(), replicated) {
        (true, true) => Durability::Replicated,
        (true, false) => Durability::Fsync,
        (false, _) => Durability::Memory,
    }
}

impl Attempt<'_> {
    /// Whether the picture of who serves what was wrong.
    fn is_elsewhere(&self) -> bool {
        self.asking.is_none() && !self.load && !self.accepted
    }

    fn command(&mut self, log: &Shared) -> redis::Cmd {
        let partition = usize::from(self.request.partition.0);
        self.known = log.known_end(self.request.partition);
        let terms = Terms {
            incarnation: &log.incarnation,
            known: self.known,
            compare: log.is_to_compare(self.request.partition),
        };
        self.request.command(&log.keys[partition], &terms)
    }

    /// Reads the script's answer; a redirection or an unknown script leaves the attempt open.
    fn take(
        &mut self,
        log: &Shared,
        node: &Node,
        answer: &Value,
        durability: Durability,
    ) -> Result<(), LogError> {
        let partition = self.request.partition;
        let asked = self.asking.take();
        (self.load, self.accepted) = (false, false);
        match (redirection(answer), answer) {
            (Some(Redirection::Moved), _) => return Ok(()),
            (Some(Redirection::Ask(address)), _) => self.asking = Some(address),
            (None, Value::ServerError(error)) if error.code() == "NOSCRIPT" => {
                // The same node again, and this time it learns the script first.
                (self.asking, self.load) = (asked, true);
            }
            (None, Value::ServerError(error)) if self.begins_anew(error) => {
                // The same node again, and what it says is the truth.
                (self.asking, self.accepted) = (asked, true);
                if let Some(end) = error.details().and_then(End::in_details) {
                    log.saw(partition, end);
                }
            }
            (None, Value::ServerError(error)) => {
                return Err(trouble::of_partition(node.address(), partition, error));
            }
            (None, answer) => {
                let places = places(answer, self.request.events.len())
                    .ok_or_else(|| trouble::nonsense(node.address(), "an append"))?;
                let last = places.iter().map(|(position, _)| *position).max().unwrap_or_default();
                log.saw(partition, End { tail: last, ..self.known });
                self.answer = Some((places, durability));
            }
        }
        Ok(())
    }

    /// Whether an error says that a loss was accepted since this process last heard of the partition.
    fn begins_anew(&self, error: &ServerError) -> bool {
        let end = error.details().and_then(End::in_details);
        error.code() == "ELITETIMELINE" && end.is_some_and(|end| end.timeline > self.known.timeline)
    }

    /// Writes the answers of the call, or gives the attempt back if there is none yet.
    fn settle(self, answers: &mut [Option<Appended>]) -> Option<Self> {
        let Some((places, durability)) = &self.answer else { return Some(self) };
        for ((place, event), (position, outcome)) in self.request.events.iter().zip(places) {
            answers[*place] = Some(Appended {
                id: event.id,
                partition: self.request.partition,
                position: *position,
                outcome: *outcome,
                durability: *durability,
            });
        }
        None
    }
}

/// The places of `count` events: after the tail that was answered, or each as answered, negative for a repeat.
fn places(answer: &Value, count: usize) -> Option<Vec<(Position, Outcome)>> {
    match answer {
        Value::Int(tail) => {
            let first = u64::try_from(*tail).ok()? + 1;
            Some((first..).take(count).map(|position| (Position(position), Outcome::Added)).collect())
        }
        Value::Array(places) if places.len() == count => {
            let place = |place: &Value| match place {
                Value::Int(at) if *at > 0 => Some((Position(at.unsigned_abs()), Outcome::Added)),
                Value::Int(at) if *at < 0 => Some((Position(at.unsigned_abs()), Outcome::Duplicate)),
                _ => None,
            };
            places.iter().map(place).collect()
        }
        _ => None,
    }
}
