//! The work of one batch: opened into todos, decided in rounds, closed into answers.

use crate::{
    audit::record_applied,
    beat::{append_outputs, beat},
    dispatcher::PollKey,
    error::{Error, Reason, Result},
    grant::Grant,
    load::JobEntry,
    reprocess,
    retry_tasks::open_retry,
    round::{Act, Outcome, Round, Todo},
    startable,
    work::{BeatVerdict, Control, RequestKey, Start, Started, Work},
};
use esteira_model::{
    AccountId, Job, JobAction, JobId, JobState, TaskId, Time, Uuid, limits,
    seeded_bug::{self, Bug},
    time,
};
use esteira_store::AnsweredRequest;
use hashbrown::HashMap;

/// Rows of each kind that one tick looks at.
const TICK_MAX: usize = 1_000;

/// Answered requests that one tick forgets at most.
const FORGET_MAX: usize = 10_000;

/// What one piece of work is answered.
pub(crate) enum Answer {
    Started(Box<Started>),
    Reported(Vec<Outcome>),
    Beaten(Vec<BeatVerdict>),
    Appended(u64),
    Controlled(Box<Job>),
    Retried(Vec<TaskId>),
    Done,
}

/// Answers in the order of the work, and the grants that leave with them.
type Done = (Vec<Result<Answer>>, Vec<(PollKey, Grant)>);

/// Runs the work up to its COMMIT.
pub(crate) async fn run(round: &mut Round<'_>, works: &[Work]) -> Result<Done> {
    let answered = answered(round, works).await?;
    startable::look(round, works).await?;
    let mut todos = Vec::new();
    let mut early: HashMap<usize, Result<Answer>> = HashMap::new();
    for (index, work) in works.iter().enumerate() {
        if let Some(result) = open(round, index, work, &answered, &mut todos).await? {
            early.insert(index, result);
        }
    }
    round.run(todos).await?;
    remember_applied(round, works)?;
    record_applied(round, works, &early)?;
    for lane in std::mem::take(&mut round.backlog) {
        round.shared.dispatcher.mark_backlog(&lane);
    }
    round.run_claims().await?;
    let grants = round.grants().await?;
    let mut answers = Vec::with_capacity(works.len());
    for (index, work) in works.iter().enumerate() {
        answers.push(match early.remove(&index) {
            Some(result) => result,
            None => close(round, index, work),
        });
    }
    Ok((answers, grants))
}

fn request_of(work: &Work) -> Option<&RequestKey> {
    match work {
        Work::Start(start, _) if !seeded_bug::is(Bug::DedupeOff) => start.request.as_ref(),
        Work::Control(control, _) => control.request.as_ref(),
        Work::Retry(retry, _) if !seeded_bug::is(Bug::RetryTwice) => retry.request.as_ref(),
        _ => None,
    }
}

/// Requests of this batch that were answered before (INV-REPLAY).
async fn answered(round: &mut Round<'_>, works: &[Work]) -> Result<HashMap<String, AnsweredRequest>> {
    let keys: Vec<_> = works.iter().filter_map(request_of).map(|key| (key.account.clone(), key.id.clone())).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = round.unit.answered_requests(&keys).await?;
    Ok(rows.into_iter().map(|row| (format!("{}|{}", row.account, row.request_id), row)).collect())
}

/// Begins a piece of work: todos for the rounds, or its answer when there is nothing to decide.
async fn open(
    round: &mut Round<'_>,
    index: usize,
    work: &Work,
    answered: &HashMap<String, AnsweredRequest>,
    todos: &mut Vec<Todo>,
) -> Result<Option<Result<Answer>>> {
    if let Some(key) = request_of(work) {
        let row = answered.get(&format!("{}|{}", key.account, key.id)).cloned();
        let row = row.or_else(|| {
            round.batch.requests.iter().find(|row| row.account == key.account && row.request_id == key.id).cloned()
        });
        if let Some(row) = row {
            return Ok(Some(replay(round, work, key, &row).await?));
        }
    }
    let todo = |job: JobId, act: Act, part: usize| Todo { job, act, answer: Some((index, part)) };
    match work {
        Work::Start(start, _) => return open_start(round, index, start, todos).await,
        Work::Report(reports, _) => todos.extend(
            reports
                .iter()
                .enumerate()
                .map(|(part, report)| todo(report.token.job, Act::Report(Box::new(report.clone())), part)),
        ),
        Work::Control(control, _) => return open_control(round, index, control, todos).await,
        Work::Retry(retry, _) => return open_retry(round, index, retry, todos).await,
        Work::Beat(beats, _) => return Ok(Some(Ok(Answer::Beaten(beat(round, beats).await?)))),
        Work::Append(append, _) => return Ok(Some(append_outputs(round, append).await?)),
        Work::Record(record, _) => {
            round.push_record(record.as_ref().clone())?;
            return Ok(Some(Ok(Answer::Done)));
        }
        Work::Tick { reap } => {
            tick(round, *reap, todos).await?;
            return Ok(Some(Ok(Answer::Done)));
        }
        Work::Claim => return Ok(Some(Ok(Answer::Done))),
    }
    Ok(None)
}

async fn replay(round: &mut Round<'_>, work: &Work, key: &RequestKey, row: &AnsweredRequest) -> Result<Result<Answer>> {
    if row.digest != key.digest {
        return Ok(Err(Error {
            field: "request_id".into(),
            ..Error::new(Reason::RequestIdReused, "this request_id was used for another request")
        }));
    }
    let ids: Vec<[u8; 16]> = row.answer.chunks_exact(16).filter_map(|chunk| chunk.try_into().ok()).collect();
    let Some(job) = ids.first().map(|bytes| JobId(Uuid::from_bytes(*bytes))) else {
        return Err(Error::new(Reason::Internal, "an answered request names no job"));
    };
    if let Work::Retry(..) = work {
        return Ok(Ok(Answer::Retried(ids[1..].iter().map(|bytes| TaskId(Uuid::from_bytes(*bytes))).collect())));
    }
    round.load_jobs([job].into_iter()).await?;
    let Some(entry) = round.jobs.get(&job) else {
        return Ok(Err(Error::new(Reason::JobNotFound, "the job that this request started has been removed")));
    };
    let job = entry.job.clone();
    Ok(Ok(match work {
        Work::Start(..) => Answer::Started(Box::new(Started { job, deduplicated: true, held: None })),
        _ => Answer::Controlled(Box::new(job)),
    }))
}

fn remember(round: &mut Round<'_>, request: Option<&RequestKey>, ids: &[Uuid]) {
    if let Some(key) = request {
        let answer = ids.iter().flat_map(|id| *id.as_bytes()).collect();
        round.batch.requests.push(AnsweredRequest {
            account: key.account.clone(),
            request_id: key.id.clone(),
            digest: key.digest,
            answer,
            time: round.now,
        });
    }
}

/// Remembers what was applied. A retry of several tasks is applied whole or not at all: a refusal undoes the batch.
fn remember_applied(round: &mut Round<'_>, works: &[Work]) -> Result<()> {
    for (index, work) in works.iter().enumerate() {
        match work {
            Work::Control(control, _) if matches!(round.outcomes.get(&(index, 0)), Some(Outcome::Applied { .. })) => {
                remember(round, control.request.as_ref(), &[control.job.0]);
            }
            Work::Retry(retry, _) => {
                for part in 0..retry.tasks.len() {
                    if let Some(Outcome::Refused(reason, message)) = round.outcomes.get(&(index, part)) {
                        return Err(Error {
                            field: format!("task_ids[{part}]"),
                            ..Error::new(*reason, message.clone())
                        });
                    }
                }
                let tasks =
                    (0..retry.tasks.len()).filter_map(|part| round.new_tasks.get(&(index, part)).map(|task| task.0));
                let ids: Vec<_> = std::iter::once(retry.job.0).chain(tasks).collect();
                if ids.len() > 1 && !seeded_bug::is(Bug::RetryTwice) {
                    remember(round, retry.request.as_ref(), &ids);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

async fn open_start(
    round: &mut Round<'_>,
    index: usize,
    start: &Start,
    todos: &mut Vec<Todo>,
) -> Result<Option<Result<Answer>>> {
    if let Some(changed) = startable::changed(round, &start.to_start) {
        return Ok(Some(Err(changed)));
    }
    if let Some(gone) = reprocess::source_gone(round, start).await? {
        return Ok(Some(Err(gone)));
    }
    if start.chosen_id {
        round.load_jobs([start.job.id].into_iter()).await?;
        if round.jobs.contains_key(&start.job.id) {
            let error = Error {
                field: "job_id".into(),
                ..Error::new(Reason::JobIdTaken, format!("there is a job {} already", start.job.id))
            };
            return Ok(Some(Err(error)));
        }
    }
    let create_time = if start.accepted { start.job.create_time } else { round.now };
    let job = Job { create_time, ..start.job.clone() };
    remember(round, start.request.as_ref().filter(|_| !seeded_bug::is(Bug::DedupeOff)), &[job.id.0]);
    match &start.reprocess {
        Some(reprocessing) => reprocess::open(round, &job, reprocessing),
        None => round.store(&job, job.input, start.input.clone()),
    }
    round.payloads.insert(job.input, start.input.clone());
    round.note_start(&job, None);
    todos.push(Todo { job: job.id, act: Act::Start, answer: Some((index, 0)) });
    let compiled = start.to_start.compiled.clone();
    round.jobs.insert(job.id, JobEntry { job, compiled, started: true, changed: true });
    Ok(None)
}

/// The job of an account's command, or the error that it is not there.
pub(crate) async fn own_job(
    round: &mut Round<'_>,
    account: &AccountId,
    id: JobId,
) -> Result<std::result::Result<Job, Error>> {
    round.load_jobs([id].into_iter()).await?;
    let own = round.jobs.get(&id).filter(|entry| entry.job.account == *account);
    Ok(own
        .map(|entry| entry.job.clone())
        .ok_or_else(|| Error::new(Reason::JobNotFound, format!("there is no job {id}"))))
}

async fn open_control(
    round: &mut Round<'_>,
    index: usize,
    control: &Control,
    todos: &mut Vec<Todo>,
) -> Result<Option<Result<Answer>>> {
    let job = match own_job(round, &control.account, control.job).await? {
        Ok(job) => job,
        Err(error) => return Ok(Some(Err(error))),
    };
    // What the action would reach is reached: no error, no effect.
    let stops = matches!(control.action, JobAction::Cancel | JobAction::Terminate);
    if stops && job.state == JobState::Cancelled {
        return Ok(Some(Ok(Answer::Controlled(Box::new(job)))));
    }
    if control.revision.is_some_and(|revision| revision != job.revision) {
        return Ok(Some(Err(Error {
            field: "etag".into(),
            ..Error::new(Reason::EtagMismatch, "the job has changed since it was read")
        })));
    }
    todos.push(Todo {
        job: control.job,
        act: Act::Control(control.action, control.reason.clone()),
        answer: Some((index, 0)),
    });
    Ok(None)
}

/// How long a cancelled task may go on (semantic point c).
fn grace_began(now: Time) -> Time {
    Time(now.0 - time::micros(limits::CANCEL_GRACE))
}

/// What time has brought: the second driver of every transition, whatever became of the first.
async fn tick(round: &mut Round<'_>, reap: bool, todos: &mut Vec<Todo>) -> Result<()> {
    let now = round.now;
    for (job, task) in round.unit.due_tasks(now, TICK_MAX).await? {
        todos.push(Todo::new(job, Act::Due(task)));
    }
    if reap {
        for (job, task, fence, timed_out) in round.unit.overdue_leases(now, TICK_MAX).await? {
            todos.push(Todo::new(job, Act::Overdue { task, fence, timed_out }));
        }
    }
    // What other coordinators have put there, or what this one has missed.
    let lanes = round.unit.lanes().await?;
    round.backlog.extend(lanes);
    if round.shared.is_shared {
        let paused = round.unit.paused_queues().await?;
        round.shared.dispatcher.replace_paused(paused);
    }
    round.unit.forget_requests(Time(now.0 - time::micros(limits::REQUEST_ID_KEPT)), FORGET_MAX).await?;
    for job in round.unit.overdue_jobs(now, grace_began(now), TICK_MAX).await? {
        todos.push(Todo::new(job, Act::Deadline));
    }
    Ok(())
}

/// Ends a piece of work whose todos are decided.
fn close(round: &mut Round<'_>, index: usize, work: &Work) -> Result<Answer> {
    let outcome = |part: usize| round.outcomes.get(&(index, part)).cloned();
    match work {
        Work::Start(start, _) => match (outcome(0), round.jobs.get(&start.job.id)) {
            (Some(Outcome::Applied { .. }), Some(entry)) => {
                Ok(Answer::Started(Box::new(Started { job: entry.job.clone(), deduplicated: false, held: None })))
            }
            (other, _) => Err(Error::new(Reason::Internal, format!("a start was not decided: {other:?}"))),
        },
        Work::Report(reports, _) => {
            let lost = || Outcome::Refused(Reason::LeaseLost, "the task has moved on".into());
            Ok(Answer::Reported((0..reports.len()).map(|part| outcome(part).unwrap_or_else(lost)).collect()))
        }
        Work::Control(control, _) => match outcome(0) {
            Some(Outcome::Refused(reason, message)) => Err(Error::new(reason, message)),
            _ => match round.jobs.get(&control.job) {
                Some(entry) => Ok(Answer::Controlled(Box::new(entry.job.clone()))),
                None => Err(Error::new(Reason::JobNotFound, format!("there is no job {}", control.job))),
            },
        },
        Work::Retry(retry, _) => Ok(Answer::Retried(
            (0..retry.tasks.len()).filter_map(|part| round.new_tasks.get(&(index, part)).copied()).collect(),
        )),
        _ => Ok(Answer::Done),
    }
}
