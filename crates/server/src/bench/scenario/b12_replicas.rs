//! B12: one, two and four coordinators on one PostgreSQL, with the same load.

use crate::bench::{
    command::Arguments,
    database::Target,
    load::{ClosedLoop, Reports},
    report::Report,
    stage::Stage,
};

const COORDINATORS: [usize; 3] = [1, 2, 4];
const IN_FLIGHT: usize = 256;

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    let mut alone = None;
    for coordinators in COORDINATORS {
        let mut stage = Stage::with(arguments, target, coordinators, &[]).await?;
        let load = ClosedLoop::new(arguments, 1, IN_FLIGHT, Reports::Unary);
        let plural = if coordinators == 1 { "" } else { "s" };
        let variant = format!("{coordinators} coordinator{plural}");
        let row = load.measure(arguments, &mut stage, "b12", variant).await?;
        let alone = *alone.get_or_insert(row.steps_per_second);
        let ratio = row.steps_per_second / alone;
        report.add(row.with("rate_to_one", ratio))?;
        stage.end().await?;
    }
    Ok(())
}
