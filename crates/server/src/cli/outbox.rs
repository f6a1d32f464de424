//! `esteira outbox`: messages that wait to be delivered.

use super::{Outcome, Session, output};
use clap::Subcommand;
use esteira_contract::v1;

/// Commands on the outbox.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the messages that wait, oldest first
    List {
        /// For example: topic = "orders" AND parked = true
        #[arg(long, default_value = "", hide_default_value = true)]
        filter: String,
        /// Rows at most: 1 to 500
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=500))]
        limit: i32,
    },
    /// Let a parked key's messages be delivered again
    Unpark {
        /// The topic
        topic: String,
        /// The key
        key: String,
    },
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    let outbox = session.client.outbox();
    match command {
        Command::List { filter, limit } => {
            let request = v1::ListOutboxMessagesRequest { page_size: limit, filter, ..Default::default() };
            let answer = outbox.list_outbox_messages(request).await?;
            let ids = |answer: &v1::ListOutboxMessagesResponse| {
                answer.messages.iter().map(|message| message.message_id.clone()).collect()
            };
            output::print(session, "ListOutboxMessagesResponse", &answer, ids, |answer| {
                output::rows(
                    &["sequence", "topic", "key", "", "attempts", "committed", "failure"],
                    answer.messages.iter().map(row).collect(),
                )
            })?;
            output::note_more(&answer.next_page_token, "take --filter or --limit");
            Ok(())
        }
        Command::Unpark { topic, key } => {
            let request = v1::UnparkOutboxRequest { topic: topic.clone(), key: key.clone() };
            let answer = outbox.unpark_outbox(request).await?;
            let no_ids = |_: &v1::UnparkOutboxResponse| Vec::new();
            output::print(session, "UnparkOutboxResponse", &answer, no_ids, |answer| {
                let what = if answer.unparked { "is unparked" } else { "was not parked" };
                format!("key {key} of topic {topic} {what}")
            })
        }
    }
}

fn row(message: &v1::OutboxMessage) -> Vec<String> {
    vec![
        message.commit_sequence.to_string(),
        message.topic.clone(),
        message.key.clone(),
        if message.parked { "parked".into() } else { String::new() },
        message.delivery_attempt.to_string(),
        output::time(message.commit_time.as_ref()),
        message.failure.clone(),
    ]
}
