//! `esteira ledger`: the log as a running coordinator sees it.

use super::{Outcome, Session, output, verify::Which};
use clap::{Args, Subcommand};
use esteira_contract::v1;

/// What is asked of a running coordinator.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// How large the log is, and what was signed and anchored last
    Status,
    /// Print the newest checkpoint: a signed note
    Checkpoint,
    /// Print the keys whose signatures are believed, one a line
    Key,
    /// Prove that the log of one size begins with the log of a smaller one
    Proof {
        /// The smaller size
        old_size: i64,
        /// The larger size; that of the newest checkpoint unless it is given
        #[arg(default_value_t = 0)]
        new_size: i64,
    },
    /// Print the evidence on a body, for somebody who has neither the store nor this program
    Evidence(Evidence),
}

/// Which body is exported.
#[derive(Debug, Args)]
pub struct Evidence {
    /// The job
    job: String,
    #[command(flatten)]
    body: Which,
    /// Leave its bytes out, and show its digest only
    #[arg(long)]
    omit_content: bool,
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    let audit = session.client.audit();
    let no_ids = |_: &v1::GetLedgerResponse| Vec::new();
    match command {
        Command::Status => {
            let answer = audit.get_ledger(v1::GetLedgerRequest {}).await?;
            output::print(session, "GetLedgerResponse", &answer, no_ids, status)
        }
        Command::Checkpoint => {
            let answer = audit.get_ledger(v1::GetLedgerRequest {}).await?;
            output::print(session, "GetLedgerResponse", &answer, no_ids, |answer| answer.checkpoint.trim_end().into())
        }
        Command::Key => {
            let answer = audit.get_ledger(v1::GetLedgerRequest {}).await?;
            output::print(session, "GetLedgerResponse", &answer, no_ids, |answer| answer.verifier_keys.join("\n"))
        }
        Command::Proof { old_size, new_size } => {
            let request = v1::GetConsistencyProofRequest { old_size, new_size };
            let answer = audit.get_consistency_proof(request).await?;
            let no_ids = |_: &v1::GetConsistencyProofResponse| Vec::new();
            output::print(session, "GetConsistencyProofResponse", &answer, no_ids, |answer| {
                answer.hashes.iter().map(|hash| hex(hash)).collect::<Vec<_>>().join("\n")
            })
        }
        Command::Evidence(asked) => {
            let missing = || super::Failure::Usage("which body: --input, --task or --sha256".into());
            let artifact = asked.body.selected(&asked.job)?.ok_or_else(missing)?;
            let request = v1::ExportEvidenceRequest { artifact: Some(artifact), omit_content: asked.omit_content };
            Ok(output::put(audit.export_evidence(request).await?.evidence_json)?)
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn status(ledger: &v1::GetLedgerResponse) -> String {
    output::fields(&[
        ("log", if ledger.origin.is_empty() { "signed by nobody".into() } else { ledger.origin.clone() }),
        ("epoch", ledger.epoch.to_string()),
        ("leaves", ledger.size.to_string()),
        ("waiting pages", ledger.waiting_pages.to_string()),
        ("signed", ledger.checkpoint_size.to_string()),
        ("signed last", output::time(ledger.sign_time.as_ref())),
        ("anchored last", output::time(ledger.anchor_time.as_ref())),
        ("anchors", ledger.anchor_file.clone()),
        ("keys", ledger.verifier_keys.join(" ")),
    ])
}
