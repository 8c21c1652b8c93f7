#![doc = include_str!("../README.md")]

mod assessment;
mod character_index;
mod characters;
mod corpus_statistics;
mod filters;
mod lexicon;
mod logistic;
mod minhash;
mod n_grams;
mod normal_form;
mod passage;
mod profile;
mod quantity;
mod rule;
mod rules;
mod sensitive;
mod sentences;
mod stem;
mod support;
mod text_lines;
mod text_statistics;
mod words;

pub use assessment::{Assessment, RULES_VERSION, validate};
pub use corpus_statistics::CorpusStatistics;
pub use filters::{c4, fineweb, gopher_quality, gopher_repetition};
pub use logistic::{Score, Signal};
pub use minhash::{BANDS, ROWS_PER_BAND, SHINGLE_WORDS, near_duplicate_bands};
pub use normal_form::{exact_duplicate_hash, normal_form};
pub use profile::{Profile, UnknownProfile};
pub use rule::{Family, Standing};
pub use rules::{RuleInfo, catalogue};
pub use sensitive::{Sensitive, SensitiveKind, find_sensitive};
pub use support::{CannotSay, ClaimSupport, Judgement, Mismatch, MismatchKind, Support, support, support_in};
pub use words::words;
