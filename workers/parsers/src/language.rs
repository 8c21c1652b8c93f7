//! The natural language of a document and of those of its blocks that are written in another one, told from their letters by
//! `whatlang`. What the document declares stands. Not for the language of code, which has its place in the block's kind.

use std::sync::LazyLock;

use event_model::{Block, BlockKind, ParsedDocument};

/// Bytes of letters from which a guess is worth having: a long Latin sentence, or half as much in Greek or Chinese. Below it,
/// lists of names and sentences full of terms read as Danish and Latin.
const LETTER_BYTES_MIN: usize = 120;
/// A document is one guess, and more of its text is at hand.
const DOCUMENT_LETTER_BYTES_MIN: usize = 60;
/// How much of a document, and of a block, is looked at; longer texts tell no more.
const SAMPLE_BYTES: usize = 8 * 1024;
const BLOCK_SAMPLE_BYTES: usize = 1_024;
/// Blocks that are looked at on their own: most cost some microseconds, those in rarer languages 0.2 ms.
const BLOCKS_MAX: usize = 2_000;
/// A text is in a language if this share of its words, in percent, are frequent words of it, and at most half as many of
/// another one's. Real English paragraphs have 20 to 40.
const FREQUENT_PERCENT_MIN: usize = 15;
const FREQUENT_OF_WORDS_MIN: usize = 12;

/// Notes the languages of a document whose text and blocks are complete.
pub(crate) fn note(document: &mut ParsedDocument) {
    let texts = prose_of(document);
    if texts.is_empty() {
        return;
    }
    let declared = document.language.as_ref().or_else(|| document.metadata.get("language"));
    let language = declared
        .filter(|tag| is_tag(tag))
        .cloned()
        .or_else(|| detect(&sample(&texts), DOCUMENT_LETTER_BYTES_MIN));
    let own: Vec<(usize, String)> = texts
        .iter()
        .filter(|(at, _)| is_running_text(&document.blocks[*at]))
        .take(BLOCKS_MAX)
        .filter_map(|(at, text)| Some((*at, detect(text, LETTER_BYTES_MIN)?)))
        .filter(|(_, own)| language.as_deref().is_none_or(|language| primary(language) != *own))
        .collect();
    for (at, own) in own {
        document.blocks[at].language.get_or_insert(own);
    }
    document.language = language;
}

/// The language of a text, if it can be told.
pub(crate) fn of_text(text: &str) -> Option<String> {
    detect(&text[..text.floor_char_boundary(SAMPLE_BYTES)], DOCUMENT_LETTER_BYTES_MIN)
}

/// The blocks people wrote for people, with the beginning of their texts.
fn prose_of(document: &ParsedDocument) -> Vec<(usize, &str)> {
    let (mut rest, mut at, mut texts) = (document.text.as_str(), 0, Vec::new());
    for (index, block) in document.blocks.iter().enumerate() {
        rest = after(rest, block.range.start.saturating_sub(at));
        let behind = after(rest, block.range.end.saturating_sub(block.range.start));
        if !matches!(block.kind, BlockKind::Code { .. } | BlockKind::Equation) {
            texts.push((index, beginning(&rest[..rest.len() - behind.len()])));
        }
        (rest, at) = (behind, block.range.end);
    }
    texts
}

fn after(text: &str, characters: u32) -> &str {
    text.char_indices().nth(characters as usize).map_or("", |(start, _)| &text[start..])
}

fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(BLOCK_SAMPLE_BYTES)]
}

/// Not names of columns and not figures, which read as any language.
fn is_running_text(block: &Block) -> bool {
    !matches!(block.kind, BlockKind::Table { .. })
}

/// Text from all over the document: every block of a short one, every tenth of a long one.
fn sample(texts: &[(usize, &str)]) -> String {
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let step = bytes.div_ceil(SAMPLE_BYTES).max(1);
    texts.iter().step_by(step).flat_map(|(_, text)| [*text, "\n"]).collect()
}

/// The language as BCP 47, if there are enough letters and one language fits them far better than the next.
fn detect(text: &str, letter_bytes_min: usize) -> Option<String> {
    if !has_letters(text, letter_bytes_min) {
        return None;
    }
    if let Some(language) = by_frequent_words(text) {
        return Some(language.to_owned());
    }
    let guess = whatlang::detect(text)?;
    guess.is_reliable().then(|| short_code(guess.lang().code()).to_owned())
}

/// Whether there are that many bytes of letters; the rest is not looked at.
fn has_letters(text: &str, bytes_min: usize) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let mut bytes = letters.scan(0, |sum, letter| {
        *sum += letter.len_utf8();
        Some(*sum)
    });
    text.len() >= bytes_min && bytes.any(|sum| sum >= bytes_min)
}

/// The few languages most documents are in, told forty times faster than by the letters.
fn by_frequent_words(text: &str) -> Option<&'static str> {
    let (mut all, mut found) = (0_usize, [0_usize; FREQUENT_WORDS.len()]);
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        all += 1;
        let first = word.as_bytes()[0].to_ascii_lowercase();
        let alike = FREQUENT_BY_FIRST_LETTER.get(usize::from(first.wrapping_sub(b'a')));
        for (frequent, language) in alike.into_iter().flatten() {
            found[*language] += usize::from(frequent.eq_ignore_ascii_case(word));
        }
    }
    let (best, count) = found.iter().enumerate().max_by_key(|(_, count)| **count)?;
    let rival = found.iter().enumerate().filter(|(at, _)| *at != best).map(|(_, count)| *count).max();
    let clear = all >= FREQUENT_OF_WORDS_MIN
        && count * 100 >= all * FREQUENT_PERCENT_MIN
        && rival.unwrap_or_default() * 2 <= *count;
    clear.then_some(FREQUENT_WORDS[best].0)
}

/// [`FREQUENT_WORDS`] by their first letters, each with the place of its language.
static FREQUENT_BY_FIRST_LETTER: LazyLock<[Vec<(&str, usize)>; 26]> = LazyLock::new(|| {
    let mut by_letter = [const { Vec::new() }; 26];
    for (language, (_, words)) in FREQUENT_WORDS.iter().enumerate() {
        for word in *words {
            by_letter[usize::from(word.as_bytes()[0] - b'a')].push((*word, language));
        }
    }
    by_letter
});

/// Short words that hardly any other language has.
const FREQUENT_WORDS: [(&str, &[&str]); 4] = [
    (
        "en",
        &[
            "the", "of", "and", "to", "that", "for", "it", "with", "be", "by", "this", "are", "which",
            "they", "have", "has", "not", "but", "his", "you", "we", "their", "will", "can", "or", "at",
            "as", "when", "what", "were", "who",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "das", "und", "ist", "nicht", "ein", "eine", "den", "dem", "mit", "sich", "auf",
            "von", "im", "zu", "auch", "wird", "sind", "wie", "bei", "oder", "dass", "nach", "aus", "zur",
            "zum",
        ],
    ),
    (
        "fr",
        &[
            "le", "les", "des", "est", "et", "une", "dans", "pour", "que", "qui", "pas", "au", "du", "sur",
            "avec", "ce", "cette", "sont", "par", "plus", "nous", "vous", "il", "elle", "ne", "aux", "leur",
        ],
    ),
    (
        "es",
        &[
            "el", "los", "las", "una", "y", "es", "en", "por", "con", "para", "del", "lo", "como", "pero",
            "su", "sus", "al", "este", "esta", "son", "fue", "ha",
        ],
    ),
];

/// BCP 47 wants the code of two letters where there is one.
fn short_code(code: &str) -> &str {
    let pair = SHORT_CODES.split_ascii_whitespace().find_map(|pair| {
        let (long, short) = pair.split_once('=')?;
        (long == code).then_some(short)
    });
    pair.unwrap_or(code)
}

/// ISO 639-3 codes that `whatlang` gives, and their ISO 639-1 codes. Mandarin is called Chinese, as documents do.
const SHORT_CODES: &str = "epo=eo eng=en rus=ru cmn=zh spa=es por=pt ita=it ben=bn fra=fr deu=de ukr=uk kat=ka ara=ar hin=hi jpn=ja heb=he \
    yid=yi pol=pl amh=am jav=jv kor=ko nob=nb dan=da swe=sv fin=fi tur=tr nld=nl hun=hu ces=cs ell=el bul=bg bel=be mar=mr kan=kn ron=ro \
    slv=sl hrv=hr srp=sr mkd=mk lit=lt lav=lv est=et tam=ta vie=vi urd=ur tha=th guj=gu uzb=uz pan=pa aze=az ind=id tel=te pes=fa mal=ml \
    ori=or mya=my nep=ne sin=si khm=km tuk=tk aka=ak zul=zu sna=sn afr=af lat=la slk=sk cat=ca tgl=tl hye=hy cym=cy";

/// The language of a tag, without region and script.
fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// Whether this has the form of a tag (`en`, `zh-Hant`, `de_AT`), not of a name or of nothing.
fn is_tag(tag: &str) -> bool {
    let mut parts = tag.trim().split(['-', '_']);
    let language = parts.next().unwrap_or_default();
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    (2..=3).contains(&language.len())
        && letters(language)
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use event_model::Tool;

    use super::*;
    use crate::DocumentBuilder;

    const ENGLISH: &str = "The harbour master writes down every ship that enters the port, and what it carries, before anybody is allowed ashore. \
        Nobody remembers who began with that, but the books go back further than the town itself, and they are still in use.";
    const GERMAN: &str = "Der Hafenmeister schreibt jedes Schiff auf, das in den Hafen einläuft, und was es geladen hat, bevor jemand an Land darf. \
        Niemand weiß mehr, wer damit angefangen hat.";
    const CHINESE: &str = "港务长会记录每一艘进港的船只以及它们所载的货物，然后才允许任何人上岸。没有人记得是谁开始这样做的。但是这些账本比城镇本身还要古老。";

    fn noted(blocks: &[(BlockKind, &str)], declared: Option<&str>) -> ParsedDocument {
        let mut builder = DocumentBuilder::new("text/plain", Tool::default());
        if let Some(declared) = declared {
            builder.metadata("language", declared);
        }
        for (kind, text) in blocks {
            builder.block(kind.clone(), *text, None);
        }
        let mut document = builder.finish().unwrap();
        note(&mut document);
        document
    }

    fn languages(document: &ParsedDocument) -> (Option<&str>, Vec<Option<&str>>) {
        let blocks = document.blocks.iter().map(|block| block.language.as_deref()).collect();
        (document.language.as_deref(), blocks)
    }

    #[test]
    fn a_block_in_another_language_than_the_document_says_so() {
        let paragraph = |text| (BlockKind::Paragraph, text);
        let blocks = [paragraph(ENGLISH), paragraph(GERMAN), paragraph(CHINESE), paragraph(ENGLISH)];
        let document = noted(&blocks, None);
        assert_eq!(languages(&document), (Some("en"), vec![None, Some("de"), Some("zh"), None]));
    }

    #[test]
    fn what_the_document_declares_stands() {
        let document = noted(&[(BlockKind::Paragraph, GERMAN)], Some("de_AT"));
        assert_eq!(languages(&document), (Some("de_AT"), vec![None]));
        let document = noted(&[(BlockKind::Paragraph, GERMAN)], Some("nl-BE"));
        assert_eq!(languages(&document), (Some("nl-BE"), vec![Some("de")]));
        let document = noted(&[(BlockKind::Paragraph, GERMAN)], Some("[[lang]]"));
        assert_eq!(languages(&document), (Some("de"), vec![None]));
    }

    #[test]
    fn few_words_and_code_have_no_language() {
        let code = BlockKind::Code { language: Some("go".into()) };
        let document = noted(&[(code.clone(), ENGLISH)], Some("go"));
        assert_eq!(languages(&document), (None, vec![None]));
        let document = noted(&[(BlockKind::Paragraph, "All is well."), (code, ENGLISH)], None);
        assert_eq!(languages(&document), (None, vec![None, None]));
    }

    #[test]
    fn a_guess_that_is_hardly_better_than_the_next_is_none() {
        let names = "Kowalski Nakamura Schmidt Oliveira Papadopoulos Eriksson Dubois Novak Horvat Tanaka Murphy Rossi Jansen Petrov \
            Silva Larsen Varga Brown Okafor Haddad";
        assert!(
            whatlang::detect(names).is_some_and(|guess| !guess.is_reliable()),
            "names are of no language"
        );
        assert_eq!(detect(names, DOCUMENT_LETTER_BYTES_MIN), None);
    }

    #[test]
    fn every_language_that_can_be_told_has_a_code() {
        for language in whatlang::Lang::all() {
            assert_eq!(short_code(language.code()).len(), 2, "{language}");
        }
    }
}
