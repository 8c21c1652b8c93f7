//! A score from several signals, with what it is worth: logistic regression and a table of how often it was right.
//!
//! The weights are fitted elsewhere, once (bench `eval`, parts `fit-…`), and stand in the code as tables.

use serde::Serialize;

/// What one signal adds to the logit, a unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Signal {
    /// Its name.
    pub name: &'static str,
    /// What was measured.
    pub value: f64,
    /// What a unit of it adds to the logit of the score; 0 if it is not used.
    pub weight: f64,
}

/// A score between 0 and 1 and the interval that its calibration allows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// The score.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
}

/// Held-out rows whose score was below a bound and above that of the bin before, and how many of them were positive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bin {
    pub(crate) below: f64,
    pub(crate) rows: f64,
    pub(crate) positive: f64,
}

/// A bin: scores below a bound, how many rows, how many of them positive.
pub(crate) const fn bin(below: f64, rows: u32, positive: u32) -> Bin {
    Bin { below, rows: rows as f64, positive: positive as f64 }
}

/// Weights of signals, in the order of the signals, and how scores turned out on rows that the weights did not know.
pub(crate) struct Model<const N: usize> {
    pub(crate) intercept: f64,
    pub(crate) weights: [(&'static str, f64); N],
    pub(crate) bins: &'static [Bin],
}

impl<const N: usize> Model<N> {
    /// The signals of measured values.
    pub(crate) fn signals(&self, values: [f64; N]) -> Vec<Signal> {
        self.weights
            .iter()
            .zip(values)
            .map(|((name, weight), value)| Signal { name, value, weight: *weight })
            .collect()
    }

    /// The score that the signals make.
    pub(crate) fn score(&self, signals: &[Signal]) -> Score {
        let logit: f64 =
            self.intercept + signals.iter().map(|signal| signal.weight * signal.value).sum::<f64>();
        let value = 1.0 / (1.0 + (-logit.clamp(-30.0, 30.0)).exp());
        let (low, high) = self.interval(value);
        Score { value, low, high }
    }

    /// Wilson's 95 % interval of the share of positives among held-out rows with such a score, widened to hold the score.
    fn interval(&self, score: f64) -> (f64, f64) {
        let Some(bin) = self.bins.iter().find(|bin| score < bin.below).or(self.bins.last()) else {
            return (0.0, 1.0);
        };
        let (low, high) = wilson(bin.positive, bin.rows);
        (low.min(score), high.max(score))
    }
}

/// Wilson's 95 % interval of a share (E. B. Wilson, JASA 22, 1927); everything is possible of no rows.
fn wilson(positive: f64, rows: f64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    if rows <= 0.0 {
        return (0.0, 1.0);
    }
    let (share, z2) = (positive / rows, Z * Z);
    let middle = (share + z2 / (2.0 * rows)) / (1.0 + z2 / rows);
    let half = Z / (1.0 + z2 / rows) * (share * (1.0 - share) / rows + z2 / (4.0 * rows * rows)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: Model<1> = Model {
        intercept: -1.0,
        weights: [("signal", 2.0)],
        bins: &[
            Bin { below: 0.5, rows: 100.0, positive: 20.0 },
            Bin { below: 1.0, rows: 100.0, positive: 80.0 },
        ],
    };

    #[test]
    fn a_score_is_logistic_and_lies_in_the_interval_of_its_bin() {
        let score = MODEL.score(&MODEL.signals([0.5]));
        assert!((score.value - 0.5).abs() < 1e-12 && score.low <= 0.5, "{score:?}");
        let score = MODEL.score(&MODEL.signals([0.0]));
        assert!((score.value - 0.268_941).abs() < 1e-6);
        assert!((score.low - 0.133_367).abs() < 1e-5 && (score.high - 0.288_829).abs() < 1e-5, "{score:?}");
    }

    #[test]
    fn nothing_makes_a_score_that_is_no_number() {
        for value in [1e308, -1e308, 0.0] {
            let score = MODEL.score(&MODEL.signals([value]));
            assert!(
                score.value.is_finite() && score.low <= score.value && score.value <= score.high,
                "{score:?}"
            );
        }
        assert_eq!(wilson(0.0, 0.0), (0.0, 1.0));
    }
}
