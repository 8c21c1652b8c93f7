//! Judging one text: every rule that its profile measures, the verdict, and the hashes that find its duplicates.

use event_model::{
    BlobRef, ParsedDocument,
    family::knowledge::{KnowledgeValidated, RuleScore},
};

use crate::{
    Profile, Standing, exact_duplicate_hash, minhash, normal_form::normal_form, rules,
    text_statistics::TextStatistics,
};

/// Version of the set of rules; raised whenever a rule, a threshold, a standing or the tokenizer changes.
pub const RULES_VERSION: u32 = 3;

/// What the rules make of one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The profile whose rules decided.
    pub profile: Profile,
    /// [`RULES_VERSION`].
    pub rules_version: u32,
    /// Share of the deciding rules that passed, 0 to 1. Informative rules do not count.
    pub quality: f64,
    /// Whether every deciding rule passed.
    pub accepted: bool,
    /// What each rule of the profile found, in the order of the registry, informative rules too.
    pub scores: Vec<RuleScore>,
    /// SHA-256 of the normal form: equal for exact duplicates.
    pub text_hash: BlobRef,
    /// One hash a `MinHash` band; texts that share one are near duplicates. Empty below 5 words.
    pub bands: Vec<i64>,
}

impl Assessment {
    /// The event that records this judgement of a parsed blob.
    pub fn into_validated(self, parsed: BlobRef) -> KnowledgeValidated {
        KnowledgeValidated {
            parsed,
            profile: self.profile.as_str().to_owned(),
            rules_version: self.rules_version,
            quality: self.quality,
            accepted: self.accepted,
            scores: self.scores,
            text_hash: self.text_hash,
            bands: self.bands,
        }
    }
}

/// Judges a text by the rules of a profile.
///
/// Pure: the same text and profile give the same assessment, on any machine.
pub fn validate(text: &str, profile: Profile) -> Assessment {
    assess(&TextStatistics::of(text), profile)
}

/// Judges a document by the rules of its profile: its text, and what was found out about its parts when it was parsed.
pub fn validate_document(document: &ParsedDocument) -> Assessment {
    let profile = Profile::detect(&document.media_type, document);
    assess(&TextStatistics::with_blocks(&document.text, &document.blocks), profile)
}

fn assess(statistics: &TextStatistics<'_>, profile: Profile) -> Assessment {
    let mut scores = Vec::new();
    let (mut decided, mut passed) = (0_u64, 0_u64);
    for entry in rules::RULES {
        let standing = entry.standing(profile);
        if standing == Standing::Silent {
            continue;
        }
        let score = entry.rule.measure(statistics).into_score(entry.rule);
        if standing == Standing::Decides {
            decided += 1;
            passed += u64::from(score.passed);
        }
        scores.push(score);
    }
    let normal = normal_form(statistics.text);
    Assessment {
        profile,
        rules_version: RULES_VERSION,
        quality: crate::rule::ratio(passed, decided),
        accepted: passed == decided,
        scores,
        text_hash: exact_duplicate_hash(&normal),
        bands: minhash::bands_of_normal_form(&normal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six sentences in three paragraphs that any reader would keep.
    const GOOD: &str = "The river Aller rises in the hills east of the old town, and it has shaped the life of its people \
        for a thousand years. Every spring the water climbs over the meadows and leaves a thin layer of mud behind.\n\n\
        Farmers learned to live with the flood. They built their houses on small mounds, kept boats in the barn, and moved \
        the cattle to higher ground when the first ice broke. Children who grew up here knew the sound of it.\n\n\
        In 1911 the government decided to straighten the upper course with a canal. That work took nine years and \
        changed more than anyone had expected.";

    #[test]
    fn a_plain_article_passes_every_rule_of_prose() {
        let assessment = validate(GOOD, Profile::Prose);
        let failed: Vec<_> = assessment.scores.iter().filter(|s| !s.passed).collect();
        assert!(assessment.accepted, "{failed:?}");
        assert!((assessment.quality - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn one_failed_deciding_rule_lowers_the_quality_and_refuses_the_text() {
        let assessment = validate(&format!("{GOOD} Lorem ipsum dolor sit amet."), Profile::Prose);
        assert!(!assessment.accepted);
        assert!(assessment.quality < 1.0 && assessment.quality > 0.9, "{}", assessment.quality);
        let failed: Vec<_> =
            assessment.scores.iter().filter(|s| !s.passed).map(|s| s.rule.as_str()).collect();
        assert_eq!(failed, ["lorem_ipsum"]);
    }

    #[test]
    fn prose_rules_do_not_punish_code_or_a_short_answer() {
        let code = "// Adds two numbers.\nfn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n\n#[test]\nfn adds() {\n    \
            assert_eq!(add(1, 2), 3);\n}\n";
        assert!(validate(code, Profile::Code).accepted);
        assert!(!validate(code, Profile::Prose).accepted);
        assert!(validate("Yes, since version 2.", Profile::Chat).accepted);
        assert!(!validate("Yes, since version 2.", Profile::Prose).accepted);
    }

    #[test]
    fn an_empty_text_is_refused_in_every_profile() {
        for profile in Profile::ALL {
            for text in ["", " \n\t", "\u{0}", "..."] {
                let assessment = validate(text, profile);
                assert!(!assessment.accepted, "{text:?} as {profile}");
                assert!(assessment.bands.is_empty());
            }
        }
    }

    #[test]
    fn the_event_carries_everything_the_assessment_found() {
        let assessment = validate(GOOD, Profile::Prose);
        let parsed = BlobRef::of(b"parsed");
        let event = assessment.clone().into_validated(parsed.clone());
        assert_eq!(event.profile, "prose");
        assert_eq!((event.parsed, event.bands, event.scores), (parsed, assessment.bands, assessment.scores));
        assert_eq!((event.text_hash, event.rules_version), (assessment.text_hash, RULES_VERSION));
    }
}
