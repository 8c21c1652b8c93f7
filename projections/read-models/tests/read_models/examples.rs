//! Which examples follow from documents, answers and verdicts.

use event_model::family::feedback::Verdict;
use uuid::Uuid;

use crate::{history::History, projector::Projector, world::World};

/// Every example of a conversation, in one line each.
const TOLD: &str = "select string_agg(concat_ws(' ', kind, ordinal, completion, chosen, rejected, label, cardinality(event_ids)), ', '
    order by kind, ordinal) from elite.dataset_examples where source_kind = 'interaction'";

async fn told(world: &World, history: &History<'_>) -> String {
    Projector::claim(world, &history.log).await.fold_all(3).await;
    world.text(TOLD).await
}

pub(crate) async fn verdicts_become_the_examples_they_mean(world: &World) {
    let history = History::new(world);
    let (session, interaction, asked) = history.asked(1, "why?").await;
    history.judged(1, session, interaction, Verdict::Thumbs { up: true }).await;
    assert_eq!(told(world, &history).await, "null", "without an answer there is nothing to learn");
    history.answered(session, interaction, asked, "given").await;
    assert_eq!(told(world, &history).await, "kto 0 given t 3, sft 0 given 3");
    history.judged(2, session, interaction, Verdict::Rating { rating: 3 }).await;
    history.judged(3, session, interaction, Verdict::Rating { rating: 2 }).await;
    assert_eq!(
        told(world, &history).await,
        "kto 0 given t 3, kto 2 given f 3",
        "a disputed answer is no model"
    );
    history.judged(4, session, interaction, Verdict::Correction { text: "better".into() }).await;
    let preference = Verdict::Preference { other: "worse".into(), prefers_given: true };
    history.judged(5, session, interaction, preference).await;
    let same = Verdict::Preference { other: "given".into(), prefers_given: false };
    history.judged(6, session, interaction, same).await;
    assert_eq!(
        told(world, &history).await,
        "kto 0 given t 3, kto 2 given f 3, preference 3 better given 3, preference 4 given worse 3, sft 0 better 3"
    );
}

pub(crate) async fn withdrawn_feedback_takes_away_what_it_caused(world: &World) {
    let history = History::new(world);
    let (session, interaction, asked) = history.asked(1, "why?").await;
    history.answered(session, interaction, asked, "given").await;
    let up = history.judged(1, session, interaction, Verdict::Thumbs { up: true }).await;
    let better = history.judged(2, session, interaction, Verdict::Correction { text: "better".into() }).await;
    assert_eq!(told(world, &history).await, "kto 0 given t 3, preference 1 better given 3, sft 0 better 3");
    let before = world.text("select id from elite.dataset_examples where kind = 'kto'").await;
    history.withdrawn(session, better).await;
    assert_eq!(told(world, &history).await, "kto 0 given t 3, sft 0 given 3");
    assert_eq!(world.text("select id from elite.dataset_examples where kind = 'kto'").await, before);
    history.withdrawn(session, up).await;
    assert_eq!(told(world, &history).await, "null");
    assert_eq!(world.text("select count(*) from elite.feedback where withdrawn").await, "2");
}

pub(crate) async fn a_documents_examples_live_as_long_as_its_chunks(world: &World) {
    let history = History::new(world);
    let (_, received) = history.received(1).await;
    history.parsed(1, received, &["one", " ", "two"]).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    let rows = "select string_agg(concat_ws('|', ordinal, prompt, completion, cardinality(event_ids)), ' / ' order by ordinal)
        from elite.dataset_examples";
    let place = r#"Guide > On {birds}, "etc""#;
    assert_eq!(
        world.text(rows).await,
        format!("0|{place}|one|2 / 2|{place}|two|2"),
        "an empty passage teaches nothing"
    );
    history.parsed(1, Uuid::from_u128(5), &["three"]).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text(rows).await, format!("0|{place}|three|2"));
    history.deleted(1).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text(rows).await, "null");
}
