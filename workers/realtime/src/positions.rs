//! How far each process has folded, told to all others within milliseconds. Only hints: the checkpoints are in PostgreSQL.

use std::time::Duration;

use bytes::Bytes;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{Heard, Realtime};

/// Between two messages of one process: what is folded meanwhile is told together.
const TOLD_EVERY: Duration = Duration::from_millis(5);

/// The topic for positions. `scope` names what they are true of: one subscription of one log in one database.
pub fn positions_topic(scope: &str) -> String {
    format!("positions:{scope}")
}

/// Tells others what is folded here and hears what they fold, for ever; ends only when pub/sub does.
///
/// `folded_here` holds the position of every partition that this process itself has committed. `hear` gets partitions and
/// positions that somebody has committed, repeats and this process's own among them.
pub async fn share_positions(
    realtime: &dyn Realtime,
    topic: &str,
    mut folded_here: watch::Receiver<Vec<u64>>,
    hear: impl Fn(Vec<(u16, u64)>),
) {
    let mut listening = realtime.subscribe(topic);
    let mut told: Vec<u64> = Vec::new();
    let (mut news, mut due) = (true, Instant::now());
    loop {
        tokio::select! {
            heard = listening.next() => match heard {
                Some(Heard::Message(message)) => hear(decoded(&message)),
                // Others may have missed what was told before, as they were away or as this process was.
                Some(Heard::Missed) => (told, news) = (Vec::new(), true),
                None => return,
            },
            () = changed(&mut folded_here), if !news => news = true,
            () = sleep_until(due), if news => {
                news = false;
                let folded = folded_here.borrow_and_update().clone();
                let message = encoded(&folded, &told);
                if !message.is_empty() {
                    realtime.publish(topic, message.into()).await;
                }
                (told, due) = (folded, Instant::now() + TOLD_EVERY);
            }
        }
    }
}

/// Waits for the next commit; for ever once nobody can commit any more, as others still can.
async fn changed(folded_here: &mut watch::Receiver<Vec<u64>>) {
    if folded_here.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The partitions that are further than was told, as `partition:position` with spaces between.
fn encoded(folded: &[u64], told: &[u64]) -> String {
    let further = (0_u16..).zip(folded).filter(|(partition, position)| {
        **position > told.get(usize::from(*partition)).copied().unwrap_or_default()
    });
    let words: Vec<String> = further.map(|(partition, position)| format!("{partition}:{position}")).collect();
    words.join(" ")
}

/// What [`encoded`] wrote; words that cannot be read are passed over.
fn decoded(message: &Bytes) -> Vec<(u16, u64)> {
    let words = std::str::from_utf8(message).unwrap_or_default().split(' ');
    words
        .filter_map(|word| {
            let (partition, position) = word.split_once(':')?;
            Some((partition.parse().ok()?, position.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_went_on_is_told() {
        assert_eq!(encoded(&[0, 7, 12], &[]), "1:7 2:12");
        assert_eq!(encoded(&[0, 7, 13], &[0, 7, 12]), "2:13");
        assert_eq!(encoded(&[0, 7, 13], &[0, 7, 13]), "");
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let message = Bytes::from_static(b"1:7 x 70000:1 2:-3 3:12");
        assert_eq!(decoded(&message), [(1, 7), (3, 12)]);
        assert_eq!(decoded(&Bytes::from_static(b"\xff")), []);
    }
}
