//! What is said of claims about one bridge.

use super::*;
use crate::MismatchKind;

const EVIDENCE: &str = "The bridge over the Aller was designed by Ada Roe and opened on 26 June 1980. It is 120 metres long. \
    Heavy trucks may use it since version 2.3.1 of the rules. It was the first bridge in the north of the country.";

fn score(claim: &str) -> f64 {
    match support(claim, EVIDENCE).judgement {
        Judgement::Score(score) => score.value,
        Judgement::CannotSay(reason) => panic!("{claim}: {reason:?}"),
    }
}

fn reason(claim: &str, evidence: &str) -> CannotSay {
    match support(claim, evidence).judgement {
        Judgement::CannotSay(reason) => reason,
        Judgement::Score(score) => panic!("{claim}: {score:?}"),
    }
}

fn cut(text: &str, range: TextRange) -> &str {
    &text[range.start as usize..range.end as usize]
}

#[test]
fn each_kind_of_mismatch_lowers_the_score_of_a_claim_and_is_named() {
    for (right, wrong, kind) in [
        ("The bridge was opened in June 1980.", "The bridge was opened in July 1980.", MismatchKind::Date),
        ("The bridge is 120 m long.", "The bridge is 140 m long.", MismatchKind::Number),
        (
            "Trucks may use it since version 2.3.",
            "Trucks may use it since version 2.4.",
            MismatchKind::Version,
        ),
        ("Heavy trucks may use it.", "Heavy trucks may not use it.", MismatchKind::Negation),
        (
            "It was the first bridge in the north.",
            "It was the last bridge in the north.",
            MismatchKind::Opposite,
        ),
        (
            "It was the first bridge in the north.",
            "It was the first bridge in the south.",
            MismatchKind::Other,
        ),
    ] {
        assert!(score(right) > score(wrong) + 0.1, "{right} {} {wrong} {}", score(right), score(wrong));
        let found = &support(wrong, EVIDENCE).claims[0].mismatches;
        assert!(found.iter().any(|mismatch| mismatch.kind == kind), "{wrong}: {found:?}");
        assert_eq!(support(right, EVIDENCE).claims[0].mismatches, [], "{right}");
    }
}

#[test]
fn spans_show_what_is_there_and_what_is_missing() {
    let claim = "Ada Roe designed the golden bridge.";
    let found = &support(claim, EVIDENCE).claims[0];
    let texts = |text: &'static str, ranges: &[TextRange]| {
        ranges.iter().map(|range| cut(text, *range)).collect::<Vec<_>>()
    };
    assert_eq!(
        texts("Ada Roe designed the golden bridge.", &found.supported),
        ["Ada Roe designed", "bridge"]
    );
    assert_eq!(texts("Ada Roe designed the golden bridge.", &found.missing), ["golden"]);
    assert_eq!(texts(EVIDENCE, &found.supporting)[..2], ["bridge", "designed by Ada Roe"]);
}

#[test]
fn an_amount_that_the_evidence_gives_beside_another_is_no_mismatch() {
    let evidence = "The bridge is 120 metres long or, with its ramps, 140 metres.";
    let mismatches = |claim| support(claim, evidence).claims[0].mismatches.len();
    assert_eq!((mismatches("The bridge is 140 m long."), mismatches("The bridge is 150 m long.")), (0, 1));
}

#[test]
fn signals_say_what_was_measured() {
    let signal = |claim, name| {
        let found = support(claim, EVIDENCE);
        found.claims[0].signals.iter().find(|signal| signal.name == name).unwrap().value
    };
    let numbers = |claim| (signal(claim, "number_found"), signal(claim, "number_missing"));
    assert_eq!(numbers("The bridge is 120 m or 7 feet long."), (1.0, 1.0));
    assert_eq!(numbers("The bridge is long."), (0.0, 0.0));
    assert!((signal("The bridge was designed by Bob Roe", "predicate_coverage") - 0.75).abs() < 1e-12);
    assert!((signal("The bridge was designed by Bob Roe", "name_missing") - 1.0).abs() < 1e-12);
}

#[test]
fn what_is_meant_alike_counts_where_words_had_a_score() {
    let found = |claim| support(claim, EVIDENCE).claims.remove(0);
    let claim = found("The bridge is 120 m long.");
    assert_eq!(claim.nearest.map(|range| cut(EVIDENCE, range)), Some("It is 120 metres long"));
    let value = |likeness| match claim.clone().with_likeness(likeness).judgement {
        Judgement::Score(score) => score.value,
        Judgement::CannotSay(reason) => panic!("{reason:?}"),
    };
    assert!(value(0.9) > value(0.2));
    assert!((value(f64::INFINITY) - value(1.0)).abs() < 1e-12, "a likeness is at most 1");
    assert!((value(f64::NAN) - value(0.0)).abs() < 1e-12, "what is no number is no likeness");
    let silent = found("Cheese melts.");
    assert_eq!(silent.clone().with_likeness(0.9), silent);
}

#[test]
fn claims_are_judged_one_by_one() {
    let found =
        support("The bridge was opened in 1980. The moon is made of cheese. It is 120 metres long", EVIDENCE);
    assert_eq!(found.claims.len(), 3);
    let judged: Vec<_> = found.claims.iter().map(|claim| claim.judgement).collect();
    assert_eq!(judged[1], Judgement::CannotSay(CannotSay::Unrelated));
    let Judgement::Score(all) = found.judgement else { panic!("{judged:?}") };
    assert!(all.value > 0.6 && all.low <= all.value && all.value <= all.high, "{all:?}");
}

#[test]
fn with_too_little_known_nothing_is_said() {
    assert_eq!(reason("", EVIDENCE), CannotSay::NoClaim);
    assert_eq!(reason("It is there.", EVIDENCE), CannotSay::NoClaim);
    assert_eq!(reason("A bridge was opened.", " \u{200b} "), CannotSay::NoEvidence);
    assert_eq!(reason("Cheese melts.", EVIDENCE), CannotSay::Unrelated);
    assert_eq!(reason("الجسر مفتوح", EVIDENCE), CannotSay::UnknownScript);
    assert_eq!(reason("这座桥开放了", EVIDENCE), CannotSay::UnknownScript);
}

#[test]
fn rare_words_count_for_more_in_a_corpus() {
    let mut corpus = CorpusStatistics::default();
    (0..50).for_each(|_| corpus.add("The bridge is long."));
    let score = |claim| match support_in(claim, "The bridge is an aqueduct.", &corpus).judgement {
        Judgement::Score(score) => score.value,
        Judgement::CannotSay(reason) => panic!("{reason:?}"),
    };
    // Each claim has one of its two words in the evidence.
    assert!(score("A wooden aqueduct.") > score("A wooden bridge."));
}
