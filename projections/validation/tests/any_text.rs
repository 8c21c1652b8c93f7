//! What holds for every text, whatever it says.

use event_model::TextRange;
use proptest::prelude::*;
use validation::{
    BANDS, Judgement, Profile, c4, conflict, find_sensitive, fineweb, gopher_quality, gopher_repetition,
    near_duplicate_bands, normal_form, support, validate, words,
};

/// Bytes of the large texts: more than any parser is expected to hand over as one line.
const LARGE_BYTES: usize = 10_000_000;

/// Bytes of the texts without a space: enough to show work that grows with the square of the length.
const SPACELESS_BYTES: usize = 300_000;

/// Longest evidence that an event may carry, in characters.
const EVIDENCE_CHARS_MAX: usize = 200;

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(\\PC|[-a-z .,'\":/@()\\[\\]{}#•…0-9\n\r\t]){0,300}",
        "((the|of|word|a)[ .\n]{1,2}){0,120}",
        "([0-9]{1,5}|[-+ .()/@:=é\u{ffff}]|GB|XZ|phone|card|token|://|::|eyJ|2001|-----BEGIN PRIVATE KEY-----){0,60}",
    ]
}

proptest! {
    #[test]
    fn no_text_panics_and_every_score_keeps_its_contract(text in any_text()) {
        for profile in Profile::ALL {
            let assessment = validate(&text, profile);
            prop_assert!((0.0..=1.0).contains(&assessment.quality));
            prop_assert!(!assessment.accepted || (assessment.quality - 1.0).abs() < f64::EPSILON);
            prop_assert!(assessment.bands.is_empty() || assessment.bands.len() == BANDS);
            for score in &assessment.scores {
                prop_assert!(score.value.is_finite() && score.threshold.is_finite(), "{score:?}");
                let evidence = score.evidence.as_deref().unwrap_or_default();
                prop_assert!(evidence.chars().count() <= EVIDENCE_CHARS_MAX, "{score:?}");
                prop_assert!(evidence.is_empty() || !score.passed, "{score:?}");
            }
            prop_assert_eq!(&assessment, &validate(&text, profile));
        }
    }

    #[test]
    fn findings_are_in_order_within_the_text_and_apart(text in any_text()) {
        let (mut last, all) = (0, u32::try_from(text.chars().count()).unwrap());
        for finding in find_sensitive(&text) {
            prop_assert!(last <= finding.range.start && finding.range.start < finding.range.end, "{finding:?}");
            prop_assert!(finding.range.end <= all, "{finding:?}");
            last = finding.range.end;
        }
    }

    #[test]
    fn support_is_a_number_or_a_reason_and_its_spans_lie_within(claim in any_text(), evidence in any_text()) {
        let found = support(&claim, &evidence);
        prop_assert_eq!(&found, &support(&claim, &evidence));
        let (in_claim, in_evidence) = (claim.chars().count(), evidence.chars().count());
        for claim in &found.claims {
            if let Judgement::Score(score) = claim.judgement {
                prop_assert!(0.0 <= score.low && score.low <= score.value && score.value <= score.high && score.high <= 1.0, "{score:?}");
            }
            let within = |range: &TextRange, all: usize| range.start < range.end && range.end as usize <= all;
            prop_assert!(claim.supported.iter().chain(&claim.missing).all(|range| within(range, in_claim)), "{claim:?}");
            prop_assert!(claim.supporting.iter().all(|range| within(range, in_evidence)), "{claim:?}");
        }
    }

    #[test]
    fn conflicts_have_places_within_both_texts(a in any_text(), b in any_text()) {
        let found = conflict(&a, &b);
        prop_assert_eq!(&found, &conflict(&a, &b));
        if let Judgement::Score(score) = found.judgement {
            prop_assert!(0.0 <= score.low && score.low <= score.value && score.value <= score.high && score.high <= 1.0, "{score:?}");
        }
        for conflict in &found.conflicts {
            prop_assert!((0.5..=1.0).contains(&conflict.confidence), "{conflict:?}");
            prop_assert!(conflict.a.end as usize <= a.chars().count() && conflict.b.end as usize <= b.chars().count(), "{conflict:?}");
        }
    }

    #[test]
    fn a_whole_filter_keeps_a_text_exactly_if_all_its_scores_pass(text in any_text()) {
        let scores = validate(&text, Profile::Prose).scores;
        let failed = |names: &[&str]| {
            scores.iter().find(|score| !score.passed && names.iter().any(|name| score.rule.starts_with(name))).map(|s| s.rule.clone())
        };
        prop_assert_eq!(gopher_quality(&text).map(str::to_owned), failed(&["gopher_"]));
        prop_assert_eq!(gopher_repetition(&text).map(str::to_owned), failed(&["dup_", "top_", "duplicated_"]));
        prop_assert_eq!(c4(&text, true).is_some(), failed(&["lorem_", "curly_", "too_few_"]).is_some());
        if fineweb(&text) != Some("empty") {
            let names = ["line_punct_", "short_line_", "char_dup_", "list_"];
            prop_assert_eq!(fineweb(&text).map(str::to_owned), failed(&names));
        }
    }
}

#[test]
fn a_line_of_ten_megabytes_is_judged() {
    let line = "It was said that all of this, and more, had happened in 1999. ".repeat(LARGE_BYTES / 62);
    assert!(line.len() > LARGE_BYTES * 99 / 100 && !line.contains('\n'));
    let assessment = validate(&line, Profile::Prose);
    let failed = |rule: &str| assessment.scores.iter().any(|score| score.rule == rule && !score.passed);
    assert!(failed("gopher_long_doc") && failed("duplicated_10_n_grams"));
}

#[test]
fn a_long_text_without_a_space_is_cut_in_linear_time() {
    // Work that grew with the square of the length would not end here.
    for unit in ["a", "(", ".", "a-", "@", "1.", ":)", "'s", "[1", "a.b/", "…"] {
        let text = unit.repeat(SPACELESS_BYTES / unit.len());
        let tokens = words(&text);
        assert_eq!(tokens.iter().map(|token| token.len()).sum::<usize>(), text.len(), "{unit}");
        assert!(normal_form(&text).len() <= text.len(), "{unit}");
        assert!(c4(&text, true).is_some(), "{unit}");
    }
}

#[test]
fn claims_and_evidence_of_ten_megabytes_take_bounded_work() {
    let sentence = "It was said that all of this, and more, had not happened in 1999 ";
    let (line, claims) = (sentence.repeat(LARGE_BYTES / 66), sentence.repeat(SPACELESS_BYTES / 6));
    let found = support(&claims, &line);
    assert!(matches!(found.judgement, Judgement::Score(_)) && found.claims_left_out > 1000);
    assert!(support(&"a".repeat(LARGE_BYTES), &claims).claims.len() == 1);
    assert!(conflict(&claims, &claims).sentences_left_out > 1000);
    let declarations = "fn a(b: u8) fn (( def ".repeat(SPACELESS_BYTES);
    assert!(conflict(&declarations, "fn a(c: u8)").conflicts.is_empty());
}

#[test]
fn of_nothing_nothing_is_said() {
    for empty in ["", " \n\t", "\u{200b}\u{feff}\u{200d}", "\u{202e}\u{2066}\u{2069}", "..."] {
        for (claim, evidence) in [(empty, empty), (empty, "It rains."), ("It rains.", empty)] {
            assert!(
                matches!(support(claim, evidence).judgement, Judgement::CannotSay(_)),
                "{claim:?} {evidence:?}"
            );
            let compared = conflict(claim, evidence);
            assert!(matches!(compared.judgement, Judgement::CannotSay(_)), "{claim:?} {evidence:?}");
            assert_eq!(compared.conflicts, [], "{claim:?} {evidence:?}");
        }
        for profile in Profile::ALL {
            let assessment = validate(empty, profile);
            assert!(!assessment.accepted && assessment.bands.is_empty(), "{empty:?} as {profile}");
        }
    }
}

/// Hebrew, Arabic with marks, both among Latin letters, and scripts without spaces; each with digits in it.
const SCRIPTS: &[&str] = &[
    "הנהר זורם 30 קילומטרים אל הים, ואינו קופא בחורף.",
    "النَّهْرُ يجري ٣٠ كيلومترًا إلى البحر ولا يتجمد أبدًا.",
    "The river \u{202b}הנהר\u{202c} is 30 km long, النهر says the sign.",
    "川は海まで30キロ流れる。冬に凍らない。",
    "Ріка is 30 km long, ποταμός as the Greeks say, 川 too.",
];

#[test]
fn texts_from_right_to_left_and_of_mixed_scripts_are_judged_or_said_to_be_unknown() {
    for text in SCRIPTS {
        let long = format!("{text}\n\n").repeat(40);
        for profile in Profile::ALL {
            assert_eq!(validate(&long, profile), validate(&long, profile), "{text}");
        }
        assert!(support(text, text).claims.iter().all(|claim| match claim.judgement {
            Judgement::Score(score) => score.value > 0.5,
            Judgement::CannotSay(_) => true,
        }));
        assert_eq!(conflict(text, text).conflicts, [], "{text} contradicts itself");
        for other in SCRIPTS {
            let compared = conflict(text, other);
            assert!(text == other || compared.conflicts.len() <= 1, "{text} | {other}: {compared:?}");
        }
    }
    let large = SCRIPTS[0].repeat(LARGE_BYTES / 100);
    assert!(matches!(support(&large, &large).judgement, Judgement::CannotSay(_)));
    assert_eq!(conflict(&large, &large).conflicts, []);
}

#[test]
fn characters_without_a_width_do_not_make_another_text() {
    let plain =
        "The river rises in the hills east of the old town, and it has shaped the life of its people. "
            .repeat(8);
    let strewn: String = plain.replace(' ', "\u{200b}\u{2060} \u{feff}");
    assert!(!near_duplicate_bands(&strewn).is_empty());
    let (one, other) = ("The limit is 30 seconds.", "The li\u{200b}mit is\u{feff} 30 sec\u{200d}onds.");
    assert_eq!(conflict(one, other).conflicts, []);
    let many = "\u{200b}".repeat(LARGE_BYTES / 3);
    assert!(matches!(support(one, &many).judgement, Judgement::CannotSay(_)));
    assert!(matches!(support(&many, one).judgement, Judgement::CannotSay(_)));
    assert!(!validate(&many, Profile::Prose).accepted);
}

#[test]
fn marks_of_personal_data_in_great_number_are_looked_through_in_linear_time() {
    let units = [
        "1",
        "1 ",
        "12 ",
        "123-",
        "1.",
        "(1)",
        "+1 ",
        "00 ",
        "0123 ",
        "4111 ",
        "@",
        "a@",
        "@a.b",
        "a@b.",
        "GB29",
        "GB29 NWBK ",
        ":",
        "a:",
        "::1",
        "= ",
        "token=",
        "token=a1",
        "://",
        "://a:b",
        "-----BEGIN PRIVATE KEY-----",
        "eyJ",
        "eyJ.",
        "AKIA",
        "\"",
    ];
    for unit in units {
        let text = unit.repeat(SPACELESS_BYTES / unit.len());
        assert!(find_sensitive(&text).len() <= text.len(), "{unit}");
    }
}

#[test]
fn bands_tell_a_changed_word_from_another_text() {
    let original = "The committee met on Tuesday to discuss the new bridge over the river, and after three hours of talk it \
        agreed to ask two engineers for a report before the end of the month, so that the work could start in spring, when \
        the water is low and the road along the bank is dry enough for the heavy machines that the job will need.";
    let edited = original.replace("Tuesday", "MONDAY").replace("river,", "river;");
    let other = "Bread needs only flour, water, salt and time, yet every baker has a way of putting them together that no \
        other baker would follow, and all of them are right when the loaf comes out of the oven.";
    let shared = |a: &str, b: &str| {
        near_duplicate_bands(a).iter().zip(near_duplicate_bands(b)).filter(|(a, b)| **a == *b).count()
    };
    assert!(shared(original, &edited) > 0);
    assert_eq!(shared(original, other), 0);
}
