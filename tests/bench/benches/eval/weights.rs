//! Fits the weights of a model once more and prints them as the tables that stand in the code.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{
    classifier::{Row, held_out},
    regression::fit,
};

/// Rows a bin of the table of calibration holds, about.
const BINS: usize = 10;

/// The tables, as Rust.
pub(crate) fn tables(rows: &[Row]) -> Value {
    let usable: Vec<Row> = rows.iter().filter(|row| !row.signals.is_empty()).cloned().collect();
    let Some(fit) = fit(&usable) else { return Value::Null };
    let mut lines = vec![format!("intercept: {:.3},", fit.intercept)];
    lines.extend(fit.weights.iter().map(|(name, weight)| format!("(\"{name}\", {weight:.3}),")));
    let mut scored = held_out(&usable);
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    for bin in scored.chunks(scored.len().div_ceil(BINS).max(1)) {
        let below = bin.last().map_or(1.0, |last| last.0);
        let mut line = String::new();
        let _written =
            write!(line, "bin({below:.3}, {}, {}),", bin.len(), bin.iter().filter(|row| row.1).count());
        lines.push(line);
    }
    lines.into()
}
