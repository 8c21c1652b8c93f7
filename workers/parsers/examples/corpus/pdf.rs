//! PDF alone, read in this process: text, headings, rows of tables and processor time, ours beside unpdf's, in two halves of the folder,
//! so that what was tuned on one shows on the other.

use std::{fs, path::Path};

use crate::{
    readings::{Reading, ours, theirs},
    scoring::{self, Gold, Scores},
    structure::{Structure, Tally},
};

/// What one engine made of one half.
#[derive(Default)]
struct Half {
    markdown: Scores,
    text: Scores,
    headings: Tally,
    rows: Tally,
    cpu_ms: f64,
    pages: u32,
}

type Engine = (&'static str, fn(&[u8], &str) -> Option<Reading>);

const ENGINES: [Engine; 2] = [("ours", ours), ("unpdf", theirs)];

/// Prints the tables; with `each`, a line for every document; the Markdown of ours goes into `dump`, if that is a folder.
pub(crate) fn compare(
    folder: &Path,
    each: bool,
    dump: Option<&Path>,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut halves: [[Half; 2]; 2] = Default::default();
    let pdfs =
        scoring::documents(folder)?.into_iter().filter(|path| path.extension().is_some_and(|e| e == "pdf"));
    for path in pdfs {
        let (bytes, name) =
            (fs::read(&path)?, path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        // Copies of a file under other names are in the same half.
        let number = bytes.len() / 32 % 2;
        for (at, (engine, read)) in ENGINES.iter().enumerate() {
            let before = cpu_ms()?;
            let reading = read(&bytes, &name);
            let spent = cpu_ms()? - before;
            let half = &mut halves[at][number];
            half.cpu_ms += spent;
            let Some(reading) = reading else {
                println!("{engine} rejects {name}");
                continue;
            };
            half.pages += reading.pages;
            let line = half.judge(&path, &name, &reading);
            if each {
                println!("{number} {engine:6} {spent:7.1} ms {:3} p {line} {name}", reading.pages);
            }
            if let (Some(dump), "ours") = (dump, *engine) {
                let found = &reading.structure;
                fs::write(dump.join(format!("{name}.txt")), &reading.text)?;
                fs::write(
                    dump.join(format!("{name}.structure")),
                    found.headings.join("\n") + "\n--\n" + &found.rows.join("\n"),
                )?;
            }
        }
    }
    for (at, (engine, _)) in ENGINES.iter().enumerate() {
        for (number, half) in halves[at].iter().enumerate() {
            half.report(engine, &number.to_string());
        }
    }
    for (at, (engine, _)) in ENGINES.iter().enumerate() {
        let [first, second] = &mut halves[at];
        first.headings.add(second.headings);
        first.rows.add(second.rows);
        first.markdown.extend(std::mem::take(&mut second.markdown));
        first.text.extend(std::mem::take(&mut second.text));
        first.cpu_ms += second.cpu_ms;
        first.pages += second.pages;
        first.report(engine, "both");
    }
    Ok(())
}

impl Half {
    /// Scores a reading; returns what to print of it.
    fn judge(&mut self, path: &Path, name: &str, reading: &Reading) -> String {
        let mut parts = Vec::new();
        if let Ok(gold) = fs::read_to_string(path.with_extension("gold.txt")) {
            let agreement = Gold::of_text(&gold).agreement(&reading.text);
            self.text.push(agreement, name);
            parts.push(format!("txt {:.3}", agreement.f1));
        }
        let (Some(gold), Some(structure)) = (Gold::beside(path), Structure::beside(path)) else {
            return parts.join(" ");
        };
        let agreement = gold.agreement(&reading.text);
        self.markdown.push(agreement, name);
        parts.push(format!("md {:.3}", agreement.f1));
        let headings = Tally::of(&reading.structure.headings, &structure.headings);
        let rows = Tally::of(&reading.structure.rows, &structure.rows);
        parts.push(format!("headings {headings} rows {rows}"));
        self.headings.add(headings);
        self.rows.add(rows);
        parts.join(" ")
    }

    fn report(&self, engine: &str, half: &str) {
        let (markdown, text) = (self.markdown.summary(), self.text.summary());
        println!(
            "{half:4} {engine:6} md F1 {:.4} (p {:.4} r {:.4}, {} documents); txt F1 {:.4} ({}); headings {:.3} ({}); rows {:.3} ({}); {:.2} ms a page, {} pages",
            markdown.mean.f1,
            markdown.mean.precision,
            markdown.mean.recall,
            markdown.documents,
            text.mean.f1,
            text.documents,
            self.headings.f1(),
            self.headings,
            self.rows.f1(),
            self.rows,
            self.cpu_ms / f64::from(self.pages.max(1)),
            self.pages,
        );
    }
}

/// Milliseconds that this thread has been on a processor.
#[expect(clippy::cast_precision_loss, reason = "a measurement")]
fn cpu_ms() -> Result<f64, Box<dyn std::error::Error>> {
    let schedule = fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns: u64 = schedule.split_whitespace().next().ok_or("no time in schedstat")?.parse()?;
    Ok(ns as f64 / 1e6)
}
