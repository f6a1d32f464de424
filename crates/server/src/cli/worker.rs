//! `esteira worker`: who asks for tasks.

use super::{Outcome, Session, output};
use clap::Subcommand;
use esteira_contract::v1;

/// Commands on workers.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the workers that were seen lately
    List,
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    let Command::List = command;
    let answer = session
        .client
        .admin()
        .list_workers(v1::ListWorkersRequest { page_size: 500, page_token: String::new() })
        .await?;
    let id = |worker: &v1::Worker| worker.info.as_ref().map(|info| info.worker_id.clone()).unwrap_or_default();
    let ids = |answer: &v1::ListWorkersResponse| answer.workers.iter().map(id).collect();
    output::print(session, "ListWorkersResponse", &answer, ids, |answer| {
        let row = |worker: &v1::Worker| {
            let info = worker.info.clone().unwrap_or_default();
            let functions: Vec<_> = info.functions.iter().map(|function| function.name.clone()).collect();
            vec![
                info.worker_id,
                info.display_name,
                info.sdk,
                worker.active_leases.to_string(),
                output::time(worker.last_seen_time.as_ref()),
                functions.join(" "),
                if worker.draining { "draining".into() } else { String::new() },
            ]
        };
        output::rows(
            &["worker", "name", "sdk", "leases", "last seen", "functions", ""],
            answer.workers.iter().map(row).collect(),
        )
    })?;
    output::note_more(&answer.next_page_token, "AdminService/ListWorkers has them all");
    Ok(())
}
