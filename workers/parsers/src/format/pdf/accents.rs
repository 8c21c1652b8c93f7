//! Accents that were set as signs of their own, as TeX does it, joined with their letters: `Erd˝os` is Erdős.

/// An accent, the letters that take it, and what becomes of them.
const ACCENTS: [(char, &str, &str); 13] = [
    ('´', "aeiouyAEIOUYcnszrlCNSZRLı", "áéíóúýÁÉÍÓÚÝćńśźŕĺĆŃŚŹŔĹí"),
    ('`', "aeiouAEIOUı", "àèìòùÀÈÌÒÙì"),
    ('ˆ', "aeiouAEIOUcghjswyCGHJSWYı", "âêîôûÂÊÎÔÛĉĝĥĵŝŵŷĈĜĤĴŜŴŶî"),
    ('˜', "anoANOiuIUı", "ãñõÃÑÕĩũĨŨĩ"),
    ('¨', "aeiouyAEIOUYı", "äëïöüÿÄËÏÖÜŸï"),
    ('˝', "ouOU", "őűŐŰ"),
    ('ˇ', "cszrendtlCSZREND", "čšžřěňďťľČŠŽŘĚŇĎ"),
    ('˘', "aguAGU", "ăğŭĂĞŬ"),
    ('¯', "aeiouAEIOU", "āēīōūĀĒĪŌŪ"),
    ('˙', "zcegZCEGI", "żċėġŻĊĖĠİ"),
    ('˚', "auAU", "åůÅŮ"),
    ('¸', "cstCST", "çşţÇŞŢ"),
    ('˛', "aeiuAEIU", "ąęįųĄĘĮŲ"),
];
/// These are set behind their letters; the others before.
const BEHIND: [char; 2] = ['¸', '˛'];

fn composed(accent: char, letter: char) -> Option<char> {
    let (_, letters, results) = ACCENTS.iter().find(|(own, ..)| *own == accent)?;
    letters.chars().zip(results.chars()).find(|(own, _)| *own == letter).map(|(_, result)| result)
}

/// Whether there may be something to join.
pub(super) fn has_accents(text: &str) -> bool {
    text.contains(is_accent)
}

/// A letter with its accent, out of the end of one text and the start of the next.
#[derive(Debug, PartialEq)]
pub(super) struct Bridge {
    pub whole: char,
    /// Characters that it takes from the end of what stands there.
    pub taken: usize,
    /// Characters that it takes from the start of what follows.
    pub skipped: usize,
}

/// What the end of a text and the start of what follows make together. An accent before a letter that takes it is the letter's; one that
/// comes alone may be that of the next.
pub(super) fn bridge(before: &str, text: &str) -> Option<Bridge> {
    let (mut last, mut first) = (before.chars().rev(), text.chars());
    let (end, start) = (last.next()?, first.next()?);
    let of = |whole: Option<char>, taken, skipped| whole.map(|whole| Bridge { whole, taken, skipped });
    if is_accent(end) {
        let own = last.next().and_then(|letter| composed(end, letter));
        let ahead = composed(end, start).filter(|_| own.is_none() || !BEHIND.contains(&end));
        return of(ahead, 1, 1).or_else(|| of(own, 2, 0));
    }
    let is_alone = first.next().is_none() && !BEHIND.contains(&start);
    of(composed(start, end).filter(|_| !is_alone), 1, 1)
}

/// What the last two characters make, if the last is an accent.
pub(super) fn at_end(text: &str) -> Option<char> {
    let mut last = text.chars().rev();
    let (accent, letter) = (last.next()?, last.next()?);
    composed(accent, letter)
}

fn is_accent(character: char) -> bool {
    ACCENTS.iter().any(|(accent, ..)| *accent == character)
}

/// Joins accents with the letter that they stand at; one that stands at none stays, and so does the last, which may be that of a letter to
/// come.
pub(super) fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let before = joined.chars().next_back();
        // Alone before a word this is a quotation mark.
        let is_quote = character == '`' && !before.is_some_and(char::is_alphabetic);
        if is_quote || !is_accent(character) {
            joined.push(character);
            continue;
        }
        let behind = before.and_then(|before| composed(character, before));
        let ahead = characters.peek().and_then(|next| composed(character, *next));
        match (ahead, behind) {
            (Some(whole), None) => {
                joined.push(whole);
                characters.next();
            }
            (Some(whole), Some(_)) if !BEHIND.contains(&character) => {
                joined.push(whole);
                characters.next();
            }
            (_, Some(whole)) if characters.peek().is_some() || BEHIND.contains(&character) => {
                joined.pop();
                joined.push(whole);
            }
            _ => joined.push(character),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_find_their_letters() {
        for (text, whole) in [
            ("Erd˝os", "Erdős"),
            ("Bergru¨nd", "Bergründ"),
            ("Computac¸˜ao", "Computação"),
            ("Cear´a", "Ceará"),
            ("voil`a", "voilà"),
            ("M¨uller", "Müller"),
        ] {
            assert_eq!(joined(text), whole);
        }
        let bridge =
            |before, text| bridge(before, text).map(|found| (found.whole, found.taken, found.skipped));
        assert_eq!(bridge("Erd˝", "os"), Some(('ő', 1, 1)));
        assert_eq!(bridge("Bergru", "¨nd"), Some(('ü', 1, 1)));
        assert_eq!(bridge("Bergru¨", "nd"), Some(('ü', 2, 0)));
        assert_eq!(bridge("Computac", "¸"), Some(('ç', 1, 1)));
        assert_eq!([bridge("Erd", "os"), bridge("Fr", "´"), bridge("b", "´")], [None; 3]);
        assert_eq!(bridge("Fr´", "ed"), Some(('é', 1, 1)));
        assert_eq!((at_end("Cear´"), at_end("Cafe´"), at_end("e")), (Some('ŕ'), Some('é'), None));
        for other in ["Cˆ", "`a' and b", "90˚ east", "a ¨ b", "x´", "plain"] {
            assert_eq!(joined(other), other);
        }
        for (_, letters, results) in ACCENTS {
            assert_eq!(letters.chars().count(), results.chars().count());
        }
    }
}
