//! The registry: every rule there is, in the order in which it is applied, and what it means for each profile.
//!
//! Adding a rule takes a file in `rules/` and a line here.

mod c4_page;
mod code_alphanumeric;
mod code_example_syntax;
mod code_generated;
mod code_line_length;
mod fineweb_duplicate_characters;
mod fineweb_line_ends;
mod fineweb_list;
mod fineweb_short_lines;
mod gopher_document_length;
mod gopher_duplicate_n_grams;
mod gopher_duplicate_pieces;
mod gopher_letters;
mod gopher_line_marks;
mod gopher_stop_words;
mod gopher_symbols;
mod gopher_top_n_gram;
mod gopher_word_length;
mod has_words;
mod long_word;
mod sensitive_data;
mod unique_lines;
mod words_with_letter;

pub(crate) use c4_page::C4Page;
use c4_page::{CURLY_BRACKET, LOREM_IPSUM, TOO_FEW_SENTENCES};
use code_alphanumeric::CODE_ALPHANUMERIC_SHARE;
use code_example_syntax::CODE_EXAMPLE_SYNTAX;
use code_generated::CODE_GENERATED;
use code_line_length::{CODE_LINE_LENGTH_MAX, CODE_LINE_LENGTH_MEAN};
use fineweb_duplicate_characters::CHAR_DUP_RATIO;
use fineweb_line_ends::LINE_PUNCT_RATIO;
use fineweb_list::LIST_RATIO;
use fineweb_short_lines::SHORT_LINE_RATIO;
use gopher_document_length::{LONG_DOC, SHORT_DOC};
use gopher_duplicate_n_grams::DUPLICATED_N_GRAMS;
use gopher_duplicate_pieces::{DUP_LINE_CHAR_FRAC, DUP_LINE_FRAC, DUP_PARA_CHAR_FRAC, DUP_PARA_FRAC};
use gopher_letters::BELOW_ALPHA;
use gopher_line_marks::{TOO_MANY_BULLETS, TOO_MANY_END_ELLIPSIS};
use gopher_stop_words::STOP_WORDS;
use gopher_symbols::{TOO_MANY_ELLIPSIS, TOO_MANY_HASHES};
use gopher_top_n_gram::TOP_N_GRAMS;
use gopher_word_length::{ABOVE_AVG, BELOW_AVG};
use has_words::HAS_WORDS;
use long_word::LONG_WORD;
use sensitive_data::{
    CREDIT_CARD, EMAIL_ADDRESS, IBAN, IP_ADDRESS, NATIONAL_ID, PHONE_NUMBER, PRIVATE_KEY, SECRET_ASSIGNMENT,
    SECRET_TOKEN, URL_PASSWORD,
};
use unique_lines::UNIQUE_LINES;
use words_with_letter::WORDS_WITH_LETTER;

use crate::{
    Family, Profile,
    Standing::{self, Decides, Informs, Silent},
    rule::Rule,
};

/// A rule and its standing in each profile, in the order of [`Profile::ALL`].
pub(crate) struct Entry {
    pub(crate) rule: &'static dyn Rule,
    standings: [Standing; 3],
}

impl Entry {
    pub(crate) fn standing(&self, profile: Profile) -> Standing {
        let [prose, code, chat] = self.standings;
        match profile {
            Profile::Prose => prose,
            Profile::Code => code,
            Profile::Chat => chat,
        }
    }
}

const fn entry(rule: &'static dyn Rule, standings: [Standing; 3]) -> Entry {
    Entry { rule, standings }
}

/// Every rule. Within a family the order is that of datatrove, whose filters name the first rule that fails.
///
/// Rules of web prose are silent where they are wrong: `{` and `#` are the stuff of code, and a good answer may be four
/// words long. A rule that is often right and sometimes wrong informs. Three that FineWeb decides by inform prose,
/// because of what they refuse among manuals and READMEs: `gopher_below_alpha_threshold` more than half, punctuation marks
/// being words to it (`words_with_letter` decides instead); `char_dup_ratio` and `dup_line_frac` chapters whose listings
/// repeat short lines (`dup_line_char_frac` decides instead).
///
/// Secrets that nothing else looks like decide: whoever learns from a text must not learn them. Personal data informs, because a
/// manual without the address of its maker would be the exception.
#[rustfmt::skip]
pub(crate) const RULES: &[Entry] = &[
    //                              prose    code     chat
    entry(&HAS_WORDS,             [Decides, Decides, Decides]),
    entry(&LONG_WORD,             [Informs, Silent,  Decides]),
    entry(&WORDS_WITH_LETTER,     [Decides, Silent,  Informs]),
    entry(&SHORT_DOC,             [Decides, Silent,  Informs]),
    entry(&LONG_DOC,              [Decides, Silent,  Informs]),
    entry(&BELOW_AVG,             [Decides, Silent,  Informs]),
    entry(&ABOVE_AVG,             [Decides, Silent,  Informs]),
    entry(&TOO_MANY_HASHES,       [Decides, Silent,  Silent]),
    entry(&TOO_MANY_ELLIPSIS,     [Decides, Silent,  Informs]),
    entry(&TOO_MANY_BULLETS,      [Decides, Silent,  Silent]),
    entry(&TOO_MANY_END_ELLIPSIS, [Decides, Silent,  Informs]),
    entry(&BELOW_ALPHA,           [Informs, Silent,  Informs]),
    entry(&STOP_WORDS,            [Decides, Silent,  Silent]),
    entry(&DUP_PARA_FRAC,         [Decides, Informs, Informs]),
    entry(&DUP_PARA_CHAR_FRAC,    [Decides, Informs, Informs]),
    entry(&DUP_LINE_FRAC,         [Informs, Silent,  Silent]),
    entry(&DUP_LINE_CHAR_FRAC,    [Decides, Informs, Informs]),
    entry(&TOP_N_GRAMS[0],        [Decides, Silent,  Silent]),
    entry(&TOP_N_GRAMS[1],        [Decides, Silent,  Silent]),
    entry(&TOP_N_GRAMS[2],        [Decides, Silent,  Silent]),
    entry(&DUPLICATED_N_GRAMS[0], [Decides, Silent,  Informs]),
    entry(&DUPLICATED_N_GRAMS[1], [Decides, Silent,  Informs]),
    entry(&DUPLICATED_N_GRAMS[2], [Decides, Silent,  Informs]),
    entry(&DUPLICATED_N_GRAMS[3], [Decides, Silent,  Informs]),
    entry(&DUPLICATED_N_GRAMS[4], [Decides, Silent,  Informs]),
    entry(&DUPLICATED_N_GRAMS[5], [Decides, Informs, Decides]),
    entry(&LOREM_IPSUM,           [Decides, Silent,  Decides]),
    entry(&CURLY_BRACKET,         [Informs, Silent,  Silent]),
    entry(&TOO_FEW_SENTENCES,     [Decides, Silent,  Silent]),
    entry(&LINE_PUNCT_RATIO,      [Decides, Silent,  Silent]),
    entry(&SHORT_LINE_RATIO,      [Decides, Silent,  Silent]),
    entry(&CHAR_DUP_RATIO,        [Informs, Silent,  Silent]),
    entry(&LIST_RATIO,            [Decides, Silent,  Silent]),
    entry(&CODE_LINE_LENGTH_MEAN, [Silent,  Decides, Silent]),
    entry(&CODE_LINE_LENGTH_MAX,  [Silent,  Decides, Silent]),
    entry(&CODE_ALPHANUMERIC_SHARE, [Silent, Decides, Silent]),
    entry(&CODE_GENERATED,        [Silent,  Informs, Silent]),
    entry(&CODE_EXAMPLE_SYNTAX,   [Informs, Informs, Silent]),
    entry(&UNIQUE_LINES,          [Silent,  Silent,  Decides]),
    entry(&PRIVATE_KEY,           [Decides, Decides, Decides]),
    entry(&SECRET_TOKEN,          [Decides, Decides, Decides]),
    entry(&URL_PASSWORD,          [Decides, Decides, Decides]),
    entry(&SECRET_ASSIGNMENT,     [Informs, Informs, Informs]),
    entry(&EMAIL_ADDRESS,         [Informs, Informs, Informs]),
    entry(&IBAN,                  [Informs, Informs, Informs]),
    entry(&CREDIT_CARD,           [Informs, Informs, Informs]),
    entry(&IP_ADDRESS,            [Informs, Informs, Informs]),
    entry(&NATIONAL_ID,           [Informs, Informs, Informs]),
    entry(&PHONE_NUMBER,          [Informs, Informs, Informs]),
];

/// A rule as a reader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// Unique name, as in the scores.
    pub name: &'static str,
    /// Version of the rule.
    pub version: u32,
    /// Where it comes from.
    pub family: Family,
    /// What it means for the profile asked about.
    pub standing: Standing,
}

/// Every rule in the order of the registry, with what it means for a profile.
pub fn catalogue(profile: Profile) -> Vec<RuleInfo> {
    let info = |entry: &Entry| RuleInfo {
        name: entry.rule.name(),
        version: entry.rule.version(),
        family: entry.rule.family(),
        standing: entry.standing(profile),
    };
    RULES.iter().map(info).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use event_model::family::knowledge::RuleScore;

    use super::*;
    use crate::text_statistics::TextStatistics;

    /// What a rule makes of a text.
    pub(super) fn score(rule: &dyn Rule, text: &str) -> RuleScore {
        rule.measure(&TextStatistics::of(text)).into_score(rule)
    }

    /// Whether a text satisfies a rule.
    pub(super) fn passes(rule: &dyn Rule, text: &str) -> bool {
        score(rule, text).passed
    }

    #[test]
    fn every_rule_has_a_name_of_its_own_and_a_use() {
        let names: BTreeSet<_> = RULES.iter().map(|entry| entry.rule.name()).collect();
        assert_eq!(names.len(), RULES.len());
        for entry in RULES {
            assert_ne!(entry.standings, [Silent; 3], "{}", entry.rule.name());
        }
    }

    #[test]
    fn every_profile_has_rules_that_decide() {
        for profile in Profile::ALL {
            assert!(catalogue(profile).iter().any(|rule| rule.standing == Decides), "{profile}");
        }
    }
}
