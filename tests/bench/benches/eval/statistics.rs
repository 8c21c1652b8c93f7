//! Figures over rows, each with the interval that 95 of 100 resamplings fall into.

use serde_json::{Value, json};

const RESAMPLINGS: usize = 1000;

/// A figure over all rows and its 95 % interval by the bootstrap (Efron 1979, percentiles).
pub(crate) fn interval<T: Copy>(rows: &[T], figure: impl Fn(&[T]) -> f64) -> Value {
    let mut random = Random(1);
    let mut figures: Vec<f64> = (0..RESAMPLINGS)
        .map(|_| {
            let sample: Vec<T> = (0..rows.len()).map(|_| rows[random.below(rows.len())]).collect();
            figure(&sample)
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    json!({
        "value": rounded(figure(rows)),
        "low": rounded(figures[RESAMPLINGS / 40]),
        "high": rounded(figures[RESAMPLINGS - 1 - RESAMPLINGS / 40]),
    })
}

/// Share of what is true.
pub(crate) fn share(rows: &[bool]) -> f64 {
    number(rows.iter().filter(|row| **row).count()) / number(rows.len())
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "counts of rows are small")]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// 64-bit FNV-1a of a text.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Numbers drawn by splitmix64, the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap_or_default()
    }
}
