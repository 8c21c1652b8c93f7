//! What goes through the protocol: everything the built-in parsers know, and each fault with its place.

use std::{fs, path::Path};

use parsers::{Reason, Source};

use crate::{misbehaving, parse, plugin, pool};

#[expect(dead_code, reason = "`main` of the example that writes the file")]
#[path = "../../examples/schema.rs"]
mod written;

#[test]
fn the_schema_file_is_what_the_types_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/answer.json");
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        committed,
        written::rendered(),
        "run `cargo run -p parsers --example schema` and commit the result"
    );
}

#[tokio::test]
async fn the_built_in_parsers_speak_the_protocol_and_lose_nothing() {
    let samples = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")).unwrap();
    let own = pool(Vec::new()).await;
    let mut parsed = 0;
    for entry in samples {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let extension = path.extension().unwrap().to_str().unwrap();
        let mut again =
            plugin("again", extension, &[env!("CARGO_BIN_EXE_parser-child"), "process", name.as_str()]);
        let bytes = fs::read(&path).unwrap();
        let direct = own.parse(&bytes, &Source::named(&name)).await.unwrap();
        if let Ok(direct) = &direct {
            (again.name, again.version) = (direct.parser.name.clone(), direct.parser.version);
        }
        let through = pool(vec![again]).await.parse(&bytes, &Source::named(&name)).await.unwrap();
        match (through, direct) {
            (Ok(through), Ok(direct)) => {
                assert_eq!(through, direct, "{name}");
                parsed += 1;
            }
            (Err(through), Err(direct)) => {
                assert_eq!(through.reason, direct.reason, "{name}");
                assert!(through.detail.ends_with(&direct.detail), "{name}: {through}");
            }
            (through, direct) => panic!("{name}: {through:?} through the protocol, {direct:?} without"),
        }
    }
    assert!(parsed > 10, "{parsed} samples were parsed");
}

async fn detail(answer: &str) -> String {
    let pool = pool(vec![misbehaving()]).await;
    let rejection = parse(&pool, "a.mis", &format!("print {answer}")).await.unwrap_err();
    assert_eq!(rejection.reason, Reason::BadOutput, "{answer}: {rejection}");
    rejection.detail
}

#[tokio::test]
async fn each_fault_is_told_with_its_place_and_without_quoting() {
    for (answer, told) in [
        ("[]", "no object"),
        ("{\"blocks\": [", "line 1 column"),
        ("{}", "neither `blocks` nor `rejected`"),
        ("{\"blocks\": {}}", "blocks: expected a list"),
        ("{\"blocks\": [7]}", "blocks[0]: expected an object"),
        ("{\"blocks\": [], \"titel\": \"secret\"}", "at the top: 1 unknown fields"),
        ("{\"blocks\": [], \"pages\": \"secret\"}", "at the top: invalid type"),
        (
            "{\"blocks\": [{\"kind\": \"secret\", \"text\": \"a\"}]}",
            "blocks[0]: unknown word, expected one of",
        ),
        ("{\"blocks\": [{\"kind\": \"heading\", \"level\": 9, \"text\": \"a\"}]}", "blocks[0]: level is 9"),
        ("{\"blocks\": [{\"kind\": \"heading\", \"text\": \"a\"}]}", "blocks[0]: missing field `level`"),
        ("{\"blocks\": [{\"kind\": \"paragraph\"}]}", "blocks[0]: text is missing"),
        ("{\"blocks\": [{\"kind\": \"paragraph\", \"text\": \"a\", \"page\": 0}]}", "blocks[0]: page is 0"),
        (
            "{\"blocks\": [{\"kind\": \"paragraph\", \"text\": \"a\", \"spans\": [{\"style\": \"code\", \"range\": {\"start\": 0, \"end\": 9}}]}]}",
            "blocks[0]: spans: a range is outside the text",
        ),
        ("{\"rejected\": {\"reason\": \"secret\", \"detail\": \"secret\"}}", "rejected: unknown word"),
    ] {
        let detail = detail(answer).await;
        assert!(detail.contains(told), "{answer}: {detail}");
        assert!(!detail.contains("secret"), "{answer}: {detail}");
    }
    let two = "{\"blocks\": [{\"kind\": \"x\"}, {\"kind\": \"paragraph\", \"text\": \"a\"}, 3]}";
    let detail = detail(two).await;
    assert!(detail.contains("blocks[0]") && detail.contains("blocks[2]"), "{detail}");
}

#[tokio::test]
async fn marks_and_lines_stay_on_their_words() {
    let pool = pool(vec![misbehaving()]).await;
    let document = parse(
        &pool,
        "a.mis",
        "print {\"blocks\": [{\"kind\": \"paragraph\", \"text\": \"Über\"}, {\"kind\": \"list_item\", \"depth\": 0, \"number\": 3, \
         \"text\": \"see ü page\", \"spans\": [{\"style\": \"link\", \"target\": \"b\", \"range\": {\"start\": 4, \"end\": 10}}, \
         {\"style\": \"code\", \"range\": {\"start\": 4, \"end\": 5}}], \"lines\": [{\"range\": {\"start\": 0, \"end\": 10}, \
         \"bounds\": {\"left\": 1, \"top\": 2, \"right\": 3, \"bottom\": 4}}]}]}",
    )
    .await
    .unwrap();
    let text: Vec<char> = document.text.chars().collect();
    let shown = |range: event_model::TextRange| -> String {
        text[range.start as usize..range.end as usize].iter().collect()
    };
    let block = &document.blocks[1];
    assert_eq!(shown(block.range), "3. see ü page");
    assert_eq!(block.spans.iter().map(|span| shown(span.range)).collect::<Vec<_>>(), ["ü page", "ü"]);
    assert_eq!(shown(block.lines[0].range), "see ü page");
    assert_eq!((document.links[0].text.as_str(), document.links[0].target.as_str()), ("ü page", "b"));
}

#[tokio::test]
async fn an_answer_built_to_hurt_is_bounded() {
    let pool = pool(vec![misbehaving()]).await;
    for answer in ["[".repeat(100_000), format!("{{\"blocks\":[{}", "{\"blocks\":[".repeat(50_000))] {
        // Longer than an argument may be, so it is given as the document.
        let plugin = plugin("echo", "mis", &["cat"]);
        let read = pool.read_answer(&plugin, answer.as_bytes(), &Source::named("a.mis")).await.unwrap();
        assert_eq!(read.unwrap_err().reason, Reason::BadOutput);
    }
    let numbers = format!("{{\"blocks\":[{}0]}}", "0,".repeat(20_000_000));
    let plugin = plugin("echo", "mis", &["cat"]);
    let read = pool.read_answer(&plugin, numbers.as_bytes(), &Source::named("a.mis")).await.unwrap();
    assert!(matches!(read.unwrap_err().reason, Reason::MemoryLimit | Reason::BadOutput));
}
