//! A formula both ways at once: as LaTeX, and in plain characters as long as those can say it.

use super::{
    super::script::{self, Script},
    signs,
};

/// A part of a formula.
#[derive(Clone, Debug)]
pub(super) struct Formula {
    tex: String,
    /// None once it holds what has no place on a line.
    plain: Option<String>,
}

impl Default for Formula {
    fn default() -> Self {
        Self { tex: String::new(), plain: Some(String::new()) }
    }
}

impl Formula {
    pub(super) fn of(text: &str) -> Self {
        Self { tex: signs::tex(text), plain: Some(text.to_owned()) }
    }

    fn only(tex: String) -> Self {
        Self { tex, plain: None }
    }

    pub(super) fn append(&mut self, other: &Self) {
        // `\pi x`, not `\pix`.
        let command =
            self.tex.rfind('\\').is_some_and(|at| self.tex[at + 1..].chars().all(char::is_alphabetic));
        if command && other.tex.starts_with(char::is_alphabetic) {
            self.tex.push(' ');
        }
        self.tex.push_str(&other.tex);
        match (&mut self.plain, &other.plain) {
            (Some(plain), Some(other)) => plain.push_str(other),
            (plain, _) => *plain = None,
        }
    }

    pub(super) fn joined(all: &[Self], between: &str) -> Self {
        Self::only(all.iter().map(|one| one.tex.as_str()).collect::<Vec<_>>().join(between))
    }

    /// `\name{a}{b}`.
    pub(super) fn command(name: &str, arguments: &[Self]) -> Self {
        let arguments: Vec<&str> = arguments.iter().map(|one| one.tex.as_str()).collect();
        Self::only(format!("\\{name}{{{}}}", arguments.join("}{")))
    }

    /// With something raised or lowered behind it.
    pub(super) fn with(self, script: Script, part: &Self) -> Self {
        if part.tex.is_empty() {
            return self;
        }
        let plain = match (&self.plain, &part.plain) {
            (Some(base), Some(part)) => {
                // An ending such as `th` is a product of two here.
                let written = script::written(script, &part.replace(' ', ""), "x");
                Some(format!("{base}{written}"))
            }
            _ => None,
        };
        Self { plain, ..self.with_tex(script, part) }
    }

    /// The same, which has no place on a line.
    pub(super) fn with_tex(self, script: Script, part: &Self) -> Self {
        let sign = if script == Script::Raised { '^' } else { '_' };
        Self::only(format!("{}{sign}{{{}}}", self.tex, part.tex))
    }

    pub(super) fn enclosed(open: &str, parts: &[Self], close: &str) -> Self {
        let side = |sign: &str| if sign.is_empty() { ".".to_owned() } else { signs::tex(sign) };
        let inner = Self::joined(parts, ", ").tex;
        let plain = match parts {
            [Self { plain: Some(inner), .. }] => Some(format!("{open}{inner}{close}")),
            _ => None,
        };
        Self {
            tex: if plain.is_some() && !open.is_empty() && !close.is_empty() {
                format!("{}{inner}{}", signs::tex(open), signs::tex(close))
            } else {
                format!("\\left{} {inner} \\right{}", side(open), side(close))
            },
            plain,
        }
    }

    /// A sum, a product, an integral, with what it runs over.
    pub(super) fn large(sign: &str, below: &Self, above: &Self, of: &Self) -> Self {
        let mut formula =
            Self::only(signs::large(sign)).with(Script::Lowered, below).with(Script::Raised, above);
        formula.append(&Self::only(format!("{{{}}}", of.tex)));
        formula
    }

    pub(super) fn root(degree: &Self, of: &Self) -> Self {
        if degree.tex.is_empty() {
            return Self::command("sqrt", std::slice::from_ref(of));
        }
        Self::only(format!("\\sqrt[{}]{{{}}}", degree.tex, of.tex))
    }

    pub(super) fn function(name: &Self, of: &Self) -> Self {
        // `cos`, `log_{2}`.
        let known = signs::FUNCTIONS.iter().any(|known| {
            name.tex.strip_prefix(known).is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
        });
        Self {
            tex: format!("{}{} {}", if known { "\\" } else { "" }, name.tex, of.tex),
            plain: name.plain.as_ref().zip(of.plain.as_ref()).map(|(name, of)| format!("{name} {of}")),
        }
    }

    pub(super) fn matrix(rows: &[Self]) -> Self {
        Self::only(format!("\\begin{{matrix}} {} \\end{{matrix}}", Self::joined(rows, " \\\\ ").tex))
    }

    /// As it is read.
    pub(super) fn into_text(self) -> String {
        self.plain.unwrap_or(self.tex)
    }
}
