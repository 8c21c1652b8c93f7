#![doc = include_str!("../README.md")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics where a test has to fail")]

mod answer;
mod browser;
mod condition;
mod conversations;
mod coverage;
mod dice;
mod fleet;
mod form;
mod memory;
mod node;
mod outcome;
mod posting;
mod process;
mod producing;
mod program;
mod prose;
mod storm;
mod witness;

pub use answer::Answer;
pub use browser::Browser;
pub use condition::{pass, until};
pub use conversations::{Conversation, Rows, conversations, events_of};
pub use coverage::Coverage;
pub use dice::Dice;
pub use fleet::Fleet;
pub use form::{Part, form};
pub use node::Node;
pub use posting::{Posting, post};
pub use process::{Launched, Process};
pub use producing::{Produced, Producing, open_log};
pub use program::{Ended, elite, elite_fed, elite_killed, elite_unread};
pub use prose::{markdown, paragraph, sentence, write_folder};
pub use servers::full;
pub use storm::{Place, Raged, Storm};
