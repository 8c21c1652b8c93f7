//! The weights of the signals of support, and how scores turned out.
//!
//! Fitted once by logistic regression on FEVER-Symmetric v0.2 dev (Schuster et al., EMNLP 2019; 708 pairs, of which each claim and
//! each piece of evidence is half the time supported and half the time refuted, so that neither tells anything alone). The bins
//! count pairs by the score that weights of the other half gave them. Printed by the example `eval`, part `fit-support`.
//!
//! What follows from the data: the score of a claim and one sentence of an encyclopaedia, one in two of which is false. Where
//! claims are mostly true, it is too low; `low` and `high` say nothing of that.

use crate::logistic::{Model, bin};

/// Number of signals.
pub(super) const SIGNALS: usize = 11;

/// The model; a weight is what a unit of a signal adds to the logit.
#[rustfmt::skip]
pub(crate) const SUPPORT: Model<SIGNALS> = Model {
    intercept: -0.760,
    weights: [
        ("predicate_coverage", 0.489),
        ("subject_coverage", 0.251),
        ("nothing_missing", 0.874),
        ("last_word", 0.680),
        ("word_pairs", 0.503),
        ("name_missing", -0.872),
        ("number_found", 0.654),
        ("number_missing", -0.950),
        ("negation", -1.164),
        ("opposite", -2.153),
        ("other_of_family", -0.840),
    ],
    bins: &[
        bin(0.166, 69, 17), bin(0.229, 69, 20), bin(0.330, 69, 16), bin(0.418, 69, 21), bin(0.498, 69, 26),
        bin(0.620, 69, 37), bin(0.708, 69, 34), bin(0.821, 69, 54), bin(0.870, 69, 64), bin(1.001, 62, 59),
    ],
};
