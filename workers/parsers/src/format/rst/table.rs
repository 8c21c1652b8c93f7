//! Tables as they are drawn: grids of `+---+` and `|`, and simple ones between lines of `===`.

/// The rows of a grid table. A cell that spans columns keeps its place; what it covers is empty.
pub(super) fn grid(lines: &[String]) -> Vec<Vec<String>> {
    let characters: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
    let first = characters.first().map(Vec::as_slice).unwrap_or_default();
    let columns: Vec<usize> =
        first.iter().enumerate().filter(|(_, c)| **c == '+').map(|(at, _)| at).collect();
    let (mut rows, mut open) = (Vec::new(), vec![String::new(); columns.len().saturating_sub(1)]);
    for line in characters.iter().skip(1) {
        if line.first() == Some(&'+') {
            rows.push(std::mem::replace(&mut open, vec![String::new(); columns.len().saturating_sub(1)]));
            continue;
        }
        let mut at = 0;
        while at + 1 < columns.len() {
            // Up to the next column that has a border in this line.
            let end = (at + 1..columns.len())
                .find(|end| line.get(columns[*end]) == Some(&'|'))
                .unwrap_or(columns.len() - 1);
            let from = (columns[at] + 1).min(line.len());
            let text: String = line[from..columns[end].min(line.len()).max(from)].iter().collect();
            append(&mut open[at], text.trim());
            at = end;
        }
    }
    rows.push(open);
    rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
    rows
}

/// The rows of a simple table. A line with an empty first cell goes on with the row above.
pub(super) fn simple(lines: &[String]) -> Vec<Vec<String>> {
    let border = lines.first().map(String::as_str).unwrap_or_default();
    let mut columns: Vec<usize> = Vec::new();
    let mut before = ' ';
    for (at, character) in border.chars().enumerate() {
        if character == '=' && before == ' ' {
            columns.push(at);
        }
        before = character;
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut apart = true;
    for line in &lines[1..] {
        if line.is_empty() || is_border(line) {
            apart = true;
            continue;
        }
        let characters: Vec<char> = line.chars().collect();
        let cell = |at: usize| {
            let from = columns[at].min(characters.len());
            let end = columns.get(at + 1).map_or(characters.len(), |end| (*end).min(characters.len()));
            characters[from..end].iter().collect::<String>().trim().to_owned()
        };
        let cells: Vec<String> = (0..columns.len()).map(cell).collect();
        match rows.last_mut() {
            Some(row) if !apart && cells.first().is_some_and(String::is_empty) => {
                row.iter_mut().zip(&cells).for_each(|(cell, text)| append(cell, text));
            }
            _ => rows.push(cells),
        }
        apart = false;
    }
    rows
}

/// Whether a line is drawn of `=` and spaces, or of `-` below spanned columns.
pub(super) fn is_border(line: &str) -> bool {
    let drawn = |sign: char| line.starts_with(sign) && line.chars().all(|c| c == sign || c == ' ');
    drawn('=') || (drawn('-') && line.contains(' '))
}

fn append(cell: &mut String, text: &str) {
    if !cell.is_empty() && !text.is_empty() {
        cell.push(' ');
    }
    cell.push_str(text);
}
