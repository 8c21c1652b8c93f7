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
    text.contains(|character| ACCENTS.iter().any(|(accent, ..)| *accent == character))
}

/// What the last character of a text and the first of what follows make together, if one of them is an accent.
pub(super) fn bridge(before: &str, text: &str) -> Option<char> {
    let (last, first) = (before.chars().next_back()?, text.chars().next()?);
    composed(last, first).or_else(|| composed(first, last))
}

/// Joins accents with the letter that they stand at; one that stands at none stays.
pub(super) fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let before = joined.chars().next_back();
        // Alone before a word this is a quotation mark.
        let is_quote = character == '`' && !before.is_some_and(char::is_alphabetic);
        if is_quote || !ACCENTS.iter().any(|(accent, ..)| *accent == character) {
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
            (_, Some(whole)) => {
                joined.pop();
                joined.push(whole);
            }
            (None, None) => joined.push(character),
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
        assert_eq!(bridge("Erd˝", "os"), Some('ő'));
        assert_eq!(bridge("Bergru", "¨nd"), Some('ü'));
        assert_eq!(bridge("Erd", "os"), None);
        for other in ["`a' and b", "90˚ east", "a ¨ b", "x´", "plain"] {
            assert_eq!(joined(other), other);
        }
        for (_, letters, results) in ACCENTS {
            assert_eq!(letters.chars().count(), results.chars().count());
        }
    }
}
