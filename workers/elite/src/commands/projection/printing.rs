//! Reports of replays as people read them.

use serde_json::Value;

use crate::output;

fn each<'a>(of: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    of[field].as_array().into_iter().flatten()
}

fn names(of: &Value, field: &str) -> String {
    each(of, field).map(output::text).collect::<Vec<_>>().join(", ")
}

fn number(of: &Value, field: &str) -> f64 {
    of[field].as_f64().unwrap_or_default()
}

/// The projections of a report whose rows differ.
pub(super) fn different(report: &Value) -> Vec<String> {
    let unequal = each(report, "projections").filter(|projection| projection["equal"] != true);
    unequal.map(|projection| output::text(&projection["name"])).collect()
}

/// The partitions of which not every event was folded, or one that the log does not hold.
pub(super) fn incomplete(report: &Value) -> Vec<String> {
    let incomplete = each(report, "completeness").filter(|partition| partition["complete"] == false);
    incomplete.map(|partition| output::text(&partition["partition"])).collect()
}

/// Whether everything that the log holds was folded.
pub(super) fn completeness(report: &Value) {
    for partition in each(report, "completeness").filter(|partition| partition["complete"] == false) {
        println!(
            "INCOMPLETE: up to position {} of partition {} other events were folded than the log holds: {} instead of {}",
            partition["position"],
            partition["partition"],
            output::text(&partition["folded"]),
            output::text(&partition["logged"])
        );
    }
    if incomplete(report).is_empty() {
        println!(
            "complete: each event of {} partitions was passed once",
            each(report, "completeness").count()
        );
    }
}

/// Tables, differences, and what was done.
pub(super) fn report(report: &Value, verb: &str) {
    each(report, "projections").for_each(projection);
    println!(
        "{verb} {} events in {:.1} s, filling tables at {:.0} events/s",
        report["events_replayed"],
        number(report, "seconds"),
        number(report, "events_per_second")
    );
    if report["promoted"] == true {
        println!("switched; folding stood still for {:.0} ms", number(report, "folding_paused_ms"));
    }
    if let Some(retired) = report["retired"].as_str() {
        println!(
            "the tables from before are kept in {retired} until the next rebuild; `elite projection rollback` goes back, \
             `elite projection forget-retired` lets go of them"
        );
    }
    for key in each(report, "blocked_keys") {
        println!("blocked: {}", output::text(key));
    }
}

fn projection(projection: &Value) {
    let name = output::text(&projection["name"]);
    match projection["version_live"].as_u64() {
        None => println!("{name:<20} is new; there is nothing to compare with"),
        Some(live) if projection["version"] != live => {
            println!(
                "{name:<20} version {live} was live, {} is replayed; common columns are compared",
                projection["version"]
            );
        }
        Some(_) => {}
    }
    for (field, what) in [("columns_new", "new"), ("columns_gone", "gone")] {
        let columns = names(projection, field);
        if !columns.is_empty() {
            println!("    {what} columns: {columns}");
        }
    }
    for table in each(projection, "tables") {
        let equal = if table["equal"] == true { "equal" } else { "DIFFERENT" };
        println!(
            "{name:<20} {:<24} {} rows, {} live  {equal}",
            output::text(&table["table"]),
            table["rows_replayed"],
            table["rows_live"]
        );
        for difference in each(table, "differences") {
            println!("    {difference}");
        }
    }
}

/// A schema with history, and how to look at it.
pub(super) fn history(made: &Value) {
    let schema = output::text(&made["schema"]);
    println!(
        "{} events are folded into schema {schema} ({:.1} s); look at it with",
        made["events_replayed"],
        number(made, "seconds")
    );
    println!(
        "    psql \"$DATABASE_URL\" -c 'set search_path = {schema}' -c 'select status, count(*) from documents group by 1'"
    );
    println!("and drop it with `elite projection as-of drop {schema}`");
}
