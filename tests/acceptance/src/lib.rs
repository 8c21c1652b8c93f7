#![doc = include_str!("../README.md")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics where a test has to fail")]

mod answer;
mod browser;
mod condition;
mod dice;
mod form;
mod node;
mod program;
mod prose;

pub use answer::Answer;
pub use browser::Browser;
pub use condition::until;
pub use dice::Dice;
pub use form::{Part, form};
pub use node::Node;
pub use program::{Ended, elite, elite_fed, elite_unread};
pub use prose::{markdown, paragraph, sentence, write_folder};
pub use servers::full;
