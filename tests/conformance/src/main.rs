//! `conformance`: runs the workers of all SDKs through all scenarios, and writes the table.

use clap::Parser;
use esteira_conformance::{relay, run, scenario, sdk::Sdk, table, variant::Variant, world::Database};
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// Runs conformance tests.
#[derive(Debug, Parser)]
#[command(name = "conformance")]
struct Arguments {
    /// Only these SDKs
    #[arg(long, value_name = "NAME")]
    sdk: Vec<String>,
    /// Only these scenarios
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// Only these variants
    #[arg(long, value_name = "NAME")]
    variant: Vec<String>,
    /// Cells that run at the same time
    #[arg(long, default_value_t = 4)]
    parallel: usize,
    /// Only on this database
    #[arg(long, value_name = "NAME")]
    database: Option<Database>,
    /// Write the page here; only for a whole run
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sdk", "scenario", "variant", "database"])]
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    match whole(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::from(64)
        }
    }
}

fn whole(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    for name in &arguments.scenario {
        scenario::named(name).ok_or_else(|| format!("there is no scenario {name:?}"))?;
    }
    let variants = Variant::ALL.map(Variant::name);
    if let Some(name) = arguments.variant.iter().find(|name| !variants.contains(&name.as_str())) {
        return Err(format!("there is no variant {name:?}; there are {variants:?}").into());
    }
    let asked = Sdk::named(&arguments.sdk)?;
    let not_run: Vec<String> = asked.iter().filter_map(Sdk::not_run).collect();
    let sdks = Sdk::here(asked);
    let runtime = tokio::runtime::Runtime::new()?;
    for sdk in &sdks {
        runtime.block_on(sdk.build())?;
    }
    let databases = arguments.database.map_or(Database::ALL.to_vec(), |database| vec![database]);
    let wanted = |scenario: &scenario::Scenario, variant: Variant| {
        (arguments.scenario.is_empty() || arguments.scenario.iter().any(|name| name == scenario.name))
            && (arguments.variant.is_empty() || arguments.variant.iter().any(|name| name == variant.name()))
    };
    // Scenario by scenario, so that the workers of one language do not all start at once.
    let of = |sdk: &Sdk| {
        let sdk = Arc::new(sdk.clone());
        databases.iter().flat_map(move |database| run::cells(&sdk, *database, wanted)).collect::<Vec<_>>()
    };
    let mut cells: Vec<_> = sdks.iter().flat_map(of).collect();
    cells.sort_by_key(|job| (job.scenario.level, job.scenario.name));
    let outcomes = run::all(cells, arguments.parallel);
    let mut wrong: Vec<String> = outcomes.iter().filter(|it| !it.is_as_declared()).map(run::Outcome::line).collect();
    let is_relayed = arguments.scenario.is_empty() && sdks.len() > 1;
    let relay = |database: &Database| {
        relay::run(&sdks, *database).map_err(|why| format!("FAIL relay on {}: {why}", database.name()))
    };
    let relayed: Result<Vec<String>, String> = databases.iter().filter(|_| is_relayed).map(relay).collect();
    wrong.extend(relayed.as_ref().err().cloned());
    if let Some(file) = &arguments.write {
        let text = relayed.as_ref().ok().and_then(|texts| texts.first()).map_or("It failed.\n", String::as_str);
        std::fs::write(file, table::page(&sdks, &outcomes, text, &not_run))?;
    }
    println!("\n{} cells, {} wrong", outcomes.len(), wrong.len());
    not_run.iter().for_each(|line| println!("{line}"));
    wrong.iter().for_each(|line| println!("{line}"));
    Ok(wrong.is_empty())
}
