//! What a piece of source code stands in: the names of the declarations around it, outermost first.

use event_model::Symbol;

/// The symbols of a file, by the lines they take.
pub(super) struct Enclosing<'a> {
    symbols: &'a [Symbol],
    /// The first that may reach a line that is asked for; lines are asked for in order.
    next: usize,
    open: Vec<&'a Symbol>,
}

impl<'a> Enclosing<'a> {
    pub(super) fn new(symbols: &'a [Symbol]) -> Self {
        Self { symbols, next: 0, open: Vec::new() }
    }

    /// Names of what encloses all of these lines.
    pub(super) fn path(&mut self, first_line: u32, last_line: u32) -> Vec<String> {
        while let Some(symbol) = self.symbols.get(self.next).filter(|symbol| symbol.first_line <= first_line)
        {
            self.open.retain(|open| open.last_line >= symbol.first_line);
            self.open.push(symbol);
            self.next += 1;
        }
        self.open.retain(|open| open.last_line >= first_line);
        let around = self.open.iter().filter(|symbol| symbol.last_line >= last_line);
        around.enumerate().map(|(depth, symbol)| own_name(&symbol.name, depth)).collect()
    }
}

/// `push` of `Pile::push`, inside of `Pile`.
fn own_name(name: &str, depth: usize) -> String {
    let own = match depth {
        0 => name,
        _ => name.rsplit_once("::").or_else(|| name.rsplit_once('.')).map_or(name, |(_, own)| own),
    };
    own.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_named_after_what_encloses_all_of_it() {
        let symbol = |name: &str, first_line, last_line| Symbol {
            name: name.to_owned(),
            kind: "function".to_owned(),
            first_line,
            last_line,
            documentation: None,
        };
        let symbols = [
            symbol("Pile", 3, 20),
            symbol("Pile::push", 5, 9),
            symbol("Pile::pop", 11, 20),
            symbol("free", 22, 30),
        ];
        let mut enclosing = Enclosing::new(&symbols);
        assert!(enclosing.path(1, 2).is_empty());
        assert_eq!(enclosing.path(3, 9), ["Pile"]);
        assert_eq!(enclosing.path(11, 20), ["Pile", "pop"]);
        assert_eq!(enclosing.path(22, 30), ["free"]);
    }
}
