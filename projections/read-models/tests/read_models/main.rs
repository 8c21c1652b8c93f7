//! The read models on a real PostgreSQL, in one process: one server for all checks, which run one after the other.

#![expect(clippy::unwrap_used, reason = "a check ends at the first surprise")]

mod checks;
mod clusters;
mod conflicts;
mod embedding;
mod erasing;
mod examples;
mod folding;
mod history;
mod keeping;
mod projector;
mod promoting;
mod rebuilding;
mod relocating;
mod rescoring;
mod superseding;
mod world;

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures::FutureExt;
use world::World;

macro_rules! run_all {
    ($world:expr; $($check:path),+ $(,)?) => {
        $(
            let begun = std::time::Instant::now();
            $world.reset().await;
            $check($world).await;
            println!("read models: {} ({:.1} s)", stringify!($check), begun.elapsed().as_secs_f64());
        )+
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn the_read_models_hold_what_the_log_says() {
    let world = World::start().await;
    let outcome = AssertUnwindSafe(run(&world)).catch_unwind().await;
    world.stop().await;
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_pgvector_keeps_half_vectors() {
    let world = World::start_server().await;
    world.reset().await;
    match embedding::a_server_finds_the_nearest_as_well(&world).await {
        Ok(()) => println!("read models: {}", world.text("version()").await),
        Err(why) => println!("NOT RUN: {why}"),
    }
    world.stop().await;
}

async fn run(world: &World) {
    run_all!(world;
        folding::any_batches_and_any_interleaving_give_the_same_rows,
        folding::folding_everything_again_changes_nothing,
        folding::results_that_come_too_late_change_nothing,
        folding::a_judgement_of_an_earlier_text_does_not_count,
        folding::the_first_answer_in_the_log_holds,
        folding::an_erased_persons_events_fold_to_nothing,
        folding::what_postgresql_cannot_hold_does_not_stop_the_fold,
        folding::a_missing_blob_and_a_foreign_subject_are_poison,
        folding::the_earliest_document_is_the_original,
        folding::chunks_are_found_by_their_words_and_headings,
        superseding::a_superseded_version_is_not_found_and_can_still_be_read,
        superseding::a_version_that_is_read_after_it_was_superseded_stays_so,
        superseding::bytes_that_come_back_are_in_use_again,
        superseding::versions_are_of_one_tenant_one_person_and_one_name,
        superseding::the_history_of_a_source_has_what_came_back_twice,
        embedding::vectors_outlive_their_text_and_are_found_by_what_they_are_of,
        embedding::a_document_without_vectors_is_named_until_it_has_some,
        embedding::the_nearest_are_found_with_an_index_and_without,
        embedding::spelling_headings_and_filters_find_what_words_do_not,
        conflicts::a_conflict_stands_as_long_as_both_documents_and_nobody_decides,
        conflicts::later_rules_find_it_anew_and_a_decision_stays,
        conflicts::passages_lead_to_those_that_share_their_rare_words,
        clusters::clusters_are_the_same_in_whatever_order_documents_come,
        clusters::a_chain_falls_apart_where_a_link_is_deleted_or_superseded,
        rescoring::the_newest_rules_hold_and_what_earlier_ones_found_stays_beside,
        rescoring::documents_that_only_earlier_rules_judged_are_named_until_they_are_on_the_list,
        rescoring::a_text_that_is_only_judged_anew_was_compared_before,
        checks::texts_lack_a_check_until_they_have_one_of_this_kind,
        checks::evidence_is_of_trusted_sources_that_the_reader_may_read,
        examples::verdicts_become_the_examples_they_mean,
        examples::withdrawn_feedback_takes_away_what_it_caused,
        examples::a_documents_examples_live_as_long_as_its_chunks,
        rebuilding::a_faithful_database_verifies_and_rebuilds_without_a_difference,
        rebuilding::an_altered_row_is_shown_by_verify_and_repaired_by_rebuild,
        rebuilding::parked_and_dropped_events_are_left_out,
        rebuilding::repeats_inside_the_window_are_left_out,
        rebuilding::a_replay_follows_a_projector_that_goes_on,
        rebuilding::another_version_asks_for_a_rebuild_and_gets_it,
        erasing::an_erasure_leaves_what_a_replay_makes,
        erasing::what_was_made_ready_before_an_erasure_is_not_written_after_it,
        erasing::a_verdict_goes_and_the_one_before_it_holds_again,
        promoting::a_difference_stops_the_switch_until_somebody_accepts_it,
        promoting::of_another_version_the_common_columns_are_compared,
        promoting::a_new_read_model_has_nothing_to_be_compared_with,
        promoting::earlier_tables_catch_up_and_come_back,
        promoting::of_tables_retired_together_one_can_come_back_alone,
        promoting::a_redriven_event_is_not_lost_by_going_back,
        relocating::what_the_log_lost_leaves_the_rows_and_is_folded_anew,
        keeping::history_is_as_it_was_at_these_positions,
        keeping::history_is_as_it_was_at_a_time,
        keeping::kept_schemas_go_with_an_erased_person,
        rebuilding::a_log_that_lost_its_tail_is_named_and_leaves_no_scratch,
    );
}
