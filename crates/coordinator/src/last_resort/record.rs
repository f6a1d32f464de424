//! What a record says, as bytes: four bytes with the length of the head, big-endian, the head as JSON that a person can
//! read, and the bodies of its payloads as they are, in the order in which the head names them.

mod text;

use crate::{
    catalog::{Compiled, ToStart},
    last_resort::capsule::LeaseRecord,
    work::{Report, RequestKey, Start},
};
use esteira_engine::Entropy;
use esteira_lastresort::OwnedRecord;
use esteira_model::{Job, JobId, Payload, Time};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use text::{Bodies, ReportText, StartText};

/// What a record is; the kind in its header.
pub(crate) const REPORT: u16 = 1;
/// See [`REPORT`].
pub(crate) const START: u16 = 2;

const FORMAT: &str = "esteira.last-resort.v1";

/// Why a payload says nothing that can be ingested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// Not of this form.
    #[error("not a record of this version: {0}")]
    Form(String),
    /// Written over another store.
    #[error("a record of another store")]
    OtherStore,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: String,
    /// Which store it is meant for: derived from its key.
    store: String,
    said: SaidText,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum SaidText {
    Report { lease: Box<LeaseRecord>, report: Box<ReportText> },
    Start(Box<StartText>),
}

/// What was accepted.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    /// A result.
    Report(Box<Report>),
    /// A job.
    Start(Box<KeptStart>),
}

/// A start but for what it runs, which is in the store.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeptStart {
    pub job: Job,
    pub input: Payload,
    pub request: Option<RequestKey>,
}

impl KeptStart {
    /// What a bug makes of it that the checker must catch.
    pub fn become_another(&mut self, ids: &mut dyn Entropy) {
        self.job.id = JobId(ids.uuid());
        self.job.lineage.root = self.job.id;
        self.job.input = ids.artifact();
        self.request = None;
    }

    /// As the committer takes it. The version was let in when the start was accepted, so it is not asked about again.
    pub fn to_start(&self, compiled: Arc<Compiled>) -> Start {
        Start {
            job: self.job.clone(),
            input: self.input.clone(),
            to_start: ToStart { compiled, plan_revision: None },
            request: self.request.clone(),
            chosen_id: true,
            accepted: true,
            reprocess: None,
            deed: None,
        }
    }
}

/// The record of a report. Its id follows from what it says, so that the same report is the same record.
pub(crate) fn of_report(report: &Report, lease: &LeaseRecord, store: &str, now: Time) -> OwnedRecord {
    let mut bodies = Bodies::default();
    let text = ReportText::of(report, &mut bodies);
    let said = SaidText::Report { lease: Box::new(lease.clone()), report: Box::new(text) };
    let mut digest = Sha256::new();
    digest.update(report.token.job.0.as_bytes());
    digest.update(report.token.task.0.as_bytes());
    digest.update(report.token.fence.to_be_bytes());
    digest.update(report.digest);
    let digest: [u8; 32] = digest.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    OwnedRecord { kind: REPORT, id, time: now, payload: encode(said, store, bodies) }
}

/// The record of a start. Its id is the job's.
pub(crate) fn of_start(start: &Start, store: &str, now: Time) -> OwnedRecord {
    let mut bodies = Bodies::default();
    let said = SaidText::Start(Box::new(StartText::of(start, &mut bodies)));
    OwnedRecord { kind: START, id: *start.job.id.0.as_bytes(), time: now, payload: encode(said, store, bodies) }
}

fn encode(said: SaidText, store: &str, bodies: Bodies) -> Vec<u8> {
    let head = Head { format: FORMAT.to_owned(), store: store.to_owned(), said };
    // Texts, numbers and maps with text keys are always JSON.
    let head = serde_json::to_vec(&head).unwrap_or_default();
    let mut payload = Vec::with_capacity(4 + head.len() + bodies.bytes.len());
    payload.extend((head.len() as u32).to_be_bytes());
    payload.extend(head);
    payload.extend(bodies.bytes);
    payload
}

/// Reads a record back.
pub(crate) fn read(payload: &[u8], store: &str) -> Result<Said, Unreadable> {
    let (head, bodies) = split(payload)?;
    let Head { format, store: of, said } =
        serde_json::from_slice(head).map_err(|error| Unreadable::Form(error.to_string()))?;
    if format != FORMAT {
        return Err(Unreadable::Form(format!("the format is `{format}`")));
    }
    if of != store {
        return Err(Unreadable::OtherStore);
    }
    let mut bodies = Bodies { bytes: bodies.to_vec(), taken: 0 };
    let said = match said {
        SaidText::Report { report, .. } => Said::Report(Box::new(report.report(&mut bodies)?)),
        SaidText::Start(start) => Said::Start(Box::new(start.start(&mut bodies)?)),
    };
    if bodies.taken != bodies.bytes.len() {
        return Err(Unreadable::Form("there is more behind the last payload".to_owned()));
    }
    Ok(said)
}

/// The head of a record, for people; without the bodies, which may be secret.
pub(super) fn head(payload: &[u8]) -> Result<serde_json::Value, Unreadable> {
    serde_json::from_slice(split(payload)?.0).map_err(|error| Unreadable::Form(error.to_string()))
}

/// Whose it is; empty when that is not readable.
pub(super) fn account(payload: &[u8]) -> String {
    let head = head(payload).unwrap_or_default();
    let said = &head["said"];
    let own = said["start"]["account"].as_str().or_else(|| said["report"]["lease"]["account"].as_str());
    own.unwrap_or_default().to_owned()
}

fn split(payload: &[u8]) -> Result<(&[u8], &[u8]), Unreadable> {
    let cut = || Unreadable::Form("the head is cut".to_owned());
    let (length, rest) = payload.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| cut())?;
    rest.split_at_checked(length).ok_or_else(cut)
}

#[cfg(test)]
mod tests;
