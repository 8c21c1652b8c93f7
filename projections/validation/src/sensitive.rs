//! Personal data and secrets in a text: what kind, at which characters, and a form that may be shown.
//!
//! Not what is done about them: the rules record that they are there, and a caller may take them out.

mod bank_account;
mod context;
mod digit_groups;
mod email_address;
mod ip_address;
mod mask;
mod national_id;
mod payment_card;
mod phone_number;
mod placeholder;
mod private_key;
mod secret_assignment;
mod secret_token;
mod url_password;

use std::ops::Range;

use event_model::TextRange;

use digit_groups::DigitGroups;

/// What kind of personal data or secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SensitiveKind {
    /// A private key in PEM form.
    PrivateKey,
    /// A token whose shape its issuer has made known.
    SecretToken,
    /// A user's password inside a URL.
    UrlPassword,
    /// A random value that is assigned to a name such as `api_key`.
    SecretAssignment,
    /// An e-mail address.
    EmailAddress,
    /// An international bank account number.
    Iban,
    /// A payment card number.
    CreditCard,
    /// A public IPv4 or IPv6 address.
    IpAddress,
    /// A number that a state gave a person, such as a United States social security number.
    NationalId,
    /// A telephone number.
    PhoneNumber,
}

impl SensitiveKind {
    /// All kinds. Of two findings that overlap the one whose kind stands first holds.
    pub const ALL: [Self; 10] = [
        Self::PrivateKey,
        Self::SecretToken,
        Self::UrlPassword,
        Self::EmailAddress,
        Self::Iban,
        Self::CreditCard,
        Self::IpAddress,
        Self::NationalId,
        Self::PhoneNumber,
        Self::SecretAssignment,
    ];

    /// The name of the kind, and of the rule that records it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrivateKey => "private_key",
            Self::SecretToken => "secret_token",
            Self::UrlPassword => "url_password",
            Self::SecretAssignment => "secret_assignment",
            Self::EmailAddress => "email_address",
            Self::Iban => "iban",
            Self::CreditCard => "credit_card",
            Self::IpAddress => "ip_address",
            Self::NationalId => "national_id",
            Self::PhoneNumber => "phone_number",
        }
    }

    fn find(self, scan: &Scan<'_>) -> Vec<Range<usize>> {
        match self {
            Self::PrivateKey => private_key::find(scan.text),
            Self::SecretToken => secret_token::find(scan.text),
            Self::UrlPassword => url_password::find(scan.text),
            Self::SecretAssignment => secret_assignment::find(scan.text),
            Self::EmailAddress => email_address::find(scan.text),
            Self::Iban => bank_account::find(scan.text),
            Self::CreditCard => payment_card::find(scan),
            Self::IpAddress => ip_address::find(scan),
            Self::NationalId => national_id::find(scan),
            Self::PhoneNumber => phone_number::find(scan),
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sensitive {
    /// What kind.
    pub kind: SensitiveKind,
    /// Its place, in characters of the text.
    pub range: TextRange,
    /// A form that tells a reader what was found without telling what it is.
    pub masked: String,
}

/// A text with what several detectors look at.
struct Scan<'a> {
    text: &'a str,
    digits: DigitGroups,
}

/// Everything sensitive in a text, in the order of the text; no two findings overlap.
///
/// Takes time in proportion to the length of the text, whatever the text.
pub fn find_sensitive(text: &str) -> Vec<Sensitive> {
    let scan = Scan { text, digits: DigitGroups::of(text) };
    let mut found: Vec<(Range<usize>, SensitiveKind)> = Vec::new();
    for kind in SensitiveKind::ALL {
        let mut free: Vec<(Range<usize>, SensitiveKind)> = Vec::new();
        for range in kind.find(&scan) {
            let behind = free.last().is_none_or(|(last, _)| last.end <= range.start);
            if behind && !overlaps(&found, &range) {
                free.push((range, kind));
            }
        }
        if !free.is_empty() {
            found.append(&mut free);
            found.sort_unstable_by_key(|(range, _)| range.start);
        }
    }
    in_characters(text, found)
}

/// Whether a range overlaps one of those that are sorted and do not overlap each other.
fn overlaps(found: &[(Range<usize>, SensitiveKind)], range: &Range<usize>) -> bool {
    let next = found.partition_point(|(other, _)| other.end <= range.start);
    found.get(next).is_some_and(|(other, _)| other.start < range.end)
}

/// The findings with their places in characters instead of bytes, counted in one pass.
fn in_characters(text: &str, found: Vec<(Range<usize>, SensitiveKind)>) -> Vec<Sensitive> {
    let (mut byte, mut character) = (0, 0_u32);
    let mut place = |at: usize| {
        let more = crate::text_lines::chars(&text[byte..at]);
        byte = at;
        character = character.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        character
    };
    let finding = |(range, kind): (Range<usize>, SensitiveKind)| Sensitive {
        kind,
        range: TextRange { start: place(range.start), end: place(range.end) },
        masked: mask::masked(kind, &text[range]),
    };
    found.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_have_places_in_characters_and_do_not_show_themselves() {
        let text = "Käthe <kathe@example.org>, +44 20 7946 0018, card 4111 1111 1111 1111";
        let found = find_sensitive(text);
        let of = |finding: &Sensitive| {
            let (start, end) = (finding.range.start as usize, finding.range.end as usize);
            text.chars().skip(start).take(end - start).collect::<String>()
        };
        let texts: Vec<_> = found.iter().map(|finding| (finding.kind, of(finding))).collect();
        assert_eq!(
            texts,
            [
                (SensitiveKind::EmailAddress, "kathe@example.org".to_owned()),
                (SensitiveKind::PhoneNumber, "+44 20 7946 0018".to_owned()),
                (SensitiveKind::CreditCard, "4111 1111 1111 1111".to_owned()),
            ]
        );
        assert!(found.iter().all(|finding| !text.contains(&finding.masked)), "{found:?}");
    }

    #[test]
    fn of_two_readings_the_surer_one_holds() {
        let kinds = |text| find_sensitive(text).into_iter().map(|finding| finding.kind).collect::<Vec<_>>();
        assert_eq!(kinds("phone 4111111111111111"), [SensitiveKind::CreditCard]);
        assert_eq!(kinds("phone 219-09-9999"), [SensitiveKind::NationalId]);
        assert_eq!(kinds("postgres://app:tr0ub4dor@db.example.org/x"), [SensitiveKind::UrlPassword]);
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> =
            SensitiveKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(names.len(), SensitiveKind::ALL.len());
    }
}
