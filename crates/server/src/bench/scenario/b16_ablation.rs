//! B16: what each technique is worth: all of them on, and each one off, in turn.

use crate::{
    ablation,
    bench::{
        command::Arguments,
        coordinator::Setting,
        database::Target,
        load::{Calls, ClosedLoop, Reports},
        report::Report,
        row::Row,
        stage::Stage,
    },
    cli::output,
};

const STEPS: usize = 3;
/// How often each variant is measured.
const TURNS: usize = 2;

/// One technique off.
struct Variant {
    name: &'static str,
    settings: &'static [Setting],
    /// Whether each caller and each slot has a connection of its own.
    own_connections: bool,
    calls: Calls,
}

const ALL_ON: Variant =
    Variant { name: "all techniques", settings: &[], own_connections: false, calls: Calls::StartAndWait };

const OFF: [Variant; 5] = [
    Variant { name: "no group commit", settings: &[(ablation::GROUP_COMMIT, "off")], ..ALL_ON },
    Variant { name: "no hand-off", settings: &[(ablation::HAND_OFF, "off")], ..ALL_ON },
    Variant { name: "random keys", settings: &[(ablation::ORDERED_IDS, "off")], ..ALL_ON },
    Variant { name: "two calls", calls: Calls::StartThenAwait, ..ALL_ON },
    Variant { name: "connections not shared", own_connections: true, ..ALL_ON },
];

/// Jobs in flight: one, where the time of each counts, and enough to fill the machine while polls still wait.
const IN_FLIGHT: [usize; 2] = [1, 64];

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    let off: Vec<&Variant> = OFF.iter().filter(|variant| ablation::IN_BUILD || variant.settings.is_empty()).collect();
    if off.len() < OFF.len() {
        output::note(
            "b16: a build without the feature `ablation` has all techniques on: only connections are compared",
        );
    }
    for in_flight in IN_FLIGHT {
        let (mut on_rows, mut off_rows) = (Vec::new(), vec![Vec::new(); off.len()]);
        for _ in 0..TURNS {
            on_rows.push(measure(arguments, target, &ALL_ON, in_flight).await?);
            for (variant, rows) in off.iter().zip(&mut off_rows) {
                rows.push(measure(arguments, target, variant, in_flight).await?);
            }
        }
        let rate = mean(&on_rows);
        for row in on_rows {
            report.add(row)?;
        }
        for rows in off_rows {
            let worth = rate / mean(&rows);
            for row in rows {
                report.add(row.with("worth", worth))?;
            }
        }
    }
    Ok(())
}

async fn measure(arguments: &Arguments, target: &Target, variant: &Variant, in_flight: usize) -> Result<Row, String> {
    let mut stage = Stage::with(arguments, target, 1, variant.settings).await?;
    let load = ClosedLoop::new(arguments, STEPS, in_flight, Reports::Unary);
    let mut load = ClosedLoop { calls: variant.calls, ..load };
    if variant.own_connections {
        load = ClosedLoop { callers_per_connection: 1, slots_per_worker: 1, ..load };
    }
    let name = format!("{}, {in_flight} in flight", variant.name);
    let row = load.measure(arguments, &mut stage, "b16", name).await?;
    stage.end().await?;
    Ok(row)
}

fn mean(rows: &[Row]) -> f64 {
    rows.iter().map(|row| row.steps_per_second).sum::<f64>() / rows.len() as f64
}
