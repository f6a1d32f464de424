//! B3: a closed loop of jobs with one step, with one RPC a task and with batches.

use crate::bench::{
    command::Arguments,
    database::Target,
    load::{ClosedLoop, Reports},
    report::Report,
    stage::Stage,
};

const IN_FLIGHT: u32 = 256;

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    curve(arguments, target, report, "b3", 1, &[IN_FLIGHT]).await
}

/// A closed loop at each of these numbers of jobs in flight, unless the command line names others.
pub async fn curve(
    arguments: &Arguments,
    target: &Target,
    report: &mut Report,
    scenario: &'static str,
    steps: usize,
    in_flight: &[u32],
) -> Result<(), String> {
    let in_flight = if arguments.in_flight.is_empty() { in_flight } else { &arguments.in_flight };
    for &in_flight in in_flight {
        for reports in [Reports::Unary, Reports::Batched] {
            // A batch needs more than one task to be one.
            if reports == Reports::Batched && in_flight < 16 {
                continue;
            }
            let mut stage = Stage::new(arguments, target).await?;
            let load = ClosedLoop::new(arguments, steps, in_flight as usize, reports);
            let variant = format!("{in_flight} in flight, {}", reports.name());
            report.add(load.measure(arguments, &mut stage, scenario, variant).await?)?;
            stage.end().await?;
        }
    }
    Ok(())
}
