//! Making one ranking of several: reciprocal-rank fusion.

use std::collections::HashMap;

use super::{Place, Standing, Why};

/// How much less the first places of a part count than they would alone (Cormack, Clarke and Büttcher 2009, who found 60).
const SMOOTHING: f64 = 60.0;

/// Places with what each part said of them.
#[derive(Default)]
pub(in crate::query) struct Fused {
    parts: u32,
    places: HashMap<Place, (f64, Why)>,
}

impl Fused {
    /// Takes a part's places in, best first, each with what the part measured.
    pub(in crate::query) fn add(&mut self, places: &[(Place, f64)], set: impl Fn(&mut Why, Standing)) {
        if places.is_empty() {
            return;
        }
        self.parts += 1;
        for (rank, (place, score)) in (1..).zip(places) {
            let (fused, why) = self.places.entry(*place).or_default();
            *fused += 1.0 / (SMOOTHING + f64::from(rank));
            set(why, Standing { rank, score: *score });
        }
    }

    /// Up to `limit` places, best first, with scores of which 1 is the first place of every part.
    pub(in crate::query) fn best(self, limit: i64) -> Vec<(Place, f64, Why)> {
        let highest = f64::from(self.parts) / (SMOOTHING + 1.0);
        let mut places: Vec<_> =
            self.places.into_iter().map(|(place, (fused, why))| (place, fused / highest, why)).collect();
        places.sort_by(|(one, one_score, _), (other, other_score, _)| {
            other_score.total_cmp(one_score).then_with(|| one.cmp(other))
        });
        places.truncate(usize::try_from(limit).unwrap_or_default());
        places
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn place(number: u128) -> Place {
        (Uuid::from_u128(number), 0)
    }

    #[test]
    fn what_two_parts_find_beats_what_one_finds_first() {
        let mut fused = Fused::default();
        fused.add(&[(place(1), 0.9), (place(3), 0.8)], |why, standing| why.words = Some(standing));
        fused.add(&[(place(2), 0.9), (place(3), 0.8)], |why, standing| why.meaning = Some(standing));
        fused.add(&[], |why, standing| why.literal = Some(standing));
        let best = fused.best(2);
        assert_eq!(best[0].0, place(3));
        assert_eq!(best[0].2.words, Some(Standing { rank: 2, score: 0.8 }));
        assert!((best[0].1 - 61.0 / 62.0).abs() < 1e-9, "{}", best[0].1);
        assert_eq!(best.len(), 2);
        assert_eq!(best[1].0, place(1), "of equals the order of places decides");
    }
}
