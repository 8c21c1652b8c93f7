//! Whether an example in a document is broken. Documentation shows parts of programs: the inside of a function, one method, a value,
//! with `...` for what it leaves out. So an example is broken only if no reasonable way to read it is found; what it takes to look
//! is bounded, and what takes more is not called broken.

use std::borrow::Cow;

use super::{Grammar, broken_node, easing, tree, why, wrapping};

/// What all ways to read one example may cost, of [`super::ASKED_MAX`].
const EXAMPLE_ASKED_MAX: usize = 20_000;
/// Wrappings in which an example is tried again that was eased.
const EASED_WRAPPINGS: usize = 4;

/// Where a way to read failed. The way that came furthest tells what is wrong.
struct Fault {
    /// The line it came to. Nothing if only what was put around the example could not be read.
    reached: Option<usize>,
    row: usize,
    why: String,
}

enum Outcome {
    Read,
    Broken(Fault),
    /// It takes too much to say.
    Unknown,
}

/// The line, counted from 0, at which an example cannot be read in any way, and why.
pub(super) fn fault(grammar: Grammar, code: &str, left: &mut usize) -> Option<(usize, String)> {
    let plain = easing::plain(grammar, code)?;
    let mut budget = EXAMPLE_ASKED_MAX.min(*left);
    let before = budget;
    let fault = furthest(grammar, &plain, &mut budget);
    *left -= before - budget;
    fault.map(|fault| (fault.row, fault.why))
}

/// Nothing if the example can be read in some way, or if nobody knows.
fn furthest(grammar: Grammar, plain: &str, budget: &mut usize) -> Option<Fault> {
    let mut furthest: Option<Fault> = None;
    let wrappings = wrapping::of(grammar);
    let plainly = wrappings.iter().map(|around| (grammar, *around, plain));
    let relatives = wrapping::relatives(grammar).iter();
    let in_relatives =
        relatives.flat_map(|relative| wrappings.iter().take(2).map(|around| (*relative, *around, plain)));
    // Most examples are read as they are, and need no easing.
    let eased = std::iter::once_with(|| easing::eased(grammar, plain)).flatten().flat_map(|eased| {
        let eased: Cow<'_, str> = Cow::Owned(eased);
        wrappings.iter().take(EASED_WRAPPINGS).map(move |around| (grammar, *around, eased.clone()))
    });
    let as_it_is =
        plainly.chain(in_relatives).map(|(grammar, around, code)| (grammar, around, Cow::Borrowed(code)));
    for (grammar, around, code) in as_it_is.chain(eased) {
        match read(grammar, around, &code, budget) {
            Outcome::Read | Outcome::Unknown => return None,
            Outcome::Broken(fault) if furthest.as_ref().is_none_or(|known| known.reached < fault.reached) => {
                furthest = Some(fault);
            }
            Outcome::Broken(_) => {}
        }
    }
    furthest
}

fn read(grammar: Grammar, (before, behind): wrapping::Around, code: &str, budget: &mut usize) -> Outcome {
    let source = format!("{before}{code}{behind}");
    let Some(tree) = tree(grammar, &source, budget) else { return Outcome::Unknown };
    let Some(node) = broken_node(&tree) else { return Outcome::Read };
    let rows_before = before.matches('\n').count();
    let within = node.start_byte().checked_sub(before.len());
    let within = within.filter(|at| *at < code.len() || *at == code.len() && node.is_missing());
    let (row, why) = match within {
        Some(_) => (node.start_position().row.saturating_sub(rows_before), why(node, &source)),
        None => (code.trim_end().matches('\n').count(), "it ends too early".to_owned()),
    };
    Outcome::Broken(Fault { reached: within.map(|_| row), row, why })
}

#[cfg(test)]
mod tests {
    use super::{super::ASKED_MAX, *};

    fn told(grammar: Grammar, code: &str) -> Option<(usize, String)> {
        fault(grammar, code, &mut { ASKED_MAX })
    }

    #[test]
    fn parts_of_programs_are_not_broken() {
        for (grammar, code) in [
            (Grammar::Rust, "let a = 1;\na + 1"),
            (Grammar::Rust, "# fn main() {\nlet a = 1;\n# }"),
            (Grammar::Rust, "Foo { a: 1, ... }"),
            (Grammar::Rust, "fn a() {\n    ...\n}"),
            (Grammar::Rust, "pub fn a(&self) -> u8"),
            (Grammar::Rust, "Some(1) => a(),\n_ => {}"),
            (Grammar::Rust, "pub a: u8,\npub b: Vec<u8>,"),
            (Grammar::Rust, "impl A for B"),
            (Grammar::Rust, "-let a = 1 2;\n+let a = 2;\n let b = 3;"),
            (Grammar::Python, ">>> a = 1\n>>> if a:\n...     a\n1\nsome output ="),
            (Grammar::Python, "    a = 1\n    return a"),
            (Grammar::Python, "def a(b, *, c=None)"),
            (Grammar::Python, "%matplotlib inline\n!pip install a b\nimport a"),
            (Grammar::Python, "else:\n    a()"),
            (Grammar::JavaScript, "{ a: 1, \"b\": [2] }"),
            (Grammar::JavaScript, "a: 1,\nb() { return 2 }"),
            (Grammar::JavaScript, "const a: string = 1"),
            (Grammar::JavaScript, "$ npm install a --save"),
            (Grammar::TypeScript, "a?: string;\nb(): void;"),
            (Grammar::Go, "a, err := b()\nif err != nil {\n\treturn err\n}"),
            (Grammar::Go, "A string `json:\"a\"`\nB int"),
            (Grammar::Java, "@Override\npublic int a() { return 1; }"),
            (Grammar::Java, "List<String> a = new A(…);"),
            (Grammar::C, "int a; for (;;) { b(); }"),
            (Grammar::C, "std::vector<int> a;"),
            (Grammar::Cpp, "virtual void a() = 0;\nint b;"),
            (Grammar::C, "A_EXTERN b_status c(b_env env,\n                    int d);"),
            (Grammar::Cpp, "namespace b {\nvoid a() {}\n\nB_MODULE(C_NAME, a)\n\n}  // namespace b"),
            (Grammar::Cpp, "template <typename T>\nclass A {\n ...\n};"),
            (Grammar::Rust, "fn a(&self) -> u8\nfn b(&self)"),
            (Grammar::Rust, "where\n    A: B,"),
            (Grammar::Rust, "if let A(b) = c {"),
            (Grammar::JavaScript, "await a.b('c')\n=>\n[\n  'd',"),
            (Grammar::JavaScript, "if (/* what */) { a() }"),
            (Grammar::Rust, "let a = \"{{ name }}\";\nlet b = {{ value }};"),
        ] {
            assert_eq!(told(grammar, code), None, "{grammar:?}: {code}");
        }
    }

    #[test]
    fn what_no_way_reads_is_broken_where_the_best_of_them_stops() {
        for (grammar, code, row) in [
            (Grammar::Rust, "let a = 1;\nlet b = ;", 1),
            (Grammar::Rust, "fn a() {\n    b(1;\n}", 1),
            (Grammar::Rust, "use a::b;\n\nfn main() {\n    let c = d(;\n}", 3),
            (Grammar::Python, "print(1)\nx =", 1),
            (Grammar::Python, ">>> 1 +", 0),
            (Grammar::JavaScript, "const a = 1;\nfunction b( {\n}", 1),
            (Grammar::Go, "func a() {\n\tx := \n}", 1),
            (Grammar::Java, "int b() {\n  return 1\n}", 1),
            (Grammar::C, "int a(void) {\n  return 1\n}", 1),
        ] {
            let found = told(grammar, code);
            assert_eq!(found.as_ref().map(|(row, _)| *row), Some(row), "{grammar:?} {code}: {found:?}");
        }
    }

    #[test]
    fn what_takes_too_long_is_not_called_broken_and_leaves_the_rest_its_share() {
        let mut left = ASKED_MAX;
        let long = "fn a( { let b = ; ".repeat(20_000);
        assert_eq!(fault(Grammar::Rust, &long, &mut left), None);
        assert!(left >= ASKED_MAX - EXAMPLE_ASKED_MAX, "{left}");
        assert!(fault(Grammar::Rust, "let b = ;", &mut left).is_some());
    }
}
