//! Texts a second of processor time of our filters and of datatrove's own, in the same run on the same texts.
//!
//! datatrove is asked through `tests/bench/peers/filters.py` with the interpreter behind `--python` (otherwise `python3`), which must
//! have it: `pip install datatrove spacy`. Each takes one core. Processor time is counted because other work on the machine slows
//! both down, but not evenly.

use std::{io::Write as _, path::Path, process::Command};

use serde_json::{Map, Value, json};
use validation::{Profile, validate};

use crate::{filters::FILTERS, statistics::number};

/// Our filters are so much faster that they go over the texts several times to be measured.
const ROUNDS: usize = 10;

/// Speeds of each filter, of all of them one after another, and of a whole assessment beside all of datatrove's.
pub(crate) fn measure(rows: &[Value]) -> Value {
    let texts: Vec<&str> = rows.iter().filter_map(|row| row["text"].as_str()).collect();
    let peer = match peer(&texts) {
        Ok(peer) => peer,
        Err(reason) => return json!(format!("NOT RUN: {reason}")),
    };
    let (mut report, mut theirs, mut ours) = (Map::new(), 0.0, 0.0);
    for (name, filter) in FILTERS {
        let seconds = (
            peer["filters"][name]["seconds"].as_f64().unwrap_or(f64::NAN),
            seconds(&texts, |text| filter(text).is_some()),
        );
        theirs += seconds.0;
        ours += seconds.1;
        report.insert(name.to_owned(), compared(texts.len(), seconds));
    }
    report.insert("all five".to_owned(), compared(texts.len(), (theirs, ours)));
    let assessed = seconds(&texts, |text| validate(text, Profile::Prose).accepted);
    report.insert("validate as prose, beside all five".to_owned(), compared(texts.len(), (theirs, assessed)));
    json!({ "texts": texts.len(), "per_second_of_processor_time": report })
}

fn compared(texts: usize, (theirs, ours): (f64, f64)) -> Value {
    let per_second = |seconds: f64| (number(texts) / seconds).round();
    json!({ "datatrove": per_second(theirs), "ours": per_second(ours), "ratio": (theirs / ours * 10.0).round() / 10.0 })
}

/// Processor seconds that some work takes over all texts.
fn seconds(texts: &[&str], work: impl Fn(&str) -> bool) -> f64 {
    let start = processor_seconds();
    for _ in 0..ROUNDS {
        for text in texts {
            std::hint::black_box(work(text));
        }
    }
    (processor_seconds() - start) / number(ROUNDS)
}

/// What this thread has had of a processor, as Linux counts it in nanoseconds.
fn processor_seconds() -> f64 {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    counted.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(f64::NAN)
        / 1e9
}

/// What datatrove says of the texts.
fn peer(texts: &[&str]) -> Result<Value, String> {
    let python = std::env::args()
        .skip_while(|argument| argument != "--python")
        .nth(1)
        .unwrap_or_else(|| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/filters.py");
    let path = std::env::temp_dir().join(format!("filters-{}.jsonl", std::process::id()));
    let asked = (|| {
        let mut file = std::fs::File::create(&path)?;
        texts.iter().try_for_each(|text| writeln!(file, "{}", json!({ "text": text })))?;
        Command::new(&python).arg(script).arg(&path).output()
    })();
    let removed = std::fs::remove_file(&path);
    let output =
        asked.and_then(|output| removed.map(|()| output)).map_err(|error| format!("{python}: {error}"))?;
    let error = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout)
        .map_err(|_| format!("{python}: {}", error.lines().last().unwrap_or_default()))
}
