//! From a todo and the state it meets to a command of the engine, or to the answer that nothing is to be done.

use crate::{
    error::{Error, Reason, Result},
    load::JobEntry,
    round::{Act, Outcome, Prepared, Round, Todo, at, granted, hot},
    work::{Report, Reported, ReportedOutput},
};
use esteira_engine::{
    AttemptEnd, ChildOutcome, Command, Completion, Granted, Graph, Loaded, Needs, Output, Product, Reprocess,
};
use esteira_model::{
    AggregateRef, ArtifactId, Emit, Failure, FailureKind, Job, JobId, JobState, Task, TaskId, Usage, limits,
    seeded_bug::{self, Bug},
};
use esteira_store::{Hot, Live, LivePlace};
use hashbrown::HashMap;

type From = HashMap<TaskId, (Hot, i64)>;

impl Round<'_> {
    pub(crate) async fn prepare(
        &mut self,
        todo: &Todo,
        entry: &JobEntry,
        live: Option<&Live>,
        from: &mut From,
    ) -> Result<Prepared> {
        let graph = &entry.compiled.graph;
        let gone = || Prepared::Nothing(Outcome::Refused(Reason::LeaseLost, "the task has moved on".into()));
        match (&todo.act, live) {
            (Act::Start, _) => {
                let input = self.payloads.get(&entry.job.input).cloned();
                let command = self.start_of(&entry.job)?;
                Ok(decide(command, Loaded { input: input.clone(), job_input: input, ..Loaded::default() }))
            }
            (Act::Report(report), live) => self.prepare_report(graph, report, live).await,
            (Act::Overdue { fence, timed_out, .. }, Some(live)) => {
                self.prepare_overdue(graph, live, *fence, *timed_out).await
            }
            (Act::Due(_), Some(Live { task, place: LivePlace::Parked { reason, due: Some(due) } }))
                if *due <= self.now =>
            {
                let loaded = self.load_needs(task, &both(graph, task)).await?;
                Ok(decide(Command::Due(task.clone(), *reason), loaded))
            }
            (Act::Unblock(_), Some(Live { task, place: LivePlace::Parked { .. } })) => {
                Ok(decide(Command::Unblock(task.clone()), Loaded::default()))
            }
            (Act::Gather { step, .. }, Some(Live { task, .. })) => {
                let loaded = self.load_needs(task, &graph.node(*step).begin_needs.clone()).await?;
                let arrived = self.gather_join(todo.job, *step).await?;
                Ok(decide(Command::Gather(task.clone(), arrived), loaded))
            }
            (Act::ChildEnded(_), Some(Live { task, .. })) => self.prepare_child_ended(graph, task).await,
            (Act::Control(action, reason), _) => {
                let live = self.all_live(todo.job, from).await?;
                Ok(decide(Command::Control(*action, reason.clone(), live), Loaded::default()))
            }
            (Act::Deadline, _) => self.prepare_deadline(entry, from).await,
            (Act::Retry(failed), _) => {
                let loaded = self.load_needs(&failed.task, &both(graph, &failed.task)).await?;
                Ok(decide(Command::Retry(failed.clone()), loaded))
            }
            _ => Ok(gone()),
        }
    }

    /// A job starts from nothing, or from what another has executed.
    fn start_of(&self, job: &Job) -> Result<Command> {
        let Some(source) = job.lineage.source else { return Ok(Command::Start) };
        let carry = self.carries.get(&(job.lineage.root, source)).cloned().ok_or_else(|| {
            Error::new(Reason::Internal, format!("what job {} takes over from {source} was not read", job.id))
        })?;
        Ok(Command::Reprocess(Box::new(Reprocess { carry, input: self.given.get(&job.id).cloned() })))
    }

    async fn all_live(&mut self, job: JobId, from: &mut From) -> Result<Vec<(Task, esteira_engine::At)>> {
        let live = self.unit.live_tasks_of_job(job).await?;
        from.extend(live.iter().map(|live| (live.task.id, (hot(&live.place), live.task.fence))));
        Ok(live.iter().map(at).collect())
    }

    /// A job's time-out, or the end of the grace after a cancel (semantic point c).
    async fn prepare_deadline(&mut self, entry: &JobEntry, from: &mut From) -> Result<Prepared> {
        let live = self.all_live(entry.job.id, from).await?;
        if entry.job.deadline.is_some_and(|deadline| deadline <= self.now) {
            return Ok(decide(Command::Deadline(live), Loaded::default()));
        }
        let command = Command::Control(esteira_model::JobAction::Terminate, entry.job.note.clone(), live);
        Ok(decide(command, Loaded::default()))
    }

    /// INV-FENCE: the newest grant's fence decides, never the clock. INV-REPLAY: a report seen before changes nothing.
    async fn prepare_report(&mut self, graph: &Graph, report: &Report, live: Option<&Live>) -> Result<Prepared> {
        let token = report.token;
        let own = live.filter(|live| live.task.fence == token.fence || seeded_bug::is(Bug::DropFence));
        let end = match own {
            Some(Live { place: LivePlace::Leased(leased), .. }) => end_of(report, granted(leased), false),
            other => match self.earlier_report(report).await? {
                Some(outcome) => return Ok(Prepared::Nothing(outcome)),
                // Lost, and granted to nobody since: still accepted.
                None if other.is_some() => end_of(report, self.late_grant(report), true),
                None => {
                    return Ok(Prepared::Nothing(Outcome::Refused(
                        Reason::LeaseLost,
                        "a newer grant or the job's end took the lease".into(),
                    )));
                }
            },
        };
        let Some(task) = own.map(|live| live.task.clone()) else {
            return Ok(Prepared::Nothing(Outcome::Refused(Reason::LeaseLost, "the task has moved on".into())));
        };
        let needs = graph.node(task.step).end_needs.clone();
        let command = match &report.outcome {
            Reported::Completed { output, aggregate_after, emits, verdicts } => {
                if is_another(task.aggregate.as_ref(), aggregate_after.as_ref()) {
                    let message = "aggregate_after names another aggregate than the task's".to_owned();
                    return Ok(Prepared::Nothing(Outcome::Refused(Reason::FieldInvalid, message)));
                }
                let output = match self.output(graph, &task, report, output).await? {
                    Ok(output) => output,
                    Err(outcome) => return Ok(Prepared::Nothing(outcome)),
                };
                Command::Complete(
                    task.clone(),
                    end,
                    Completion {
                        output,
                        aggregate_after: aggregate_after.clone(),
                        emits: keyed(emits, &task),
                        verdicts: verdicts.clone(),
                    },
                )
            }
            Reported::Failed(failure, checkpoint) => {
                Command::Fail(task.clone(), end, failure.clone(), checkpoint.clone())
            }
            Reported::Released if end.late => return Ok(Prepared::Nothing(Outcome::Already)),
            Reported::Released => Command::Release(task.clone()),
        };
        let loaded = self.load_needs(&task, &needs).await?;
        Ok(decide(command, loaded))
    }

    /// The answer to a report whose attempt ended before, if its worker had reported it.
    async fn earlier_report(&mut self, report: &Report) -> Result<Option<Outcome>> {
        let token = report.token;
        let ended = self.unit.ended_attempts(&[(token.job, token.task, token.fence)]).await?;
        let reported = |digest: &[u8; 16]| *digest != [0; 16];
        if ended.iter().any(|(.., digest)| *digest == report.digest) {
            return Ok(Some(Outcome::Already));
        }
        if ended.iter().any(|(.., digest)| reported(digest)) {
            return Ok(Some(Outcome::Refused(
                Reason::ResultConflict,
                "another result was reported under this lease".into(),
            )));
        }
        Ok(None)
    }

    fn late_grant(&self, report: &Report) -> Granted {
        let wall = esteira_model::time::micros(report.usage.wall_time);
        Granted {
            worker_id: String::new(),
            function_version: String::new(),
            grant_time: esteira_model::Time(self.now.0 - wall),
        }
    }

    async fn output(
        &mut self,
        graph: &Graph,
        task: &Task,
        report: &Report,
        output: &ReportedOutput,
    ) -> Result<std::result::Result<Output, Outcome>> {
        Ok(Ok(match output {
            ReportedOutput::None => Output::None,
            ReportedOutput::Single(payload) => Output::Single(Product::New(payload.clone())),
            ReportedOutput::Multiple(items) => Output::Multiple(items.iter().cloned().map(Product::New).collect()),
            ReportedOutput::Appended(count) => {
                let token = report.token;
                let (_, items) = self.unit.appended_outputs((token.job, token.task, token.fence)).await?;
                if items.len() as u64 != *count {
                    let message = format!("{count} items were to be appended, {} are here", items.len());
                    return Ok(Err(Outcome::Refused(Reason::ChunkGap, message)));
                }
                Output::Multiple(self.stored(graph, task, items).await?)
            }
        }))
    }

    /// Artifacts that exist already, with their bytes where the next steps need them.
    async fn stored(&mut self, graph: &Graph, task: &Task, items: Vec<ArtifactId>) -> Result<Vec<Product>> {
        let node = graph.node(task.step);
        let read = !node.output_policies.is_empty()
            || node
                .edges
                .iter()
                .any(|edge| !edge.condition.is_empty() || graph.node(edge.to).begin_needs != Needs::default());
        if !read {
            return Ok(items.into_iter().map(|id| Product::Stored(id, None)).collect());
        }
        self.load_payloads(items.iter().copied()).await?;
        Ok(items.into_iter().map(|id| Product::Stored(id, self.payloads.get(&id).cloned())).collect())
    }

    async fn prepare_overdue(&mut self, graph: &Graph, live: &Live, fence: i64, timed_out: bool) -> Result<Prepared> {
        let LivePlace::Leased(leased) = &live.place else {
            return Ok(Prepared::Nothing(Outcome::Already));
        };
        // A heartbeat may have come between the look and this transaction.
        let over = if timed_out {
            leased.timeout_time.is_some_and(|time| time <= self.now)
        } else {
            leased.expire_time <= self.now
        };
        if live.task.fence != fence || !over {
            return Ok(Prepared::Nothing(Outcome::Already));
        }
        let end = AttemptEnd {
            granted: granted(leased),
            worker_start_time: None,
            worker_end_time: None,
            usage: Usage::default(),
            report_digest: [0; 16],
            late: false,
        };
        let loaded = self.load_needs(&live.task, &graph.node(live.task.step).end_needs.clone()).await?;
        let task = live.task.clone();
        Ok(decide(if timed_out { Command::TimeOut(task, end) } else { Command::Expire(task, end) }, loaded))
    }

    async fn prepare_child_ended(&mut self, graph: &Graph, task: &Task) -> Result<Prepared> {
        let child = JobId(task.id.0);
        self.load_jobs([child].into_iter()).await?;
        let Some(entry) = self.jobs.get(&child).cloned() else {
            return Err(Error::new(Reason::Internal, format!("child job {child} is not in the store")));
        };
        let outcome = match entry.job.state {
            JobState::Succeeded => {
                let results = self.unit.results(child, limits::FAN_OUT_ITEMS_MAX).await?;
                ChildOutcome::Succeeded(self.stored(graph, task, results).await?)
            }
            state if state.is_terminal() => {
                let stopped = || {
                    Failure::engine(FailureKind::Cancelled, "CHILD_STOPPED", format!("the child job ended as {state}"))
                };
                ChildOutcome::Failed(entry.job.failure.clone().unwrap_or_else(stopped))
            }
            _ => return Ok(Prepared::Nothing(Outcome::Already)),
        };
        let loaded = self.load_needs(task, &graph.node(task.step).end_needs.clone()).await?;
        Ok(decide(Command::ChildEnded(task.clone(), outcome), loaded))
    }
}

fn decide(command: Command, loaded: Loaded) -> Prepared {
    Prepared::Decide(Box::new(command), loaded)
}

fn both(graph: &Graph, task: &Task) -> Needs {
    let node = graph.node(task.step);
    let (begin, end) = (&node.begin_needs, &node.end_needs);
    Needs {
        input: begin.input || end.input,
        job_input: begin.job_input || end.job_input,
        steps: begin.steps.union(&end.steps).copied().collect(),
    }
}

/// Whether a report moves another aggregate than its task's.
fn is_another(own: Option<&AggregateRef>, after: Option<&AggregateRef>) -> bool {
    own.zip(after).is_some_and(|(own, after)| (&own.kind, &own.id) != (&after.kind, &after.id))
}

/// Messages without a key keep the order of their aggregate, or of their job when it moves none.
fn keyed(emits: &[Emit], task: &Task) -> Vec<Emit> {
    let key = || {
        task.aggregate
            .as_ref()
            .map_or_else(|| task.job.to_string(), |aggregate| format!("{}/{}", aggregate.kind, aggregate.id))
    };
    let with_key = |emit: &Emit| if emit.key.is_empty() { Emit { key: key(), ..emit.clone() } } else { emit.clone() };
    emits.iter().map(with_key).collect()
}

fn end_of(report: &Report, granted: Granted, late: bool) -> AttemptEnd {
    AttemptEnd {
        granted,
        worker_start_time: report.worker_start_time,
        worker_end_time: report.worker_end_time,
        usage: report.usage,
        report_digest: report.digest,
        late,
    }
}
