//! Printing results: JSON for programs, plain tables for people.

use serde_json::Value;

/// Prints a result as JSON.
pub(crate) fn json(value: &Value) {
    println!("{value:#}");
}

/// A field as people read it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Prints rows in columns that are as wide as they need to be.
pub(crate) fn table(headers: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([headers[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headers.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        println!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    line(headers.to_vec());
    for row in rows {
        line(row.iter().map(String::as_str).collect());
    }
}

/// The rows of an array of objects, for [`table`].
pub(crate) fn rows(values: &Value, fields: &[&str]) -> Vec<Vec<String>> {
    let objects = values.as_array().into_iter().flatten();
    objects.map(|object| fields.iter().map(|field| text(&object[*field])).collect()).collect()
}
