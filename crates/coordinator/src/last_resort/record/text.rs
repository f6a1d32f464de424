//! The values of a record's head. Names are those of the model; ids, enums and digests are text, times microseconds.

use super::{KeptStart, Unreadable};
use crate::{
    last_resort::capsule::Aggregate,
    token::TaskToken,
    work::{Report, Reported, ReportedOutput, RequestKey, Start},
};
use esteira_model::{
    AccountId, Actor, ArtifactId, Body, Emit, Failure, Flow, Job, JobState, Lineage, LineageKind, Payload, Provenance,
    Seed, Time, Usage, Verdict,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, str::FromStr, sync::Arc, time::Duration};

/// The bodies behind a head.
#[derive(Default)]
pub(super) struct Bodies {
    pub bytes: Vec<u8>,
    /// How many were read.
    pub taken: usize,
}

impl Bodies {
    fn put(&mut self, payload: &Payload) -> PayloadText {
        let (body, bytes) = match &payload.body {
            Body::Json(text) => (BodyText::Json, text.len()),
            Body::Binary(bytes) => (BodyText::Binary, bytes.len()),
            Body::None => (BodyText::None, 0),
        };
        self.bytes.extend(payload.bytes());
        let (content_type, schema) = (payload.content_type.to_string(), payload.schema.to_string());
        PayloadText { body, bytes, content_type, schema }
    }

    fn take(&mut self, text: PayloadText) -> Result<Payload, Unreadable> {
        let end = self.taken.checked_add(text.bytes).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| form("a body is cut"))?;
        let bytes = &self.bytes[self.taken..end];
        self.taken = end;
        let body = match text.body {
            BodyText::Json => Body::Json(std::str::from_utf8(bytes).map_err(|_| form("JSON is not UTF-8"))?.into()),
            BodyText::Binary => Body::Binary(bytes.into()),
            BodyText::None if bytes.is_empty() => Body::None,
            BodyText::None => return Err(form("a body where there is none")),
        };
        Ok(Payload { body, content_type: text.content_type.into(), schema: text.schema.into() })
    }
}

fn form(what: &str) -> Unreadable {
    Unreadable::Form(what.to_owned())
}

fn read<T: FromStr>(text: &str, what: &str) -> Result<T, Unreadable> {
    text.parse().map_err(|_| form(&format!("`{what}` is not readable")))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BodyText {
    Json,
    Binary,
    None,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PayloadText {
    body: BodyText,
    bytes: usize,
    content_type: String,
    schema: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportText {
    job: String,
    task: String,
    fence: i64,
    digest: String,
    outcome: OutcomeText,
    cpu_time: Duration,
    wall_time: Duration,
    peak_rss_bytes: i64,
    bytes_read: i64,
    bytes_written: i64,
    worker_start_time: Option<i64>,
    worker_end_time: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum OutcomeText {
    Completed {
        output: OutputText,
        aggregate_after: Option<Aggregate>,
        emits: Vec<EmitText>,
        verdicts: Vec<VerdictText>,
    },
    Failed {
        failure: FailureText,
        checkpoint: Option<PayloadText>,
    },
    Released,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutputText {
    None,
    Single(PayloadText),
    Multiple(Vec<PayloadText>),
    Appended(u64),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmitText {
    topic: String,
    key: String,
    payload: PayloadText,
    headers: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerdictText {
    policy: String,
    version: String,
    passed: bool,
    detail: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FailureText {
    kind: String,
    code: String,
    message: String,
    stack_trace: String,
    retry_after: Option<Duration>,
    details: Option<PayloadText>,
    source: String,
}

impl ReportText {
    pub fn of(report: &Report, bodies: &mut Bodies) -> Self {
        let Usage { cpu_time, wall_time, peak_rss_bytes, bytes_read, bytes_written } = report.usage;
        Self {
            job: report.token.job.to_string(),
            task: report.token.task.to_string(),
            fence: report.token.fence,
            digest: hex(&report.digest),
            outcome: OutcomeText::of(&report.outcome, bodies),
            cpu_time,
            wall_time,
            peak_rss_bytes,
            bytes_read,
            bytes_written,
            worker_start_time: report.worker_start_time.map(|time| time.0),
            worker_end_time: report.worker_end_time.map(|time| time.0),
        }
    }

    pub fn report(self, bodies: &mut Bodies) -> Result<Report, Unreadable> {
        let Self { cpu_time, wall_time, peak_rss_bytes, bytes_read, bytes_written, .. } = self;
        Ok(Report {
            token: TaskToken { job: read(&self.job, "job")?, task: read(&self.task, "task")?, fence: self.fence },
            outcome: self.outcome.reported(bodies)?,
            usage: Usage { cpu_time, wall_time, peak_rss_bytes, bytes_read, bytes_written },
            worker_start_time: self.worker_start_time.map(Time),
            worker_end_time: self.worker_end_time.map(Time),
            digest: unhex(&self.digest)?,
            capsule: Vec::new(),
        })
    }
}

impl OutcomeText {
    fn of(outcome: &Reported, bodies: &mut Bodies) -> Self {
        match outcome {
            Reported::Completed { output, aggregate_after, emits, verdicts } => Self::Completed {
                output: OutputText::of(output, bodies),
                aggregate_after: aggregate_after.as_ref().map(Into::into),
                emits: emits.iter().map(|emit| EmitText::of(emit, bodies)).collect(),
                verdicts: verdicts.iter().cloned().map(VerdictText::of).collect(),
            },
            Reported::Failed(failure, checkpoint) => Self::Failed {
                failure: FailureText::of(failure, bodies),
                checkpoint: checkpoint.as_ref().map(|checkpoint| bodies.put(checkpoint)),
            },
            Reported::Released => Self::Released,
        }
    }

    fn reported(self, bodies: &mut Bodies) -> Result<Reported, Unreadable> {
        Ok(match self {
            Self::Completed { output, aggregate_after, emits, verdicts } => Reported::Completed {
                output: output.output(bodies)?,
                aggregate_after: aggregate_after.map(Into::into),
                emits: emits.into_iter().map(|emit| emit.emit(bodies)).collect::<Result<_, _>>()?,
                verdicts: verdicts.into_iter().map(VerdictText::verdict).collect(),
            },
            Self::Failed { failure, checkpoint } => Reported::Failed(
                failure.failure(bodies)?,
                checkpoint.map(|checkpoint| bodies.take(checkpoint)).transpose()?,
            ),
            Self::Released => Reported::Released,
        })
    }
}

impl OutputText {
    fn of(output: &ReportedOutput, bodies: &mut Bodies) -> Self {
        match output {
            ReportedOutput::None => Self::None,
            ReportedOutput::Single(payload) => Self::Single(bodies.put(payload)),
            ReportedOutput::Multiple(items) => Self::Multiple(items.iter().map(|item| bodies.put(item)).collect()),
            ReportedOutput::Appended(count) => Self::Appended(*count),
        }
    }

    fn output(self, bodies: &mut Bodies) -> Result<ReportedOutput, Unreadable> {
        Ok(match self {
            Self::None => ReportedOutput::None,
            Self::Single(payload) => ReportedOutput::Single(bodies.take(payload)?),
            Self::Multiple(items) => {
                ReportedOutput::Multiple(items.into_iter().map(|item| bodies.take(item)).collect::<Result<_, _>>()?)
            }
            Self::Appended(count) => ReportedOutput::Appended(count),
        })
    }
}

impl EmitText {
    fn of(emit: &Emit, bodies: &mut Bodies) -> Self {
        let Emit { topic, key, payload, headers } = emit.clone();
        Self { topic, key, payload: bodies.put(&payload), headers }
    }

    fn emit(self, bodies: &mut Bodies) -> Result<Emit, Unreadable> {
        let Self { topic, key, payload, headers } = self;
        Ok(Emit { topic, key, payload: bodies.take(payload)?, headers })
    }
}

impl VerdictText {
    fn of(verdict: Verdict) -> Self {
        let Verdict { policy, version, passed, detail } = verdict;
        Self { policy, version, passed, detail }
    }

    fn verdict(self) -> Verdict {
        let Self { policy, version, passed, detail } = self;
        Verdict { policy, version, passed, detail }
    }
}

impl FailureText {
    fn of(failure: &Failure, bodies: &mut Bodies) -> Self {
        let Failure { kind, code, message, stack_trace, retry_after, details, source } = failure.clone();
        let details = details.as_ref().map(|details| bodies.put(details));
        Self { kind: kind.to_string(), code, message, stack_trace, retry_after, details, source }
    }

    fn failure(self, bodies: &mut Bodies) -> Result<Failure, Unreadable> {
        let Self { kind, code, message, stack_trace, retry_after, details, source } = self;
        let details = details.map(|details| bodies.take(details)).transpose()?;
        Ok(Failure { kind: read(&kind, "failure.kind")?, code, message, stack_trace, retry_after, details, source })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StartText {
    job: String,
    account: String,
    plan: String,
    version: i32,
    plan_version: String,
    data_class: String,
    user: String,
    on_behalf_of: String,
    headers: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    aggregate: Option<Aggregate>,
    input_id: i64,
    input: PayloadText,
    priority: i32,
    create_time: i64,
    start_after: Option<i64>,
    deadline: Option<i64>,
    /// What the commitments to its bodies are made with, so that its leaf says the same of them wherever it was kept.
    seed: Option<String>,
    request_digest: Option<String>,
    request: Option<RequestText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestText {
    id: String,
    digest: String,
}

impl StartText {
    pub fn of(start: &Start, bodies: &mut Bodies) -> Self {
        let (job, plan) = (&start.job, &start.to_start.compiled.record);
        Self {
            job: job.id.to_string(),
            account: job.account.to_string(),
            plan: plan.plan_name.clone(),
            version: plan.version,
            plan_version: job.plan_version.to_string(),
            data_class: job.data_class.to_string(),
            user: job.actor.user_id.clone(),
            on_behalf_of: job.actor.on_behalf_of.clone(),
            headers: (*job.headers).clone(),
            labels: (*job.labels).clone(),
            aggregate: job.aggregate.as_ref().map(Into::into),
            input_id: job.input.0,
            input: bodies.put(&start.input),
            priority: job.priority,
            create_time: job.create_time.0,
            start_after: job.start_after.map(|time| time.0),
            deadline: job.deadline.map(|time| time.0),
            seed: job.provenance.seed.map(|seed| hex(&seed.0)),
            request_digest: job.provenance.request_digest.map(|digest| hex(&digest)),
            request: start.request.as_ref().map(|key| RequestText { id: key.id.clone(), digest: hex(&key.digest) }),
        }
    }

    pub fn start(self, bodies: &mut Bodies) -> Result<KeptStart, Unreadable> {
        let account = AccountId::new(&self.account);
        let id = read(&self.job, "job")?;
        let actor = Actor { user_id: self.user, account_id: self.account, on_behalf_of: self.on_behalf_of };
        let request =
            |key: RequestText| Ok(RequestKey { account: account.clone(), id: key.id, digest: unhex(&key.digest)? });
        let request = self.request.map(request).transpose()?;
        let provenance = Provenance {
            seed: self.seed.map(|seed| unhex(&seed)).transpose()?.map(Seed),
            request_digest: self.request_digest.map(|digest| unhex(&digest)).transpose()?,
            start_leaf_at: None,
        };
        let job = Job {
            id,
            account,
            plan_version: read(&self.plan_version, "plan_version")?,
            data_class: read(&self.data_class, "data_class")?,
            actor: Arc::new(actor),
            headers: Arc::new(self.headers),
            labels: Arc::new(self.labels),
            aggregate: self.aggregate.map(Into::into),
            input: ArtifactId(self.input_id),
            priority: self.priority,
            lineage: Lineage { kind: LineageKind::Direct, root: id, parent: None, depth: 0, source: None },
            create_time: Time(self.create_time),
            start_after: self.start_after.map(Time),
            deadline: self.deadline.map(Time),
            provenance,
            state: JobState::Pending,
            flow: Flow::default(),
            start_time: None,
            end_time: None,
            cancel_time: None,
            failure: None,
            note: String::new(),
            end_leaf_at: None,
            revision: 1,
        };
        Ok(KeptStart { job, input: bodies.take(self.input)?, request })
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Result<[u8; N], Unreadable> {
    let bad = || form("a digest is not readable");
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return Err(bad());
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| bad())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
    }
    Ok(bytes)
}
