//! B4: jobs of three steps with results of 200 bytes, as callers come in greater numbers: throughput against latency.

use super::b03_closed_loop::curve;
use crate::bench::{command::Arguments, database::Target, report::Report};

const STEPS: usize = 3;
const IN_FLIGHT: [u32; 4] = [1, 16, 64, 256];

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    curve(arguments, target, report, "b4", STEPS, &IN_FLIGHT).await
}
