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
    let set = |name: String, paused: bool| v1::UpdateQueueRequest {
        queue: Some(v1::Queue { name, paused, ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["paused".into()] }),
    };
    match command {
        Command::List => {
            let answer = admin.list_queues(v1::ListQueuesRequest { page_size: 500, page_token: String::new() }).await?;
            output::print(session, "ListQueuesResponse", &answer, |answer| {
                let row = |queue: &v1::Queue| {
                    vec![
                        queue.name.clone(),
                        queue.ready.to_string(),
                        queue.leased.to_string(),
                        output::duration(queue.oldest_ready_age.as_ref()),
                        if queue.paused { "paused".into() } else { String::new() },
                    ]
                };
                output::rows(&["queue", "ready", "leased", "oldest", ""], answer.queues.iter().map(row).collect());
            })
        }
        Command::Pause { queue } => {
            let answer = admin.update_queue(set(queue.clone(), true)).await?;
            output::print(session, "UpdateQueueResponse", &answer, |_| println!("queue {queue} is paused"))
        }
        Command::Resume { queue } => {
            let answer = admin.update_queue(set(queue.clone(), false)).await?;
            output::print(session, "UpdateQueueResponse", &answer, |_| println!("queue {queue} is open"))
        }
    }
}
