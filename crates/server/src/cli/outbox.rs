//! `esteira outbox`: messages that wait to be delivered.

use super::{Outcome, Session, output};
use clap::Subcommand;
use esteira_contract::v1;

/// Commands on the outbox.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the messages that wait
    List {
        /// For example: topic = "orders"
        #[arg(long, default_value = "")]
        filter: String,
    },
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    let Command::List { filter } = command;
    let answer = session
        .client
        .outbox()
        .list_outbox_messages(v1::ListOutboxMessagesRequest { page_size: 500, filter, ..Default::default() })
        .await?;
    output::print(session, "ListOutboxMessagesResponse", &answer, |answer| {
        let row = |message: &v1::OutboxMessage| {
            vec![
                message.commit_sequence.to_string(),
                message.topic.clone(),
                message.key.clone(),
                if message.parked { "parked".into() } else { String::new() },
                message.delivery_attempt.to_string(),
                output::time(message.commit_time.as_ref()),
                output::payload(message.payload.as_ref()),
            ]
        };
        output::rows(
            &["sequence", "topic", "key", "", "attempts", "committed", "payload"],
            answer.messages.iter().map(row).collect(),
        );
    })
}
