//! Measures how often each filter decides as datatrove does, and how many texts a second one core judges.
//!
//! Takes the path of a JSON Lines file whose lines hold `text` and the decisions `gopher_qual`, `gopher_rep`, `c4`,
//! `c4_noterm` and `fineweb` (`keep` or a reason code). Prints one JSON object. With `--differences` it also prints every
//! line that was decided differently.

use std::{collections::BTreeMap, time::Instant};

use serde_json::{Value, json};
use validation::{Profile, c4, fineweb, gopher_quality, gopher_repetition, near_duplicate_bands, validate};

type Filter = fn(&str) -> Option<&'static str>;

const FILTERS: [(&str, Filter); 5] = [
    ("gopher_qual", gopher_quality),
    ("gopher_rep", gopher_repetition),
    ("c4", |text| c4(text, false)),
    ("c4_noterm", |text| c4(text, true)),
    ("fineweb", fineweb),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: agreement DECISIONS.jsonl [--differences]")?;
    let show = std::env::args().nth(2).is_some_and(|flag| flag == "--differences");
    let rows: Vec<Value> =
        std::fs::read_to_string(path)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let agreement: BTreeMap<_, _> =
        FILTERS.iter().map(|(name, filter)| (*name, measure(&rows, name, *filter, show))).collect();
    let report =
        json!({ "texts": rows.len(), "agreement": agreement, "texts_per_second_on_one_core": speed(&rows) });
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

/// Agreement of one filter: with the decision to keep or drop, and with the reason too.
fn measure(rows: &[Value], name: &str, filter: Filter, show: bool) -> Value {
    let (mut same_decision, mut same_reason) = (0_u32, 0_u32);
    let mut differences = BTreeMap::<String, u32>::new();
    for (line, row) in rows.iter().enumerate() {
        let text = row["text"].as_str().unwrap_or_default();
        let (theirs, ours) = (row[name].as_str().unwrap_or_default(), filter(text).unwrap_or("keep"));
        same_decision += u32::from((theirs == "keep") == (ours == "keep"));
        same_reason += u32::from(theirs == ours);
        if theirs != ours {
            *differences.entry(format!("{theirs} -> {ours}")).or_default() += 1;
            if show {
                println!("{}: {name}: {theirs} -> {ours}", line + 1);
            }
        }
    }
    let all = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    json!({
        "keep_or_drop": f64::from(same_decision) / f64::from(all),
        "reason": f64::from(same_reason) / f64::from(all),
        "datatrove -> ours": differences,
    })
}

/// Texts a second of each filter, of near-duplicate hashing and of a whole assessment.
fn speed(rows: &[Value]) -> BTreeMap<String, f64> {
    let texts: Vec<&str> = rows.iter().filter_map(|row| row["text"].as_str()).collect();
    let mut speeds = BTreeMap::new();
    for (name, filter) in FILTERS {
        speeds.insert(name.to_owned(), per_second(&texts, |text| usize::from(filter(text).is_some())));
    }
    speeds.insert("bands".to_owned(), per_second(&texts, |text| near_duplicate_bands(text).len()));
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
