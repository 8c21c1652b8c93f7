//! What every implementation promises, between two ends of it.

use std::time::Duration;

use bytes::Bytes;
use realtime::{Heard, Realtime};

use crate::support::{message, next, until};

/// All promises, one after the other; `here` and `there` are two ends, which may be the same.
pub(crate) async fn holds(here: &dyn Realtime, there: &dyn Realtime) {
    everybody_who_listens_hears_every_message_in_order(here, there).await;
    a_listener_that_lags_is_told_and_holds_nobody_up(here, there).await;
    a_topic_can_be_left_and_listened_to_again(here, there).await;
    a_value_is_found_until_its_time_is_over(here, there).await;
}

async fn everybody_who_listens_hears_every_message_in_order(here: &dyn Realtime, there: &dyn Realtime) {
    let (mut one, mut other, mut stranger) =
        (here.subscribe("news"), there.subscribe("news"), there.subscribe("gossip"));
    for listener in [&mut one, &mut other, &mut stranger] {
        assert_eq!(next(listener).await, Heard::Missed, "the first thing said");
    }
    for number in 0..100 {
        there.publish("news", number.to_string().into()).await;
    }
    here.publish("gossip", Bytes::from_static(b"\0\xff")).await;
    for number in 0..100 {
        assert_eq!(next(&mut one).await, message(&number.to_string()));
        assert_eq!(next(&mut other).await, message(&number.to_string()));
    }
    assert_eq!(next(&mut stranger).await, Heard::Message(Bytes::from_static(b"\0\xff")));
    let mut late = here.subscribe("news");
    assert_eq!(next(&mut late).await, Heard::Missed, "also where others listen already");
    there.publish("news", "last".into()).await;
    assert_eq!(next(&mut late).await, message("last"), "and nothing from before");
    assert_eq!(next(&mut one).await, message("last"));
}

async fn a_listener_that_lags_is_told_and_holds_nobody_up(here: &dyn Realtime, there: &dyn Realtime) {
    let (mut asleep, mut awake) = (here.subscribe("flood"), here.subscribe("flood"));
    next(&mut asleep).await;
    next(&mut awake).await;
    for number in 0..2000 {
        there.publish("flood", number.to_string().into()).await;
        assert_eq!(next(&mut awake).await, message(&number.to_string()));
    }
    assert_eq!(next(&mut asleep).await, Heard::Missed);
    let mut after = 0;
    while next(&mut asleep).await != message("1999") {
        after += 1;
    }
    assert!((1..1999).contains(&after), "{after} of 2000 messages were kept for it");
}

async fn a_topic_can_be_left_and_listened_to_again(here: &dyn Realtime, there: &dyn Realtime) {
    let mut first = here.subscribe("door");
    assert_eq!(next(&mut first).await, Heard::Missed);
    drop(first);
    there.publish("door", "nobody hears this".into()).await;
    let mut again = here.subscribe("door");
    assert_eq!(next(&mut again).await, Heard::Missed);
    there.publish("door", "knock".into()).await;
    // Leaving and coming back cross each other on the wire; what was said in between may still come, or a second `Missed`.
    while next(&mut again).await != message("knock") {}
}

async fn a_value_is_found_until_its_time_is_over(here: &dyn Realtime, there: &dyn Realtime) {
    assert_eq!(there.cache_get("answer").await, None);
    here.cache_put("answer", Bytes::from_static(b"42\0"), Duration::from_mins(1)).await;
    assert_eq!(there.cache_get("answer").await.unwrap(), "42\0");
    here.cache_put("answer", Bytes::from_static(b"43"), Duration::from_millis(60)).await;
    until("it is forgotten", || async { there.cache_get("answer").await.is_none() }).await;
    here.cache_put("answer", Bytes::from_static(b"44"), Duration::ZERO).await;
    assert_eq!(there.cache_get("answer").await, None);
}
