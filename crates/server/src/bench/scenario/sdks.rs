//! What an SDK costs: a worker process of each that is named, a function that returns its input as it is, 1 and 64 slots.

use crate::{
    bench::{
        command::Arguments,
        database::Target,
        load::{ClosedLoop, Reports},
        process::cpu_of_tree,
        report::Report,
        stage::Stage,
    },
    output,
};
use std::{process::Stdio, str::FromStr};
use tokio::process::{Child, Command};

/// Tasks that a worker may run at a time.
const SLOTS: [u32; 2] = [1, 64];
/// Jobs in flight for each slot: a worker that has finished a task finds the next one.
const IN_FLIGHT_PER_SLOT: u32 = 2;

/// A worker that serves `kit.raw`: `NAME=COMMAND`, with `{server}` and `{slots}` in the command, which a shell reads.
#[derive(Debug, Clone)]
pub struct SdkWorker {
    name: String,
    command: String,
}

impl FromStr for SdkWorker {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, command) = text.split_once('=').ok_or("not NAME=COMMAND")?;
        for place in ["{server}", "{slots}"] {
            if !command.contains(place) {
                return Err(format!("the command has no {place}"));
            }
        }
        Ok(Self { name: name.to_owned(), command: command.to_owned() })
    }
}

impl SdkWorker {
    fn start(&self, server: &str, slots: u32) -> Result<Child, String> {
        let command = self.command.replace("{server}", server).replace("{slots}", &slots.to_string());
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("exec {command}")).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        shell.spawn().map_err(|error| format!("{}: {error}", self.name))
    }
}

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    if arguments.worker.is_empty() {
        output::note(format_args!("sdks: no worker is named (--worker NAME=COMMAND): not measured"));
    }
    for worker in &arguments.worker {
        for slots in SLOTS {
            let mut stage = Stage::new(arguments, target).await?;
            let server = stage.endpoints().next().unwrap_or_default().to_owned();
            let child = worker.start(&server, slots)?;
            let pid = child.id().ok_or_else(|| format!("{} has ended at once", worker.name))?;
            let load = ClosedLoop::new(arguments, 1, (slots * IN_FLIGHT_PER_SLOT) as usize, Reports::Elsewhere);
            let mut playing = load.start(&stage).await?;
            // Not measured: the worker starts, and what it compiles as it goes is compiled.
            playing
                .window(&mut stage, arguments.warm_up())
                .await
                .map_err(|error| format!("{}: {error}", worker.name))?;
            let before = cpu_of_tree(pid);
            let (latencies, spent) = playing.window(&mut stage, arguments.measured()).await?;
            let used = cpu_of_tree(pid).saturating_sub(before);
            let variant = format!("{}, {slots} slots", worker.name);
            let mut row = load.row(&stage, "sdks", variant, &latencies, spent);
            row.figures.insert("worker_cpu_us_per_step", used.as_secs_f64() * 1e6 / latencies.count().max(1) as f64);
            report.add(row)?;
            playing.end().await?;
            stage.end().await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_a_name_and_a_command_with_its_places() {
        let worker: SdkWorker = "go=worker --server={server} --slots={slots}".parse().expect("whole");
        assert_eq!((worker.name.as_str(), worker.command.as_str()), ("go", "worker --server={server} --slots={slots}"));
        for (text, problem) in [("go", "NAME=COMMAND"), ("go=worker {slots}", "{server}"), ("go=x {server}", "{slots}")]
        {
            let error = text.parse::<SdkWorker>().expect_err("not whole");
            assert!(error.contains(problem), "{error}");
        }
    }
}
