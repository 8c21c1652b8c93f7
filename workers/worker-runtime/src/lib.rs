#![doc = include_str!("../README.md")]

mod decision;
mod preview;
mod projector;
mod todo_loop;
mod wake;

pub use decision::{Decision, WorkError};
pub use preview::{RedrivePreview, preview_redrive};
pub use projector::{Fold, Projector, ProjectorOptions, mismatch, outlived};
pub use todo_loop::{Act, Limits, Pace, TodoLoop, Worked};
pub use wake::Wakes;
