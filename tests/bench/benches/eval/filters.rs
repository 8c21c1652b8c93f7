//! How often each filter decides as datatrove does, and how many texts a second one core judges.
//!
//! A row holds `text` and the decisions `gopher_qual`, `gopher_rep`, `c4`, `c4_noterm` and `fineweb` (`keep` or a reason code).

use std::{collections::BTreeMap, time::Instant};

use serde_json::{Value, json};
use validation::{
    Profile, c4, find_sensitive, fineweb, gopher_quality, gopher_repetition, near_duplicate_bands, validate,
};

use crate::statistics::{interval, share};

pub(crate) type Filter = fn(&str) -> Option<&'static str>;

pub(crate) const FILTERS: [(&str, Filter); 5] = [
    ("gopher_qual", gopher_quality),
    ("gopher_rep", gopher_repetition),
    ("c4", |text| c4(text, false)),
    ("c4_noterm", |text| c4(text, true)),
    ("fineweb", fineweb),
];

/// Agreement of each filter, and speeds.
pub(crate) fn measure(rows: &[Value]) -> Value {
    let agreement: BTreeMap<_, _> =
        FILTERS.iter().map(|(name, filter)| (*name, agreement(rows, name, *filter))).collect();
    json!({ "texts": rows.len(), "agreement": agreement, "texts_per_second_on_one_core": speed(rows) })
}

/// Agreement with the decision to keep or drop, and with the reason too.
fn agreement(rows: &[Value], name: &str, filter: Filter) -> Value {
    let mut differences = BTreeMap::<String, u32>::new();
    let (mut decision, mut reason) = (Vec::new(), Vec::new());
    for row in rows {
        let text = row["text"].as_str().unwrap_or_default();
        let (theirs, ours) = (row[name].as_str().unwrap_or_default(), filter(text).unwrap_or("keep"));
        decision.push((theirs == "keep") == (ours == "keep"));
        reason.push(theirs == ours);
        if theirs != ours {
            *differences.entry(format!("{theirs} -> {ours}")).or_default() += 1;
        }
    }
    json!({
        "keep_or_drop": interval(&decision, share),
        "reason": interval(&reason, share),
        "datatrove -> ours": differences,
    })
}

/// Texts a second of each filter, of near-duplicate hashing, of personal data and of a whole assessment.
fn speed(rows: &[Value]) -> BTreeMap<String, f64> {
    let texts: Vec<&str> = rows.iter().filter_map(|row| row["text"].as_str()).collect();
    let mut speeds = BTreeMap::new();
    for (name, filter) in FILTERS {
        speeds.insert(name.to_owned(), per_second(&texts, |text| usize::from(filter(text).is_some())));
    }
    speeds.insert("bands".to_owned(), per_second(&texts, |text| near_duplicate_bands(text).len()));
    speeds.insert("sensitive".to_owned(), per_second(&texts, |text| find_sensitive(text).len()));
    for profile in Profile::ALL {
        let assess = |text: &str| validate(text, profile).scores.len();
        speeds.insert(format!("validate as {profile}"), per_second(&texts, assess));
    }
    speeds
}

#[expect(clippy::cast_precision_loss, reason = "a count of texts is small")]
fn per_second(texts: &[&str], work: impl Fn(&str) -> usize) -> f64 {
    let start = Instant::now();
    let done: usize = texts.iter().map(|text| std::hint::black_box(work(text))).sum();
    std::hint::black_box(done);
    (texts.len() as f64 / start.elapsed().as_secs_f64()).round()
}
