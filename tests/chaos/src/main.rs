//! `chaos`: runs rounds, or the seeded bugs; `chaos worker` is one worker of a round.

use clap::{Parser, Subcommand};
use esteira_chaos::{
    Configuration, Plan, Result,
    mutant::{self, Bug},
    round, worker,
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use tokio::time::{Duration, Instant};

/// Real faults on real processes.
#[derive(Debug, Parser)]
#[command(name = "chaos")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    rounds: Rounds,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Coordinators with seeded bugs, each of which must be caught
    Mutants {
        /// A coordinator's program with the feature `seeded-bugs`
        #[arg(long)]
        esteira: PathBuf,
        /// Only these bugs
        #[arg(long, value_name = "NAME")]
        bug: Vec<String>,
        /// What everything is drawn from
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// One worker of a round
    #[command(hide = true)]
    Worker(worker::Arguments),
}

/// Which rounds.
#[derive(Debug, clap::Args)]
struct Rounds {
    /// What everything is drawn from; drawn itself when it is left out, and printed
    #[arg(long)]
    seed: Option<u64>,
    /// Rounds of each configuration
    #[arg(long, default_value_t = 2)]
    rounds: u64,
    /// Faults of each round
    #[arg(long, default_value_t = 14)]
    faults: usize,
    /// Begin no round after so many minutes
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// Only these configurations
    #[arg(long, value_enum)]
    configuration: Vec<Configuration>,
    /// The coordinator's program; the one beside this, if it is left out
    #[arg(long, env = "ESTEIRA_BIN")]
    esteira: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Worker(own)) => match worker::run(own).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("chaos worker: {error}");
                ExitCode::FAILURE
            }
        },
        Some(Command::Mutants { esteira, bug, seed }) => code(mutants(&absolute(&esteira), &bug, seed).await),
        None => code(rounds(&arguments.rounds).await),
    }
}

fn code(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A coordinator is started in other directories too.
fn absolute(program: &Path) -> PathBuf {
    std::path::absolute(program).expect("there is a working directory")
}

fn own_program() -> PathBuf {
    std::env::current_exe().expect("a program knows its own path")
}

async fn mutants(esteira: &Path, only: &[String], seed: u64) -> bool {
    let chaos = own_program();
    let chosen = |bug: &&Bug| only.is_empty() || only.iter().any(|name| name == bug.name);
    let bugs: Vec<Bug> = mutant::ALL.iter().filter(chosen).copied().collect();
    let mut good = !bugs.is_empty();
    for configuration in Configuration::ALL {
        if bugs.iter().any(|bug| bug.configuration == configuration) {
            let control = mutant::control(configuration, esteira, &chaos, seed).await;
            println!("without a bug: {control}");
            good &= control.is_clean();
        }
    }
    let mut caught = Vec::new();
    for bug in bugs {
        let hunted = mutant::hunt(bug, esteira, &chaos, seed).await;
        println!("{hunted}\n{}", hunted.result);
        good &= hunted.is_caught();
        caught.push(hunted);
    }
    println!("| bug | the coordinator | caught by | seconds |\n| --- | --- | --- | --- |");
    for it in &caught {
        let by = if it.is_caught() { it.result.broken().join(", ") } else { "**nothing**".into() };
        println!("| `{}` | {} | {by} | {} |", it.bug.name, it.bug.does, it.seconds);
    }
    good
}

async fn rounds(rounds: &Rounds) -> bool {
    let seed = rounds.seed.unwrap_or_else(round::drawn_seed);
    println!("chaos: --seed {seed} --rounds {} --faults {}", rounds.rounds, rounds.faults);
    let configurations = match rounds.configuration.is_empty() {
        true => Configuration::ALL.to_vec(),
        false => rounds.configuration.clone(),
    };
    let end = Instant::now() + Duration::from_secs(60 * rounds.minutes);
    let mut results: Vec<Result> = Vec::new();
    for round in 0..rounds.rounds {
        for &configuration in &configurations {
            if Instant::now() > end {
                continue;
            }
            let plan = Plan {
                configuration,
                seed: seed + round,
                faults: rounds.faults,
                esteira: rounds.esteira.as_deref().map_or_else(|| own_program().with_file_name("esteira"), absolute),
                chaos: own_program(),
                bug: None,
            };
            let result = round::run(&plan).await;
            println!("{result}");
            results.push(result);
        }
    }
    summary(&results)
}

/// Says what all rounds show together.
fn summary(results: &[Result]) -> bool {
    let counting: Vec<&Result> = results.iter().filter(|result| result.counts()).collect();
    let void = results.iter().filter(|result| !result.void.is_empty()).count();
    let broken = results.iter().filter(|result| !result.is_clean()).count();
    let sum = |of: fn(&Result) -> usize| counting.iter().map(|result| of(result)).sum::<usize>();
    println!(
        "chaos: {} rounds: {} clean, {void} void, {broken} broken; in the clean ones {} calls, {} jobs, {} deliveries, {} faults",
        results.len(),
        counting.len(),
        sum(|result| result.calls),
        sum(|result| result.jobs),
        sum(|result| result.deliveries),
        sum(|result| result.faults.len()),
    );
    let bound = |rounds: usize| 3.0 / rounds as f64;
    if !counting.is_empty() {
        println!(
            "chaos: {} clean rounds bound the share of rounds that break a promise by {:.3} at 95 %",
            counting.len(),
            bound(counting.len())
        );
    }
    // A round that judged no case of an invariant says nothing of it.
    for row in counting.first().map_or(&[][..], |first| &first.rows) {
        let judged = counting.iter().flat_map(|result| &result.rows).filter(|own| own.id == row.id && own.judged > 0);
        let (rounds, cases) = judged.fold((0, 0), |(rounds, cases), own| (rounds + 1, cases + own.judged));
        match rounds {
            0 => println!("chaos: {:<4}NOT SHOWN: no clean round had a case", row.id),
            _ => println!("chaos: {:<4}kept in {cases} cases of {rounds} rounds: {:.3}", row.id, bound(rounds)),
        }
    }
    !results.is_empty() && counting.len() == results.len()
}
