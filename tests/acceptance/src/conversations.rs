//! Conversations: events whose rows depend on the order of their events, and what these rows must say. What is expected is
//! worked out here from what producers did, by nobody's code but this file's.

use std::collections::BTreeMap;

use event_log::{Clock, SystemClock};
use event_model::{
    Event, EventData, EventDraft, Tenant,
    family::{
        feedback::{FeedbackGiven, FeedbackWithdrawn, Verdict},
        interaction::{InteractionAnswered, InteractionFailed, InteractionPrompted},
        session::{SessionEnded, SessionStarted},
    },
};
use uuid::Uuid;

use crate::{Dice, sentence};

/// Namespace of the ids, which are the same for the same seed.
const NAMESPACE: Uuid = Uuid::from_u128(0x3c52_9f1a_0be7_4d0e_9a44_71c2_55d8_e603);

/// One session from its start to its end, in the order in which it must be told.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// The session's id, which is also the partition key.
    pub session: Uuid,
    /// Everything that happened.
    pub events: Vec<Event>,
    /// What the rows of `sessions`, `interactions` and `feedback` must be, as `psql` prints them.
    pub rows: Rows,
}

/// Rows by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// `ended|QUESTIONS`.
    pub sessions: BTreeMap<Uuid, String>,
    /// `answered|ANSWER`: of two answers the first holds.
    pub interactions: BTreeMap<Uuid, String>,
    /// `t` or `f`: whether it was withdrawn.
    pub feedback: BTreeMap<Uuid, String>,
}

impl Rows {
    /// The rows of all `conversations`.
    pub fn of(conversations: &[Conversation]) -> Self {
        let mut all = Self::default();
        for Conversation { rows, .. } in conversations {
            let Self { sessions, interactions, feedback } = rows.clone();
            all.sessions.extend(sessions);
            all.interactions.extend(interactions);
            all.feedback.extend(feedback);
        }
        all
    }
}

/// `count` conversations of at least `events` events each.
pub fn conversations(count: u64, events: usize, seed: u64) -> Vec<Conversation> {
    (0..count).map(|number| Telling::new(seed, number).tell_all(events)).collect()
}

/// How many events they have together.
pub fn events_of(conversations: &[Conversation]) -> usize {
    conversations.iter().map(|conversation| conversation.events.len()).sum()
}

struct Telling {
    session: Uuid,
    dice: Dice,
    events: Vec<Event>,
    rows: Rows,
}

impl Telling {
    fn new(seed: u64, number: u64) -> Self {
        let session = Uuid::new_v5(&NAMESPACE, format!("{seed} {number}").as_bytes());
        Self { session, dice: Dice::new(seed ^ number << 20), events: Vec::new(), rows: Rows::default() }
    }

    fn tell_all(mut self, events: usize) -> Conversation {
        let title = Some(sentence(&mut self.dice));
        self.tell(self.session, SessionStarted { user: None, title }, None);
        let mut questions = 0;
        while self.events.len() + 1 < events {
            self.ask_and_answer(questions);
            questions += 1;
        }
        self.tell(self.session, SessionEnded { reason: None }, None);
        self.rows.sessions.insert(self.session, format!("ended|{questions}"));
        Conversation { session: self.session, events: self.events, rows: self.rows }
    }

    /// A question, sometimes a failure, an answer, sometimes another one that comes too late, and what people think of it.
    fn ask_and_answer(&mut self, number: u64) {
        let (session, id) = (self.session, self.id(&format!("question {number}")));
        let prompt = sentence(&mut self.dice);
        let cause = self.tell(id, InteractionPrompted { session, prompt }, None);
        if self.dice.below(4) == 0 {
            let reason = "the model did not answer in time".to_owned();
            self.tell(id, InteractionFailed { session, reason }, None);
        }
        let answer = sentence(&mut self.dice);
        self.rows.interactions.insert(id, format!("answered|{answer}"));
        self.answer(id, answer, cause);
        if self.dice.below(3) == 0 {
            let late = sentence(&mut self.dice);
            self.answer(id, late, cause);
        }
        for verdict in 0..=self.dice.below(2) {
            self.judge(id, &format!("verdict {number} {verdict}"));
        }
    }

    fn answer(&mut self, interaction: Uuid, answer: String, cause: Uuid) {
        let (session, model, citations) = (self.session, "extractive".to_owned(), Vec::new());
        self.tell(interaction, InteractionAnswered { session, model, answer, citations }, Some(cause));
    }

    fn judge(&mut self, interaction: Uuid, name: &str) {
        let (session, id) = (self.session, self.id(name));
        let verdict = match self.dice.below(3) {
            0 => Verdict::Thumbs { up: true },
            1 => Verdict::Rating { rating: 4 },
            _ => Verdict::Correction { text: sentence(&mut self.dice) },
        };
        self.tell(id, FeedbackGiven { session, interaction, verdict, user: None, comment: None }, None);
        let withdrawn = self.dice.below(3) == 0;
        if withdrawn {
            self.tell(id, FeedbackWithdrawn { session }, None);
        }
        self.rows.feedback.insert(id, if withdrawn { "t" } else { "f" }.to_owned());
    }

    fn id(&self, name: &str) -> Uuid {
        Uuid::new_v5(&self.session, name.as_bytes())
    }

    fn tell<T: EventData>(&mut self, subject: Uuid, data: T, cause: Option<Uuid>) -> Uuid {
        let id = self.id(&format!("event {}", self.events.len()));
        let draft = EventDraft {
            id,
            source: "/tests".to_owned(),
            subject: subject.to_string(),
            partitionkey: self.session.to_string(),
            tenant: Tenant::default(),
            time: SystemClock.now(),
            data,
        };
        let mut event = draft.build().expect("these payloads have a JSON form");
        event.causationid = cause;
        self.events.push(event);
        id
    }
}
