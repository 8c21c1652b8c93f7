//! How well a score tells two classes apart, beside a control that knows the length of the text only; and by halves, so
//! that nobody is fooled by weights that were fitted on the same rows.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use validation::Signal;

use crate::{
    regression::{Fit, fit},
    statistics::{Random, interval, number},
};

/// Repetitions of the cross-validation by halves.
const HALVINGS: u64 = 20;

/// One row: what was measured, whether it is of the positive class, and which rows it must not be parted from.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) score: Option<f64>,
    pub(crate) signals: Vec<Signal>,
    pub(crate) positive: bool,
    pub(crate) group: u64,
    pub(crate) length: f64,
}

/// A score and whether its row is positive.
type Scored = (f64, bool);

/// Figures of the shipped weights, `prior` being the score of rows of which nothing is said, of weights fitted on one half and measured on the other, and of lengths.
pub(crate) fn report(rows: &[Row], prior: f64) -> Value {
    let scored: Vec<Scored> = rows.iter().map(|row| (row.score.unwrap_or(prior), row.positive)).collect();
    let lengths: Vec<Scored> = rows.iter().map(|row| (row.length, row.positive)).collect();
    let halves = by_halves(rows, prior);
    let single = |name| rows.iter().map(|row| (value(row, name), row.positive)).collect::<Vec<Scored>>();
    let names =
        rows.iter().find(|row| !row.signals.is_empty()).map(|row| row.signals.clone()).unwrap_or_default();
    let signals: BTreeMap<_, _> =
        names.iter().map(|signal| (signal.name, rounded(auroc(&single(signal.name))))).collect();
    json!({
        "rows": rows.len(),
        "positive": rows.iter().filter(|row| row.positive).count(),
        "cannot_say": rows.iter().filter(|row| row.score.is_none()).count(),
        "auroc": interval(&scored, auroc),
        "balanced_accuracy": interval(&scored, |rows| balanced_accuracy(rows, 0.5)),
        "f1": interval(&scored, |rows| f1(rows, 0.5)),
        "held_out_halves": halves,
        "control_of_length_only": { "auroc": interval(&lengths, auroc) },
        "auroc_of_each_signal": signals,
    })
}

fn value(row: &Row, name: &str) -> f64 {
    row.signals.iter().find(|signal| signal.name == name).map_or(0.5, |signal| signal.value)
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// Weights and threshold from one half of the groups, figures from the other, both ways, over several halvings.
fn by_halves(rows: &[Row], prior: f64) -> Value {
    let mut figures: Vec<[f64; 3]> = Vec::new();
    for halving in 0..HALVINGS {
        for flip in [false, true] {
            let (train, test) = parted(rows, halving, flip);
            if let Some(fit) = fit(&train) {
                let score = |row: &Row| if row.signals.is_empty() { prior } else { fit.score(row) };
                let scored =
                    |rows: &[Row]| rows.iter().map(|row| (score(row), row.positive)).collect::<Vec<Scored>>();
                let (known, held_out) = (scored(&train), scored(&test));
                let (for_accuracy, for_f1) =
                    (best_threshold(&known, balanced_accuracy), best_threshold(&known, f1));
                figures.push([
                    auroc(&held_out),
                    balanced_accuracy(&held_out, for_accuracy),
                    f1(&held_out, for_f1),
                ]);
            }
        }
    }
    let column = |at: usize| figures.iter().map(|figures| figures[at]).collect::<Vec<f64>>();
    let spread = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        let mean = values.iter().sum::<f64>() / number(values.len());
        json!({ "mean": rounded(mean), "least": values.first().copied().map(rounded), "most": values.last().copied().map(rounded) })
    };
    json!({ "halvings": HALVINGS, "auroc": spread(column(0)), "balanced_accuracy": spread(column(1)), "f1": spread(column(2)) })
}

/// The rows of two halves of the groups.
pub(crate) fn parted(rows: &[Row], halving: u64, flip: bool) -> (Vec<Row>, Vec<Row>) {
    let first = |row: &Row| (Random(row.group ^ halving.wrapping_mul(0x9e37)).below(2) == 0) != flip;
    rows.iter().cloned().partition(first)
}

/// Scores of rows by weights that were fitted on the other half.
pub(crate) fn held_out(rows: &[Row]) -> Vec<Scored> {
    let mut scored = Vec::new();
    for flip in [false, true] {
        let (train, test) = parted(rows, 0, flip);
        let fit: Option<Fit> = fit(&train);
        scored.extend(test.iter().filter_map(|row| Some((fit.as_ref()?.score(row), row.positive))));
    }
    scored
}

/// Area under the receiver operating characteristic: the share of pairs in the right order, ties as half.
pub(crate) fn auroc(rows: &[Scored]) -> f64 {
    let mut sorted: Vec<Scored> = rows.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut first) = (0.0, 0);
    while first < sorted.len() {
        let last = (first..sorted.len())
            .take_while(|at| sorted[*at].0.total_cmp(&sorted[first].0).is_eq())
            .last()
            .unwrap_or(first);
        let rank = number(first + last) / 2.0 + 1.0;
        ranks += rank * number(sorted[first..=last].iter().filter(|row| row.1).count());
        first = last + 1;
    }
    let positive = number(rows.iter().filter(|row| row.1).count());
    let negative = number(rows.len()) - positive;
    if positive * negative == 0.0 {
        0.5
    } else {
        (ranks - positive * (positive + 1.0) / 2.0) / (positive * negative)
    }
}

fn balanced_accuracy(rows: &[Scored], threshold: f64) -> f64 {
    let share = |class: bool| {
        let of_class: Vec<_> = rows.iter().filter(|row| row.1 == class).collect();
        let right = of_class.iter().filter(|row| (row.0 >= threshold) == class).count();
        if of_class.is_empty() { 0.5 } else { number(right) / number(of_class.len()) }
    };
    f64::midpoint(share(true), share(false))
}

fn f1(rows: &[Scored], threshold: f64) -> f64 {
    let found = rows.iter().filter(|row| row.0 >= threshold);
    let right = number(found.clone().filter(|row| row.1).count());
    let both = number(found.count() + rows.iter().filter(|row| row.1).count());
    if both == 0.0 { 0.0 } else { 2.0 * right / both }
}

/// The threshold with the best figure among 99.
pub(crate) fn best_threshold(rows: &[Scored], figure: fn(&[Scored], f64) -> f64) -> f64 {
    let thresholds = (1..100).map(|percent| f64::from(percent) / 100.0);
    let figures = thresholds.map(|threshold| (figure(rows, threshold), threshold));
    figures.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.5, |best| best.1)
}
