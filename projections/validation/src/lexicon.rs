//! What English words do to a statement: those that say nothing, that deny, that are opposites, that exclude each other.
//!
//! Written for this crate from general knowledge of the language, not drawn from any data set. Words of other languages are
//! content words without opposites.

use std::{collections::HashMap, sync::LazyLock};

use crate::stem::stem;

/// Words that carry no content of their own.
#[rustfmt::skip]
const STOP: &[&str] = &[
    "a", "an", "the", "of", "in", "on", "at", "by", "to", "for", "with", "from", "and", "or", "as", "is", "are", "was", "were",
    "be", "been", "being", "am", "has", "have", "had", "having", "do", "does", "did", "done", "it", "its", "he", "she", "his", "her",
    "him", "they", "their", "them", "this", "that", "these", "those", "who", "whom", "whose", "which", "what", "when", "where", "while",
    "there", "here", "also", "such", "than", "then", "into", "onto", "over", "under", "about", "after", "before", "during", "between",
    "within", "up", "down", "out", "off", "again", "further", "i", "you", "we", "our", "your", "my", "me", "us", "just", "so", "if",
    "but", "because", "through", "will", "would", "can", "could", "shall", "should", "may", "might", "must", "some", "any", "each",
    "very", "too", "own", "same", "other", "both", "more", "most", "few", "s", "t", "'s", "’s", "'re", "’re", "'ve", "’ve", "'ll", "’ll",
    "'d", "’d", "'m", "’m", "wo", "ca", "sha", "lrb", "rrb", "lsb", "rsb",
];

/// Words that deny what follows.
#[rustfmt::skip]
const NEGATIONS: &[&str] = &[
    "not", "n't", "n’t", "no", "never", "nobody", "nothing", "none", "neither", "nor", "without", "nowhere", "cannot", "hardly",
    "barely", "scarcely",
];

/// Verbs and adjectives that deny what follows, too.
#[rustfmt::skip]
const DENIALS: &[&str] = &[
    "unable", "incapable", "lack", "lacks", "lacked", "lacking", "zero", "avoid", "avoided", "avoids", "deny", "denied", "denies", "prevent",
    "prevented", "prevents", "unwilling", "false", "untrue", "forbidden", "disallow", "disallowed", "disallows", "unsupported",
    "impossible", "absent",
];

/// Words that deny if `to` follows; a failed request is one.
const DENIALS_BEFORE_TO: &[&str] =
    &["fail", "failed", "fails", "refuse", "refused", "refuses", "decline", "declined", "declines", "yet"];

/// Words that leave nothing else.
const ONLY: &[&str] = &["only", "solely", "exclusively", "alone", "entirely", "merely", "purely"];

/// Pairs of which a thing is one or the other.
#[rustfmt::skip]
const OPPOSITES: &[(&str, &str)] = &[
    ("first", "last"), ("best", "worst"), ("better", "worse"), ("good", "bad"), ("before", "after"), ("more", "less"), ("most", "least"),
    ("more", "fewer"), ("increase", "decrease"), ("increase", "reduce"), ("increase", "lower"), ("rise", "fall"), ("grow", "shrink"),
    ("always", "never"), ("always", "sometimes"), ("all", "none"), ("all", "some"), ("every", "no"), ("alive", "dead"), ("live", "die"),
    ("start", "end"), ("begin", "end"), ("start", "stop"), ("start", "finish"), ("old", "young"), ("older", "younger"), ("old", "new"),
    ("large", "small"), ("big", "small"), ("larger", "smaller"), ("largest", "smallest"), ("high", "low"), ("higher", "lower"),
    ("highest", "lowest"), ("long", "short"), ("longer", "shorter"), ("fast", "slow"), ("faster", "slower"), ("quick", "slow"),
    ("success", "failure"), ("succeed", "fail"), ("successful", "unsuccessful"), ("win", "lose"), ("won", "lost"), ("pass", "fail"),
    ("positive", "negative"), ("real", "fictional"), ("real", "fake"), ("public", "private"), ("rich", "poor"), ("male", "female"),
    ("man", "woman"), ("men", "women"), ("boy", "girl"), ("inside", "outside"), ("indoors", "outdoors"), ("indoor", "outdoor"),
    ("include", "exclude"), ("early", "late"), ("earlier", "later"), ("true", "false"), ("right", "wrong"), ("correct", "incorrect"),
    ("love", "hate"), ("like", "dislike"), ("left", "right"), ("open", "close"), ("open", "closed"), ("above", "below"), ("over", "under"),
    ("many", "few"), ("allow", "forbid"), ("allow", "deny"), ("allow", "prevent"), ("allowed", "forbidden"), ("permit", "prohibit"),
    ("accept", "reject"), ("accept", "refuse"), ("enable", "disable"), ("enabled", "disabled"), ("on", "off"), ("add", "remove"),
    ("create", "delete"), ("create", "destroy"), ("insert", "delete"), ("require", "optional"), ("required", "optional"),
    ("mandatory", "optional"), ("required", "unnecessary"), ("support", "oppose"), ("supported", "unsupported"), ("valid", "invalid"),
    ("safe", "unsafe"), ("safe", "dangerous"), ("possible", "impossible"), ("able", "unable"), ("known", "unknown"), ("visible", "hidden"),
    ("show", "hide"), ("mutable", "immutable"), ("synchronous", "asynchronous"), ("sync", "async"), ("blocking", "nonblocking"),
    ("deprecated", "recommended"), ("stable", "unstable"), ("stable", "experimental"), ("signed", "unsigned"), ("secure", "insecure"),
    ("ascending", "descending"), ("minimum", "maximum"), ("min", "max"), ("upper", "lower"), ("input", "output"), ("read", "write"),
    ("sequential", "parallel"), ("static", "dynamic"), ("local", "remote"), ("local", "global"), ("client", "server"), ("full", "empty"),
    ("hot", "cold"), ("warm", "cold"), ("dry", "wet"), ("clean", "dirty"), ("light", "dark"), ("light", "heavy"), ("loud", "quiet"),
    ("asleep", "awake"), ("sleep", "awake"), ("happy", "sad"), ("happy", "unhappy"), ("smile", "cry"), ("smile", "frown"), ("laugh", "cry"),
    ("sit", "stand"), ("stand", "lie"), ("walk", "run"), ("alone", "together"), ("alone", "group"), ("day", "night"), ("summer", "winter"),
    ("friend", "enemy"), ("peace", "war"), ("buy", "sell"), ("give", "take"), ("arrive", "leave"), ("enter", "leave"), ("push", "pull"),
    ("parent", "child"), ("adult", "child"), ("married", "single"), ("married", "divorced"), ("present", "absent"), ("guilty", "innocent"),
    ("natural", "artificial"), ("major", "minor"), ("majority", "minority"), ("import", "export"), ("same", "different"), ("equal", "unequal"),
    ("active", "inactive"), ("active", "passive"), ("complete", "incomplete"), ("temporary", "permanent"), ("automatic", "manual"),
    ("automatically", "manually"), ("single", "multiple"), ("solo", "group"), ("cheap", "expensive"), ("easy", "difficult"),
    ("simple", "complex"), ("strong", "weak"), ("popular", "unpopular"), ("legal", "illegal"), ("famous", "unknown"),
];

/// Families of which a thing is usually one at a time; of words for the same, and of a whole and its parts, only one.
#[rustfmt::skip]
const FAMILIES: &[&[&str]] = &[
    &["american", "british", "french", "german", "italian", "spanish", "portuguese", "canadian", "australian", "indian",
      "chinese", "japanese", "russian", "irish", "mexican", "brazilian", "argentine", "swedish", "norwegian", "danish",
      "finnish", "dutch", "belgian", "swiss", "austrian", "polish", "czech", "hungarian", "korean", "turkish", "greek", "asian",
      "israeli", "iranian", "iraqi", "egyptian", "pakistani", "cuban", "ukrainian", "vietnamese", "thai"],
    &["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"],
    &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    &["film", "book", "novel", "album", "song", "magazine", "newspaper", "opera", "play", "game", "musical", "series", "company",
      "band", "sculpture", "painting", "poem"],
    &["actor", "singer", "musician", "politician", "footballer", "director", "writer", "model", "comedian", "rapper",
      "painter", "scientist", "lawyer", "dancer", "chef", "journalist", "wrestler", "boxer", "producer", "physician", "engineer", "teacher",
      "poet", "president", "athlete", "architect", "businessman", "businesswoman"],
    &["north", "south", "east", "west"], &["northern", "southern", "eastern", "western"],
    &["red", "blue", "green", "black", "white", "yellow", "brown", "pink", "purple", "orange", "gray"],
    &["comedy", "drama", "horror", "thriller", "romance", "western", "documentary", "fantasy"],
    &["city", "country", "county", "state", "town", "village", "river", "island", "mountain", "continent", "lake"],
    &["father", "mother", "son", "daughter", "brother", "sister", "husband", "wife", "uncle", "aunt", "cousin"],
    &["football", "soccer", "basketball", "baseball", "tennis", "hockey", "golf", "rugby", "cricket", "boxing", "swimming"],
    &["dog", "cat", "horse", "bird", "cow", "sheep", "fish", "elephant", "monkey", "lion", "tiger", "bear"],
    &["car", "bus", "train", "bicycle", "motorcycle", "boat", "ship", "airplane", "truck"],
    &["beach", "park", "kitchen", "office", "restaurant", "forest", "desert", "street", "school", "hospital", "church", "bed"],
    &["breakfast", "lunch", "dinner"], &["spring", "summer", "winter"], &["gold", "silver", "bronze"],
    &["debug", "info", "warn", "error", "trace"], &["kilobyte", "megabyte", "gigabyte", "byte"],
];

/// What a word does in a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// It says what the statement is about.
    #[default]
    Content,
    /// It says nothing by itself.
    Stop,
    /// It denies grammatically (`not`).
    Negation,
    /// It denies by its meaning (`refused`).
    Denial,
    /// It leaves nothing else (`only`).
    Only,
}

static ROLES: LazyLock<HashMap<&str, Role>> = LazyLock::new(|| {
    let lists =
        [(STOP, Role::Stop), (NEGATIONS, Role::Negation), (DENIALS, Role::Denial), (ONLY, Role::Only)];
    lists.iter().flat_map(|(words, role)| words.iter().map(|word| (*word, *role))).collect()
});

/// Stems of the opposites of each stem.
static OPPOSITE_STEMS: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    let mut opposites: HashMap<String, Vec<String>> = HashMap::new();
    for (one, other) in OPPOSITES {
        let (one, other) = (stem(one), stem(other));
        opposites.entry(one.clone()).or_default().push(other.clone());
        opposites.entry(other).or_default().push(one);
    }
    opposites
});

/// The number of each stem's first family.
static FAMILY_OF_STEM: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
    let mut families = HashMap::new();
    for (number, family) in FAMILIES.iter().enumerate() {
        for word in *family {
            families.entry(stem(word)).or_insert(number);
        }
    }
    families
});

/// What a word, in lower case, is good for.
pub(crate) fn role(lower: &str) -> Role {
    ROLES.get(lower).copied().unwrap_or_default()
}

/// Whether a word, in lower case, denies what follows if that starts with `to`.
pub(crate) fn denies_before_to(lower: &str) -> bool {
    DENIALS_BEFORE_TO.contains(&lower)
}

/// The stems that say the opposite of a stem.
pub(crate) fn opposites(stem: &str) -> &'static [String] {
    OPPOSITE_STEMS.get(stem).map_or(&[], Vec::as_slice)
}

/// The family whose members exclude each other that a stem belongs to.
pub(crate) fn family(stem: &str) -> Option<usize> {
    FAMILY_OF_STEM.get(stem).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opposites_are_mutual_and_nothing_is_its_own() {
        for (one, others) in OPPOSITE_STEMS.iter() {
            for other in others {
                assert_ne!(one, other);
                assert!(opposites(other).contains(one), "{one} {other}");
            }
        }
    }

    #[test]
    fn words_are_what_they_do() {
        assert_eq!(
            ["not", "lacks", "only", "the", "tokio"].map(role),
            [Role::Negation, Role::Denial, Role::Only, Role::Stop, Role::Content]
        );
        assert_eq!(family(&stem("June")), family(&stem("may")));
        assert_ne!(family(&stem("June")), family(&stem("red")));
    }
}
