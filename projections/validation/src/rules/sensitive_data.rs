//! A text must hold no secret, and a reader must know of the personal data in it.
//!
//! Where each kind's bounds are from stands in its file in `sensitive/`. One finding is one too many. The evidence tells places,
//! in characters, and masked forms: it ends up in events and tables, which must not hold what they warn of.

use std::fmt::Write as _;

use crate::{
    Family,
    rule::{EVIDENCE_CHARS_MAX, Finding, Rule, number},
    sensitive::{Sensitive, SensitiveKind},
    text_statistics::TextStatistics,
};

pub(super) const PRIVATE_KEY: SensitiveData = SensitiveData { kind: SensitiveKind::PrivateKey };
pub(super) const SECRET_TOKEN: SensitiveData = SensitiveData { kind: SensitiveKind::SecretToken };
pub(super) const URL_PASSWORD: SensitiveData = SensitiveData { kind: SensitiveKind::UrlPassword };
pub(super) const SECRET_ASSIGNMENT: SensitiveData = SensitiveData { kind: SensitiveKind::SecretAssignment };
pub(super) const EMAIL_ADDRESS: SensitiveData = SensitiveData { kind: SensitiveKind::EmailAddress };
pub(super) const IBAN: SensitiveData = SensitiveData { kind: SensitiveKind::Iban };
pub(super) const CREDIT_CARD: SensitiveData = SensitiveData { kind: SensitiveKind::CreditCard };
pub(super) const IP_ADDRESS: SensitiveData = SensitiveData { kind: SensitiveKind::IpAddress };
pub(super) const NATIONAL_ID: SensitiveData = SensitiveData { kind: SensitiveKind::NationalId };
pub(super) const PHONE_NUMBER: SensitiveData = SensitiveData { kind: SensitiveKind::PhoneNumber };

/// The value is the number of findings of the kind.
pub(super) struct SensitiveData {
    kind: SensitiveKind,
}

impl Rule for SensitiveData {
    fn name(&self) -> &'static str {
        self.kind.as_str()
    }

    fn family(&self) -> Family {
        Family::Elite
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let found = || text.sensitive().iter().filter(|finding| finding.kind == self.kind);
        Finding::at_most(number(found().count() as u64), 0.0).shown_by(|| Some(places(found())))
    }
}

/// The findings as `12..29 ***@***.org`, as many as fit, and how many more there are.
fn places<'a>(found: impl Iterator<Item = &'a Sensitive>) -> String {
    /// Room for ` and 4294967295 more`.
    const REST_CHARS: usize = 20;
    let mut shown = String::new();
    let mut more = 0_usize;
    for finding in found {
        let separator = if shown.is_empty() { "characters " } else { ", " };
        let next = format!("{separator}{}..{} {}", finding.range.start, finding.range.end, finding.masked);
        if more > 0 || shown.chars().count() + next.chars().count() > EVIDENCE_CHARS_MAX - REST_CHARS {
            more += 1;
        } else {
            shown.push_str(&next);
        }
    }
    if more > 0 {
        // Writing to a string cannot fail.
        let _written = write!(shown, " and {more} more");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{passes, score};

    #[test]
    fn one_address_is_one_too_many_and_is_shown_masked_with_its_place() {
        assert!(passes(&EMAIL_ADDRESS, "Write to us."));
        let score = score(&EMAIL_ADDRESS, "Käthe: kathe@mail.example.org, b@example.de.");
        assert!(!score.passed && (score.value - 2.0).abs() < f64::EPSILON);
        assert_eq!(score.evidence.as_deref(), Some("characters 7..29 ***@***.org, 31..43 ***@***.de"));
    }

    #[test]
    fn more_findings_than_fit_are_counted() {
        let evidence = score(&EMAIL_ADDRESS, &"a@example.org ".repeat(30)).evidence.unwrap();
        assert!(evidence.chars().count() <= EVIDENCE_CHARS_MAX && evidence.ends_with(" more"), "{evidence}");
        let shown = evidence.matches("***@***.org").count();
        assert!(evidence.ends_with(&format!(" and {} more", 30 - shown)), "{evidence}");
    }

    #[test]
    fn a_secret_refuses_a_text_and_an_address_does_not() {
        let accepted = |text: &str| crate::validate(text, crate::Profile::Chat).accepted;
        assert!(accepted("Write to jane@example.org or call +44 20 7946 0018."));
        assert!(!accepted(&format!("Use ghp_{} for it.", "q7Zt2mXw9Lp4".repeat(3))));
        assert!(!accepted("It is at postgres://app:tr0ub4dor@db.example.org/x."));
    }
}
