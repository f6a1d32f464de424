//! B9: somebody holds a snapshot for a long time, as a report or a forgotten session does.

use crate::bench::{
    command::Arguments,
    database::Target,
    load::{ClosedLoop, Reports},
    report::Report,
    stage::Stage,
};
use esteira_store_sql::measure::Snapshot;
use std::time::Duration;

const HOLD_SECONDS: f64 = 20.0;
const HOLD_SECONDS_FULL: f64 = 1_800.0;
const IN_FLIGHT: usize = 256;

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    let hold = Duration::from_secs_f64(arguments.size(arguments.hold_seconds, HOLD_SECONDS, HOLD_SECONDS_FULL));
    let mut stage = Stage::new(arguments, target).await?;
    let load = ClosedLoop::new(arguments, 1, IN_FLIGHT, Reports::Batched);
    let mut playing = load.start(&stage).await?;
    playing.pass(arguments.warm_up()).await?;
    let (latencies, spent) = playing.window(&mut stage, arguments.measured()).await?;
    let before = load.row(&stage, "b9", "before".into(), &latencies, spent);

    let held = Snapshot::hold(&stage.database.url).await.map_err(|error| error.to_string())?;
    let last = arguments.measured().min(hold);
    playing.pass(hold - last).await?;
    let (latencies, spent) = playing.window(&mut stage, last).await?;
    held.release().await.map_err(|error| error.to_string())?;
    let variant = format!("a snapshot is held, after {:.0} s", (hold - last).as_secs_f64());
    let during = load.row(&stage, "b9", variant, &latencies, spent);

    let (latencies, spent) = playing.window(&mut stage, arguments.measured()).await?;
    let after = load.row(&stage, "b9", "after".into(), &latencies, spent);
    playing.end().await?;
    let rate = before.steps_per_second;
    report.add(before)?;
    for row in [during, after] {
        let ratio = row.steps_per_second / rate;
        report.add(row.with("held_seconds", hold.as_secs_f64()).with("rate_to_before", ratio))?;
    }
    stage.end().await
}
