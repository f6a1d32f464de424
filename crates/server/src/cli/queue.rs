//! `esteira queue`: what waits, and pausing it.

use super::{Outcome, Session, output};
use clap::Subcommand;
use esteira_contract::v1;

/// Commands on queues.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List queues that hold tasks or are paused
    List,
    /// Give no more tasks of a queue to workers
    Pause {
        /// The queue
        queue: String,
    },
    /// Undo a pause
    Resume {
        /// The queue
        queue: String,
    },
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    let admin = session.client.admin();
    match command {
        Command::List => {
            let answer = admin.list_queues(v1::ListQueuesRequest { page_size: 500, page_token: String::new() }).await?;
            let ids = |answer: &v1::ListQueuesResponse| answer.queues.iter().map(|queue| queue.name.clone()).collect();
            output::print(session, "ListQueuesResponse", &answer, ids, |answer| {
                let row = |queue: &v1::Queue| {
                    vec![
                        queue.name.clone(),
                        queue.ready.to_string(),
                        queue.leased.to_string(),
                        output::duration(queue.oldest_ready_age.as_ref()),
                        match (queue.paused, queue.served) {
                            (true, _) => "paused".into(),
                            (false, false) => "no worker".into(),
                            (false, true) => String::new(),
                        },
                    ]
                };
                output::rows(&["queue", "ready", "leased", "oldest", ""], answer.queues.iter().map(row).collect())
            })?;
            output::note_more(&answer.next_page_token, "AdminService/ListQueues has them all");
            Ok(())
        }
        Command::Pause { queue } => set(session, queue, true).await,
        Command::Resume { queue } => set(session, queue, false).await,
    }
}

async fn set(session: &Session, name: String, paused: bool) -> Outcome {
    let request = v1::UpdateQueueRequest {
        queue: Some(v1::Queue { name: name.clone(), paused, ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["paused".into()] }),
    };
    let answer = session.client.admin().update_queue(request).await?;
    output::print(
        session,
        "UpdateQueueResponse",
        &answer,
        |_| vec![name.clone()],
        |_| format!("queue {name} is {}", if paused { "paused" } else { "open" }),
    )
}
