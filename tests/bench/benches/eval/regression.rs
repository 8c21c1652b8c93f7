//! Logistic regression by Newton's method with a little ridge, which keeps weights of rare signals small.

use crate::{classifier::Row, statistics::number};

const STEPS: usize = 25;
/// Penalty of the square of each weight of a standardised signal.
const RIDGE: f64 = 1.0;

/// Fitted weights, of signals as they are measured.
pub(crate) struct Fit {
    pub(crate) intercept: f64,
    pub(crate) weights: Vec<(&'static str, f64)>,
}

impl Fit {
    pub(crate) fn score(&self, row: &Row) -> f64 {
        let logit: f64 =
            row.signals.iter().zip(&self.weights).map(|(signal, (_, weight))| signal.value * weight).sum();
        1.0 / (1.0 + (-(logit + self.intercept)).exp())
    }
}

/// Fits weights to the rows that have signals, which are the same in all of them; nothing without such rows.
pub(crate) fn fit(rows: &[Row]) -> Option<Fit> {
    let rows: Vec<Row> = rows.iter().filter(|row| !row.signals.is_empty()).cloned().collect();
    let rows = rows.as_slice();
    let names: Vec<&'static str> = rows.first()?.signals.iter().map(|signal| signal.name).collect();
    let scales: Vec<(f64, f64)> = (0..names.len()).map(|at| scale(rows, at)).collect();
    let standardised: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            let values = row
                .signals
                .iter()
                .zip(&scales)
                .map(|(signal, (mean, spread))| (signal.value - mean) / spread);
            values.chain([1.0]).collect()
        })
        .collect();
    let mut weights = vec![0.0; names.len() + 1];
    for _ in 0..STEPS {
        let step = newton_step(&standardised, rows, &weights);
        weights.iter_mut().zip(step).for_each(|(weight, change)| *weight -= change);
    }
    let raw: Vec<f64> = weights.iter().zip(&scales).map(|(weight, (_, spread))| weight / spread).collect();
    let shift: f64 = raw.iter().zip(&scales).map(|(weight, (mean, _))| weight * mean).sum();
    Some(Fit { intercept: weights[names.len()] - shift, weights: names.into_iter().zip(raw).collect() })
}

/// Mean and standard deviation of a signal; one that never changes is left at its mean.
fn scale(rows: &[Row], at: usize) -> (f64, f64) {
    let mean = rows.iter().map(|row| row.signals[at].value).sum::<f64>() / number(rows.len());
    let variance =
        rows.iter().map(|row| (row.signals[at].value - mean).powi(2)).sum::<f64>() / number(rows.len());
    (mean, if variance > 1e-12 { variance.sqrt() } else { 1.0 })
}

fn newton_step(values: &[Vec<f64>], rows: &[Row], weights: &[f64]) -> Vec<f64> {
    let n = weights.len();
    let ridge = |at: usize| if at + 1 < n { RIDGE } else { 1e-6 };
    let mut gradient: Vec<f64> = (0..n).map(|at| ridge(at) * weights[at]).collect();
    let mut hessian: Vec<Vec<f64>> =
        (0..n).map(|at| (0..n).map(|to| if at == to { ridge(at) } else { 0.0 }).collect()).collect();
    for (row, x) in rows.iter().zip(values) {
        let logit: f64 = x.iter().zip(weights).map(|(x, weight)| x * weight).sum();
        let p = 1.0 / (1.0 + (-logit).exp());
        for at in 0..n {
            gradient[at] += x[at] * (p - f64::from(u8::from(row.positive)));
            for to in 0..n {
                hessian[at][to] += x[at] * x[to] * p * (1.0 - p);
            }
        }
    }
    solve(hessian, gradient)
}

/// Solves a system with a positive definite matrix by elimination with pivots.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))
            .unwrap_or(column);
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        let upper = matrix[column].clone();
        for row in column + 1..n {
            let factor = matrix[row][column] / upper[column];
            matrix[row].iter_mut().zip(&upper).skip(column).for_each(|(cell, above)| *cell -= factor * above);
            right[row] -= factor * right[column];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}
