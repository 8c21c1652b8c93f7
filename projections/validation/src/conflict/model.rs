//! The weights of the signals of conflicting wording, and how scores turned out.
//!
//! Fitted once by logistic regression on SNLI with negations (Hossain et al., EMNLP 2020; 1,500 pairs, contradiction against the
//! rest), in which denials are in either sentence, in both, and in many that do not contradict. The bins count pairs by the score
//! that weights of the other half gave them. Printed by the bench `eval`, part `fit-conflict`.

use crate::logistic::{Model, bin};

/// Number of signals.
pub(super) const SIGNALS: usize = 5;

/// The model; a weight is what a unit of a signal adds to the logit.
#[rustfmt::skip]
pub(crate) const CONFLICT: Model<SIGNALS> = Model {
    intercept: -2.026,
    weights: [
        ("denied_by_both", -0.877),
        ("covered", 0.697),
        ("denied_and_nothing_missing", 0.990),
        ("denial_of_shorter_reaches", 2.842),
        ("denial_of_longer_reaches", 2.263),
    ],
    bins: &[
        bin(0.064, 135, 11), bin(0.074, 135, 15), bin(0.095, 135, 11), bin(0.147, 135, 18), bin(0.157, 135, 20),
        bin(0.210, 135, 19), bin(0.316, 135, 39), bin(0.484, 135, 51), bin(0.702, 135, 77), bin(1.001, 128, 109),
    ],
};
