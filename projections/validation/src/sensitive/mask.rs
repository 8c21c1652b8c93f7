//! How a finding is shown: enough to recognise it beside its text, too little to use it.

use super::SensitiveKind;

/// What is put in place of everything that is not shown.
const HIDDEN: &str = "***";

/// The masked form of a finding.
///
/// Of a card the last four digits are left, which PCI DSS 4.0 (3.4.1) allows to be shown; of a token what its
/// issuer puts in front of every one; of an address of the Internet protocol its first part. Anything else says its kind.
pub(super) fn masked(kind: SensitiveKind, found: &str) -> String {
    match kind {
        SensitiveKind::EmailAddress => {
            format!("{HIDDEN}@{HIDDEN}.{}", found.rsplit('.').next().unwrap_or_default())
        }
        SensitiveKind::CreditCard => format!("{HIDDEN}{}", last_digits(found, 4)),
        SensitiveKind::Iban => format!("{}{HIDDEN}", found[..2].to_ascii_uppercase()),
        SensitiveKind::IpAddress => {
            let separator = if found.contains(':') { ':' } else { '.' };
            format!("{}{separator}{HIDDEN}", found.split(separator).next().unwrap_or_default())
        }
        SensitiveKind::SecretToken => format!("{}{HIDDEN}", super::secret_token::public_prefix(found)),
        SensitiveKind::PrivateKey => format!("BEGIN {HIDDEN} KEY"),
        SensitiveKind::PhoneNumber | SensitiveKind::NationalId => digits_hidden(found),
        SensitiveKind::UrlPassword | SensitiveKind::SecretAssignment => HIDDEN.to_owned(),
    }
}

fn last_digits(found: &str, count: usize) -> String {
    let digits: Vec<char> = found.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(count)..].iter().collect()
}

/// The writing without the letters and digits.
fn digits_hidden(found: &str) -> String {
    found.chars().map(|c| if c.is_alphanumeric() { '*' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_form_does_not_tell_what_was_found() {
        let shown = |kind, found| masked(kind, found);
        assert_eq!(shown(SensitiveKind::EmailAddress, "jane.roe@mail.example.org"), "***@***.org");
        assert_eq!(shown(SensitiveKind::CreditCard, "4111 1111 1111 1234"), "***1234");
        assert_eq!(shown(SensitiveKind::Iban, "gb29 nwbk 6016 1331 9268 19"), "GB***");
        assert_eq!(shown(SensitiveKind::IpAddress, "93.184.215.14"), "93.***");
        assert_eq!(shown(SensitiveKind::IpAddress, "2606:2800::1"), "2606:***");
        assert_eq!(shown(SensitiveKind::NationalId, "219-09-9999"), "***-**-****");
        assert_eq!(shown(SensitiveKind::PhoneNumber, "+44 20 7946 0018"), "+** ** **** ****");
    }
}
