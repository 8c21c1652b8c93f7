//! Whether what says the same is brought together: a sentence, alone in a document, and the passages that hold it.

use read_models::query::{WordSample, candidates};
use uuid::Uuid;
use validation::sentences;

use crate::ground::Ground;

/// Passages drawn, each for its second sentence; the first is often a heading.
const DRAWN: i64 = 2_000;
/// Words of a sentence that says something and is one.
const WORDS: std::ops::Range<usize> = 6..40;

/// The share of sentences that lead back to a passage that holds them.
pub(crate) async fn share(ground: &Ground) -> anyhow::Result<f64> {
    let client = ground.store.client().await?;
    let sample = WordSample::draw(&client, "default").await?;
    let drawn = client
        .query(
            "select text from elite.chunks where tenant = 'default' order by md5(text) limit $1",
            &[&DRAWN],
        )
        .await?;
    let (mut asked, mut led_back) = (0_u32, 0_u32);
    for row in &drawn {
        let all = sentences(row.get(0));
        let mut long = all.iter().filter(|sentence| WORDS.contains(&sentence.split_whitespace().count()));
        let Some(sentence) = long.nth(1) else { continue };
        let nowhere = (Uuid::nil(), "a document of its own");
        let found = candidates(&client, "default", nowhere, &[vec![*sentence]], &sample).await?;
        asked += 1;
        led_back += u32::from(found.iter().flatten().any(|passage| passage.text.contains(*sentence)));
    }
    Ok(f64::from(led_back) / f64::from(asked.max(1)))
}
