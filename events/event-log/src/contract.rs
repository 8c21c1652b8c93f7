//! The suite that every implementation runs unchanged.
//!
//! A test of an implementation writes a [`Factory`] and calls [`run`]. Each check is one function whose name says what
//! holds; it panics when it does not.

#![expect(clippy::missing_panics_doc, reason = "a check panics when the log breaks the contract")]

mod appending;
mod concurrency;
mod reading;
mod support;
mod surviving;
mod trimming;

use std::sync::Arc;

use async_trait::async_trait;

pub use self::{
    appending::{
        a_batch_is_all_or_nothing_and_keeps_its_order, a_duplicate_answers_the_position_of_the_first,
        an_empty_append_changes_nothing, an_id_beyond_the_repeat_window_is_accepted_again,
        an_id_inside_the_repeat_window_is_refused, positions_are_gapless_from_one_in_every_partition,
        the_answer_is_in_the_order_of_the_events_and_names_their_partition,
        the_same_id_under_another_key_is_another_event,
    },
    concurrency::{
        a_flood_is_answered_and_leaves_no_trace_of_what_was_refused,
        a_reader_sees_no_gap_while_others_append, concurrent_appenders_lose_repeat_and_reorder_nothing,
        concurrent_repeats_of_one_id_are_added_once, somebody_who_waits_is_woken_by_an_append,
        the_version_grows_with_every_append,
    },
    reading::{
        a_read_returns_at_most_its_limit, a_read_starts_at_any_position, an_unknown_partition_is_named,
        positions_that_are_not_there_are_missing, the_position_after_the_tail_reads_nothing_yet,
        what_was_appended_is_read_back_byte_for_byte,
    },
    surviving::{
        a_reopened_log_goes_on_where_it_ended, a_reopened_log_has_its_identity_and_every_event,
        a_reopened_log_still_knows_repeats, a_torn_tail_leaves_a_gapless_prefix,
    },
    trimming::{
        a_partition_trimmed_to_its_end_goes_on, a_reader_under_a_trim_reads_on_or_hears_of_it,
        a_reopened_log_remembers_what_was_trimmed, a_trim_goes_forward_only_and_stops_at_the_tail,
        what_was_trimmed_is_said_to_be_and_the_rest_is_as_before, what_was_trimmed_is_still_a_repeat,
    },
};
use crate::{CreationOptions, EventLog, LogError};

/// How a test makes logs of the implementation it tests.
#[async_trait]
pub trait Factory: Send + Sync {
    /// A new log that holds nothing.
    async fn fresh(&self, creation: CreationOptions) -> Arc<dyn EventLog>;

    /// The same log as after a restart of its process. `log` is the last handle; a log that lives in memory is returned
    /// as it is.
    async fn reopen(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog>;

    /// The same log after the last `lost_bytes` of what it wrote were lost; `None` where that cannot happen.
    async fn torn(
        &self,
        _log: Arc<dyn EventLog>,
        _lost_bytes: u64,
    ) -> Option<Result<Arc<dyn EventLog>, LogError>> {
        None
    }
}

macro_rules! run_all {
    ($factory:expr; $($check:ident),+ $(,)?) => {
        $(
            println!("contract: {}", stringify!($check));
            $check($factory).await;
        )+
    };
}

/// Runs every check. The last line printed names the one that failed.
pub async fn run(factory: &dyn Factory) {
    run_all!(factory;
        positions_are_gapless_from_one_in_every_partition,
        the_answer_is_in_the_order_of_the_events_and_names_their_partition,
        a_batch_is_all_or_nothing_and_keeps_its_order,
        an_empty_append_changes_nothing,
        an_id_inside_the_repeat_window_is_refused,
        a_duplicate_answers_the_position_of_the_first,
        an_id_beyond_the_repeat_window_is_accepted_again,
        the_same_id_under_another_key_is_another_event,
        what_was_appended_is_read_back_byte_for_byte,
        a_read_starts_at_any_position,
        a_read_returns_at_most_its_limit,
        the_position_after_the_tail_reads_nothing_yet,
        positions_that_are_not_there_are_missing,
        an_unknown_partition_is_named,
        concurrent_appenders_lose_repeat_and_reorder_nothing,
        concurrent_repeats_of_one_id_are_added_once,
        a_reader_sees_no_gap_while_others_append,
        a_flood_is_answered_and_leaves_no_trace_of_what_was_refused,
        the_version_grows_with_every_append,
        somebody_who_waits_is_woken_by_an_append,
        a_reopened_log_has_its_identity_and_every_event,
        a_reopened_log_still_knows_repeats,
        a_reopened_log_goes_on_where_it_ended,
        a_torn_tail_leaves_a_gapless_prefix,
        what_was_trimmed_is_said_to_be_and_the_rest_is_as_before,
        what_was_trimmed_is_still_a_repeat,
        a_trim_goes_forward_only_and_stops_at_the_tail,
        a_partition_trimmed_to_its_end_goes_on,
        a_reader_under_a_trim_reads_on_or_hears_of_it,
        a_reopened_log_remembers_what_was_trimmed,
    );
}
