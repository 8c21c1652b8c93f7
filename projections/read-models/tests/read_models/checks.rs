//! Which texts lack a check, and what may be evidence for them.

use event_model::family::check::{CheckedText, TrustLevel};
use jiff::Timestamp;
use read_models::query::{
    Asked, EvidenceRequest, Reader, Trust, Wanted, WordSample, check_of_document, checks_of_session,
    evidence, trusted_documents, unchecked,
};
use uuid::Uuid;

use crate::{
    history::{History, id},
    projector::Projector,
    world::World,
};

fn trust(level: TrustLevel) -> Trust {
    // Sources of the test's documents are `/test/NAME`; what is longer counts.
    let sources = [("/test/handbook", level), ("/test/handbook/drafts", TrustLevel::Unknown)];
    Trust::new(sources.map(|(source, level)| (source.to_owned(), level)))
}

async fn fold(world: &World, history: &History<'_>) {
    Projector::claim(world, &history.log).await.fold_all(10).await;
}

/// A document that is judged; returns the parsed blob's check target and the event that parsed it.
async fn judged(
    history: &mut History<'_>,
    number: u64,
    name: &'static str,
    words: &[&str],
) -> (Uuid, CheckedText) {
    history.name = Some(name);
    let (_, received) = history.received(number).await;
    let (event, parsed) = history.parsed(number, received, words).await;
    history.validated(number, event, &parsed, words[0]).await;
    (event, CheckedText::Document { parsed })
}

async fn lacking(world: &World, wanted: &Wanted<'_>) -> Vec<Uuid> {
    let client = world.store.client().await.unwrap();
    let found = unchecked(&client, wanted, 10).await.unwrap();
    found.into_iter().map(|text| text.id).collect()
}

pub(crate) async fn texts_lack_a_check_until_they_have_one_of_this_kind(world: &World) {
    let mut history = History::new(world);
    judged(&mut history, 1, "handbook/a.md", &["trusted"]).await;
    let (stranger, text) = judged(&mut history, 2, "handbooks/b.md", &["of a stranger"]).await;
    judged(&mut history, 3, "handbook/drafts/c.md", &["drafted"]).await;
    history.person = Some("edda");
    judged(&mut history, 4, "d.md", &["about edda"]).await;
    history.person = None;
    let (session, interaction, prompted) = history.asked(1, "why").await;
    let answered = history.answered(session, interaction, prompted, "because").await;
    fold(world, &history).await;

    let trusted = trust(TrustLevel::Trusted);
    let client = world.store.client().await.unwrap();
    assert_eq!(trusted_documents(&client, &trusted).await.unwrap(), (1, 0));
    assert_eq!(trusted_documents(&client, &trust(TrustLevel::Known)).await.unwrap(), (0, 1));
    drop(client);
    // What the test's checks say of themselves.
    let mut wanted = Wanted {
        role: "check",
        checker_version: 1,
        trust: &trusted,
        model: None,
        evidence_documents: 2,
        vectors: None,
    };
    assert_eq!(lacking(world, &wanted).await, [id(2), id(3), interaction]);
    let known = trust(TrustLevel::Known);
    assert_eq!(
        lacking(world, &Wanted { trust: &known, ..wanted.clone() }).await.len(),
        4,
        "known sources are checked"
    );
    wanted.vectors = Some(("four", Timestamp::UNIX_EPOCH));
    assert_eq!(lacking(world, &wanted).await, [interaction], "a document waits for its vectors");
    wanted.vectors = None;

    history.checked(id(2), stranger, text).await;
    history.checked(interaction, answered, CheckedText::Answer { session, answered }).await;
    fold(world, &history).await;
    // The digest that the history writes is no trust's.
    assert_eq!(lacking(world, &wanted).await.len(), 3);
    world.execute(&format!("update checks_v1 set trust = '{}'", trusted.digest())).await;
    assert_eq!(lacking(world, &wanted).await, [id(3)]);
    assert_eq!(lacking(world, &Wanted { checker_version: 2, ..wanted.clone() }).await.len(), 3);
    assert_eq!(lacking(world, &Wanted { model: Some("m"), ..wanted.clone() }).await.len(), 3);
    for (evidence_documents, lack) in [(1, 3), (3, 1), (4, 3), (0, 3)] {
        let wanted = Wanted { evidence_documents, ..wanted.clone() };
        assert_eq!(lacking(world, &wanted).await.len(), lack, "{evidence_documents} instead of 2");
    }
    world
        .execute(&format!("update checks_v1 set supporting = '{{{}}}' where kind = 'document'", id(1)))
        .await;
    assert_eq!(lacking(world, &wanted).await, [id(3)]);
    history.deleted(1).await;
    fold(world, &history).await;
    assert_eq!(lacking(world, &wanted).await, [id(2), id(3)], "what it rested on is gone");

    let client = world.store.client().await.unwrap();
    assert!(check_of_document(&client, "default", id(2)).await.unwrap().is_some());
    assert_eq!(checks_of_session(&client, "default", session).await.unwrap().len(), 1);
    drop(client);
    judged(&mut history, 2, "handbooks/b.md", &["something else"]).await;
    fold(world, &history).await;
    let client = world.store.client().await.unwrap();
    assert_eq!(check_of_document(&client, "default", id(2)).await.unwrap(), None, "its text is another one");
}

pub(crate) async fn evidence_is_of_trusted_sources_that_the_reader_may_read(world: &World) {
    let mut history = History::new(world);
    let says = "The zephyr gateway retries for 30 seconds.";
    judged(&mut history, 1, "handbook/a.md", &["Bread is baked.", says]).await;
    judged(&mut history, 2, "handbooks/b.md", &[says]).await;
    judged(&mut history, 3, "handbook/drafts/c.md", &[says]).await;
    history.person = Some("edda");
    judged(&mut history, 4, "handbook/edda.md", &[says]).await;
    history.person = None;
    judged(&mut history, 5, "handbook/gone.md", &[says]).await;
    history.deleted(5).await;
    fold(world, &history).await;

    let client = world.store.client().await.unwrap();
    let (trusted, sample) = (trust(TrustLevel::Known), WordSample::draw(&client, "default").await.unwrap());
    let found = async |readable_by: Reader<'static>, beside: Option<(Uuid, &'static str)>| {
        let request =
            EvidenceRequest { tenant: "default", trust: &trusted, readable_by, beside, sample: &sample };
        let asked = [
            Asked { sentences: vec!["A zephyr gateway retries"], vector: None },
            Asked { sentences: vec!["Nothing of it"], vector: None },
        ];
        let found = evidence(&client, &request, &asked).await.unwrap();
        assert_eq!((found.len(), found[1].len()), (2, 0));
        found[0].iter().map(|one| (one.document_id, one.ordinal, one.trust)).collect::<Vec<_>>()
    };
    let (handbook, eddas) = ((id(1), 1, TrustLevel::Known), (id(4), 0, TrustLevel::Known));
    assert_eq!(found(Reader::Subject(None), None).await, [handbook]);
    assert_eq!(found(Reader::Subject(Some("edda")), None).await, [handbook, eddas]);
    assert_eq!(found(Reader::Subject(Some("carol")), None).await, [handbook]);
    assert_eq!(
        found(Reader::Subject(None), Some((id(1), "handbook/a.md"))).await,
        [],
        "nothing supports itself"
    );
    assert_eq!(
        found(Reader::Subject(None), Some((id(9), "handbook/a.md"))).await,
        [],
        "nor a version of itself"
    );
}
