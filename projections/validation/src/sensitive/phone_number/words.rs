//! Words around a number that say it is a telephone number, and those that say it is something else.

use crate::sensitive::context::Context;

/// Words that name a telephone number, in some of the languages of the web.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "phone*", "telephone*", "tel", "telefon*", "telefax*", "téléphone*", "teléfono*", "telefone*", "telefoon*",
    "telefono", "puhelin*", "mobile*", "mobil", "mobiltelefon*", "móvil*", "celular*", "cellulare*", "cell",
    "cellphone*", "fax*", "whatsapp", "sms", "landline*", "hotline*", "helpline*", "voicemail*", "pager*",
    "desk", "handy*", "rufnummer*", "portable", "gsm", "ph", "тел", "телефон*", "моб*", "номер", "電話", "电话",
    "手机", "전화", "هاتف", "phones", "msisdn",
];

/// Words that speak of using one. They are common elsewhere, so they explain grouped digits only.
#[rustfmt::skip]
const USES: &[&str] = &[
    "call", "calling", "called", "calls", "dial", "dialed", "dialing", "ring", "answering", "answer",
    "message*", "text", "texted", "contact*", "reach*", "registered", "office", "home", "work", "direct",
    "appelez", "appeler", "anrufen", "llamar", "ligar", "chiamare", "number", "nummer",
];

/// How far before a number a word may stand that says it is something else, in words: `the order number is`.
const OTHERS_WORDS: usize = 3;

/// Words right before a number that say it is something else.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "id", "ids", "isbn", "issn", "doi", "ssn", "license", "licence", "order", "zip", "postcode", "postal",
    "card", "account", "iban", "passport", "invoice", "port", "version", "v", "page", "pages", "pp", "line",
    "lines", "row", "rows", "bytes", "rfc", "issue", "ticket", "case", "ref", "serial", "model", "build",
    "part", "size", "vat", "tax", "company", "registration", "charity", "articleid", "arxiv",
    "acn",
];

/// Words behind a number that make it a part of an address or a count.
#[rustfmt::skip]
const BEHIND: &[&str] = &[
    "street", "st", "road", "rd", "avenue", "ave", "drive", "dr", "lane", "close", "court", "way", "place",
    "blvd", "boulevard", "rue", "apt", "suite", "square", "terrace", "times", "bytes", "users", "people",
    "items", "rows", "ms", "seconds", "percent", "parade",
];

/// Whether the words name a telephone number.
pub(super) fn name(context: &Context) -> bool {
    names(context) && !denied(context)
}

/// Whether the words name one or speak of using one.
pub(super) fn speak_of(context: &Context) -> bool {
    (names(context) || context.before(USES) || context.labelled(USES)) && !denied(context)
}

fn names(context: &Context) -> bool {
    context.before(NAMES) || context.labelled(NAMES)
}

fn denied(context: &Context) -> bool {
    context.right_before(OTHERS_WORDS, OTHERS) || context.behind(BEHIND)
}
