//! TraceArtifact: from bytes to who made and read them.

use crate::{
    convert::{at::At, trace::artifact_out},
    edge::Edge,
    job::view::read_version,
    page_token::List,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_model::{ArtifactId, Job, JobId, Run};
use esteira_store::{ArtifactHead, ArtifactRole, ArtifactUse};
use std::collections::{BTreeMap, BTreeSet};

/// Tasks that one call looks at, in each place where tasks are.
const TASKS_MAX: usize = 250_000;
/// Jobs that one call looks into: those that made the artifacts, and those that got or gave them by sub-plans.
const JOBS_MAX: usize = 1_000;
/// Uses of one artifact that are told one by one.
const USES_MAX: usize = 100;

pub async fn trace_artifact(
    edge: &Edge,
    caller: &Caller,
    request: v1::TraceArtifactRequest,
) -> Answer<v1::TraceArtifactResponse> {
    let sha256: [u8; 32] =
        (*request.sha256).try_into().map_err(|_| Refusal::field(At::Top("sha256"), "has not 32 bytes"))?;
    let within: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = List { rpc: "TraceArtifact", principal: &caller.principal, within: &within, filter: "" };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let reader = edge.coordinator.reader();
    // Before the search: what the index has by then is found.
    let (cursor, log) = (reader.digest_cursor().await?, reader.ledger_head().await?);
    let found = reader.find_artifacts(&caller.principal.account, &sha256, &page).await?;
    let mut search = Search { edge, caller, jobs: BTreeMap::new(), uses: Vec::new(), is_cut: false };
    search.follow(&found.rows).await?;
    let mut artifacts = Vec::with_capacity(found.rows.len());
    for head in &found.rows {
        artifacts.push(search.view(head).await?);
    }
    Ok(v1::TraceArtifactResponse {
        artifacts,
        next_page_token: edge.pages.next(&list, found.next.as_deref()),
        is_cut: search.is_cut,
        log_leaves: count(log.size),
        indexed_leaves: if cursor.epoch == log.epoch { count(cursor.index.min(log.size)) } else { 0 },
    })
}

fn count(leaves: u64) -> i64 {
    i64::try_from(leaves).unwrap_or(i64::MAX)
}

/// Jobs that have to do with some artifacts, and what their tasks did with them.
struct Search<'a> {
    edge: &'a Edge,
    caller: &'a Caller,
    jobs: BTreeMap<JobId, Job>,
    uses: Vec<ArtifactUse>,
    is_cut: bool,
}

impl Search<'_> {
    /// From the jobs that made the artifacts on: up where one was a result of a sub-plan, down where one was its input.
    async fn follow(&mut self, heads: &[ArtifactHead]) -> Answer<()> {
        let reader = self.edge.coordinator.reader();
        let ids: Vec<ArtifactId> = heads.iter().map(|head| head.id).collect();
        let mut next: BTreeSet<JobId> = heads.iter().map(|head| head.job).collect();
        while !next.is_empty() {
            self.is_cut |= self.jobs.len() + next.len() > JOBS_MAX;
            let room = JOBS_MAX.saturating_sub(self.jobs.len());
            let asked: Vec<JobId> = next.into_iter().take(room).collect();
            let own = |job: &Job| job.account == self.caller.principal.account;
            let found: Vec<Job> = reader.jobs(&asked).await?.into_iter().filter(own).collect();
            let in_jobs: Vec<JobId> = found.iter().map(|job| job.id).collect();
            self.jobs.extend(found.into_iter().map(|job| (job.id, job)));
            let seen = reader.artifact_uses(&in_jobs, &ids, TASKS_MAX).await?;
            self.is_cut |= !seen.is_complete;
            next = BTreeSet::new();
            for one in &seen.uses {
                next.extend(self.related(one).await?);
            }
            next.retain(|job| !self.jobs.contains_key(job));
            self.uses.extend(seen.uses);
        }
        Ok(())
    }

    /// The parent's job that got a result, or the child job that got an input.
    async fn related(&self, one: &ArtifactUse) -> Answer<Option<JobId>> {
        let Some(job) = self.jobs.get(&one.job) else { return Ok(None) };
        match one.role {
            ArtifactRole::Output if one.is_leaf => Ok(job.lineage.parent.map(|(parent, _)| parent)),
            ArtifactRole::Input => {
                let compiled = read_version(self.edge, self.caller, job).await?;
                let runs_plan = matches!(compiled.graph.node(one.step).step.run, Run::SubPlan { .. });
                // A child job has the id of the task that waits for it.
                Ok(runs_plan.then_some(JobId(one.task.0)))
            }
            _ => Ok(None),
        }
    }

    async fn view(&self, head: &ArtifactHead) -> Answer<v1::ArtifactTrace> {
        let mut uses = Vec::new();
        let mut count = 0;
        for job in self.jobs.values().filter(|job| job.input == head.id) {
            count += 1;
            uses.push(self.start(job).await?);
        }
        for one in self.uses.iter().filter(|one| one.artifact == head.id) {
            count += 1;
            if uses.len() < USES_MAX {
                uses.extend(self.used(one).await?);
            }
        }
        Ok(v1::ArtifactTrace {
            artifact: Some(artifact_out(head)),
            job_id: head.job.to_string(),
            uses,
            use_count: count,
        })
    }

    async fn start(&self, job: &Job) -> Answer<v1::ArtifactUse> {
        let compiled = read_version(self.edge, self.caller, job).await?;
        Ok(v1::ArtifactUse {
            role: v1::ArtifactRole::JobInput as i32,
            job_id: job.id.to_string(),
            plan_name: compiled.record.plan_name.clone(),
            plan_version: compiled.record.version,
            ..v1::ArtifactUse::default()
        })
    }

    async fn used(&self, one: &ArtifactUse) -> Answer<Option<v1::ArtifactUse>> {
        let Some(job) = self.jobs.get(&one.job) else { return Ok(None) };
        let step = &read_version(self.edge, self.caller, job).await?.graph.node(one.step).step.clone();
        let role = match one.role {
            ArtifactRole::Input => v1::ArtifactRole::Input,
            ArtifactRole::Output => v1::ArtifactRole::Output,
            ArtifactRole::Checkpoint => v1::ArtifactRole::Checkpoint,
        };
        Ok(Some(v1::ArtifactUse {
            role: role as i32,
            task_id: one.task.to_string(),
            step_key: step.step_key.as_ref().to_owned(),
            function_name: match &step.run {
                Run::Function(name) => name.as_ref().to_owned(),
                _ => String::new(),
            },
            item_path: one.item_path.0.iter().map(|index| i64::from(*index)).collect(),
            ..self.start(job).await?
        }))
    }
}
