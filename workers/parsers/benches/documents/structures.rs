//! Headings and rows of tables in PDFs, ours beside unpdf's: whole texts, over all documents whose gold has them.

use serde_json::{Map, Value, json};

use crate::{
    engine::{Document, thread_ms},
    readings::{self, Reading},
    rounded,
    structure::{Structure, Tally},
};

type Engine = (&'static str, fn(&[u8], &str) -> Option<Reading>);

const ENGINES: [Engine; 2] = [("ours", readings::ours), ("unpdf", readings::theirs)];

/// The figures of both engines.
pub(crate) fn table(documents: &[Document]) -> Value {
    let mut table = Map::new();
    for (engine, read) in ENGINES {
        let (mut headings, mut rows, mut pages, mut lost) = (Tally::default(), Tally::default(), 0, 0_u32);
        let before = thread_ms().unwrap_or_default();
        let mut readings = Vec::with_capacity(documents.len());
        for document in documents {
            readings.push(read(document.bytes(), &document.name()));
        }
        let cpu_ms = thread_ms().unwrap_or_default() - before;
        for (document, reading) in documents.iter().zip(readings) {
            let Some(gold) = Structure::beside(document.path()) else { continue };
            lost += u32::from(reading.as_ref().is_none_or(|reading| reading.text.trim().is_empty()));
            pages += reading.as_ref().map_or(0, |reading| reading.pages);
            let found = reading.map(|reading| reading.structure).unwrap_or_default();
            headings.add(Tally::of(&found.headings, &gold.headings));
            rows.add(Tally::of(&found.rows, &gold.rows));
        }
        let part = |tally: &Tally| json!({"f1": rounded(tally.f1()), "counts": tally.to_string()});
        let per_page = rounded(cpu_ms / f64::from(pages.max(1)));
        let value = json!({"headings": part(&headings), "rows": part(&rows), "cpu_ms_per_page": per_page,
                           "rejected_or_empty": lost});
        table.insert(engine.to_owned(), value);
    }
    table.into()
}
