//! The weights of the signals of support, and how scores turned out.
//!
//! Fitted once by logistic regression on FEVER-Symmetric v0.2 dev (Schuster et al., EMNLP 2019; 708 pairs, of which each claim and
//! each piece of evidence is half the time supported and half the time refuted, so that neither tells anything alone). The bins
//! count pairs by the score that weights of the other half gave them. Printed by the bench `eval`, parts `fit-support` and
//! `fit-support-by-meaning`.
//!
//! What follows from the data: the score of a claim and one sentence of an encyclopaedia, one in two of which is false. Where
//! claims are mostly true, it is too low; `low` and `high` say nothing of that.

use crate::logistic::{Model, bin};

/// Number of signals.
pub(super) const SIGNALS: usize = 11;

/// The model; a weight is what a unit of a signal adds to the logit.
#[rustfmt::skip]
pub(crate) const SUPPORT: Model<SIGNALS> = Model {
    intercept: -0.801,
    weights: [
        ("predicate_coverage", 0.438),
        ("subject_coverage", 0.285),
        ("nothing_missing", 0.798),
        ("last_word", 0.733),
        ("word_pairs", 0.600),
        ("name_missing", -0.849),
        ("number_found", 0.730),
        ("number_missing", -0.911),
        ("negation", -1.198),
        ("opposite", -5.306),
        ("other_of_family", -1.233),
    ],
    bins: &[
        bin(0.152, 69, 15), bin(0.227, 69, 21), bin(0.338, 69, 15), bin(0.409, 69, 20), bin(0.508, 69, 30),
        bin(0.626, 69, 33), bin(0.710, 69, 35), bin(0.817, 69, 54), bin(0.864, 69, 66), bin(1.001, 62, 59),
    ],
};

/// The model with how alike claim and sentence are in meaning, by the vectors of all-MiniLM-L6-v2. It tells little that the words do not:
/// by halves, an AUROC of 0.791 instead of 0.789.
#[rustfmt::skip]
pub(crate) const SUPPORT_BY_MEANING: Model<{ SIGNALS + 1 }> = Model {
    intercept: -1.215,
    weights: [
        ("predicate_coverage", 0.229),
        ("subject_coverage", 0.014),
        ("nothing_missing", 0.910),
        ("last_word", 0.655),
        ("word_pairs", 0.421),
        ("name_missing", -0.832),
        ("number_found", 0.713),
        ("number_missing", -0.888),
        ("negation", -1.177),
        ("opposite", -5.222),
        ("other_of_family", -1.266),
        ("likeness", 1.299),
    ],
    bins: &[
        bin(0.150, 69, 15), bin(0.227, 69, 19), bin(0.330, 69, 16), bin(0.411, 69, 19), bin(0.520, 69, 34),
        bin(0.615, 69, 30), bin(0.727, 69, 38), bin(0.819, 69, 53), bin(0.862, 69, 64), bin(1.001, 62, 60),
    ],
};
