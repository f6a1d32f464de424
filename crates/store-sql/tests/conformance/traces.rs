//! What a trace is made of: a job in numbers, against a plain count of the same rows; attempts and artifacts in sets.

use crate::fixture::{LANE, Store, attempt, ended, leased, parked, queued};
use esteira_model::{
    Arrival, ArtifactId, Attempt, EndedTask, Failure, FailureKind, ItemPath, Job, JobId, JobState, Lineage,
    LineageKind, Payload, Task, TaskId, TaskState, Time, Usage, Verdict, WaitReason,
};
use esteira_store::{
    ArtifactHead, AttemptTally, Batch, ChildJob, JobTally, StepTally, TallyLimits, VerdictTally, VersionTally,
    WorkerTally,
};
use std::{collections::BTreeMap, time::Duration};

conformance! {
    job_tally: an_unknown_job_has_no_numbers, a_job_is_counted_as_by_hand, names_are_limited_and_counts_are_not;
    attempts_of: attempts_of_the_asked_tasks_come_in_order;
    artifact_heads: bodies_are_measured_and_not_read;
}

const LIMITS: TallyLimits = TallyLimits { workers: 100, children: 100 };

async fn an_unknown_job_has_no_numbers(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    assert_eq!(store.reader.job_tally(job, LIMITS).await.expect("reads"), JobTally::default());
}

/// Numbers without a pattern, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The model: rows as they were written, counted one by one.
#[derive(Default)]
struct Model {
    steps: BTreeMap<u16, StepTally>,
    workers: BTreeMap<String, WorkerTally>,
    results: i64,
}

impl Model {
    fn step(&mut self, step: u16) -> &mut StepTally {
        self.steps.entry(step).or_insert_with(|| StepTally { step, ..StepTally::default() })
    }

    fn task(&mut self, task: &Task, state: TaskState, start: Option<Time>) {
        let step = self.step(task.step);
        bump(&mut step.states, state, 1);
        step.start_time = [step.start_time, start].into_iter().flatten().min();
    }

    fn ended(&mut self, ended: &EndedTask) {
        self.task(&ended.task, ended.state, ended.task.start_time);
        let step = self.step(ended.task.step);
        step.end_time = step.end_time.max(Some(ended.end_time));
        step.outputs += ended.outputs.len() as i64;
        for verdict in &ended.verdicts {
            let name = (&verdict.policy, &verdict.version);
            let place = match step.verdicts.iter().position(|tally| (&tally.policy, &tally.version) == name) {
                Some(place) => place,
                None => {
                    let (policy, version) = (verdict.policy.clone(), verdict.version.clone());
                    step.verdicts.push(VerdictTally { policy, version, passed: 0, failed: 0 });
                    step.verdicts.len() - 1
                }
            };
            let tally = &mut step.verdicts[place];
            *(if verdict.passed { &mut tally.passed } else { &mut tally.failed }) += 1;
        }
        self.results += if ended.leaf { ended.outputs.len() as i64 } else { 0 };
    }

    fn attempt(&mut self, step: u16, attempt: &Attempt) {
        let versions = &mut self.step(step).versions;
        let place = versions.iter().position(|known| known.function_version == attempt.function_version);
        let place = place.unwrap_or_else(|| {
            let function_version = attempt.function_version.clone();
            versions.push(VersionTally { function_version, tally: AttemptTally::default() });
            versions.len() - 1
        });
        add(&mut versions[place].tally, attempt);
        if attempt.worker_id.is_empty() {
            return;
        }
        let worker = self.workers.entry(attempt.worker_id.clone()).or_insert_with(|| WorkerTally {
            worker_id: attempt.worker_id.clone(),
            tally: AttemptTally::default(),
            start_time: attempt.start_time,
            end_time: attempt.end_time,
        });
        add(&mut worker.tally, attempt);
        worker.start_time = worker.start_time.min(attempt.start_time);
        worker.end_time = worker.end_time.max(attempt.end_time);
    }

    fn tally(mut self) -> JobTally {
        for step in self.steps.values_mut() {
            sort(step);
        }
        let mut workers: Vec<_> = self.workers.into_values().collect();
        workers.sort_by_key(|worker| (-worker.tally.attempts, worker.worker_id.clone()));
        JobTally {
            steps: self.steps.into_values().collect(),
            worker_count: workers.len() as i64,
            workers,
            result_count: self.results,
            ..JobTally::default()
        }
    }
}

fn bump<K: PartialEq>(counts: &mut Vec<(K, i64)>, key: K, by: i64) {
    match counts.iter_mut().find(|(known, _)| *known == key) {
        Some((_, count)) => *count += by,
        None => counts.push((key, by)),
    }
}

fn add(tally: &mut AttemptTally, attempt: &Attempt) {
    tally.attempts += 1;
    tally.failed += i64::from(attempt.failure.is_some());
    let (sum, one) = (&mut tally.usage, attempt.usage);
    sum.cpu_time += one.cpu_time;
    sum.wall_time += one.wall_time;
    sum.peak_rss_bytes = sum.peak_rss_bytes.max(one.peak_rss_bytes);
    sum.bytes_read += one.bytes_read;
    sum.bytes_written += one.bytes_written;
}

/// Counts have no order that a caller could rely on.
fn sort(step: &mut StepTally) {
    step.states.sort_unstable();
    step.parked.sort_unstable();
    step.queued.sort_unstable();
    step.arrivals.sort_unstable();
    step.versions.sort_by(|a, b| a.function_version.cmp(&b.function_version));
    step.verdicts.sort_by(|a, b| (&a.policy, &a.version).cmp(&(&b.policy, &b.version)));
}

fn verdicts(numbers: &mut Numbers) -> Vec<Verdict> {
    let verdict = |index: u64, passed| Verdict {
        policy: format!("p{index}"),
        version: format!("{}", index % 2),
        passed,
        detail: "input".into(),
    };
    (0..numbers.below(3)).map(|index| verdict(index, numbers.below(3) > 0)).collect()
}

fn attempts(task: &Task, numbers: &mut Numbers) -> Vec<Attempt> {
    let one = |number: u32, numbers: &mut Numbers| Attempt {
        worker_id: ["", "w1", "w2", "w3"][numbers.below(4) as usize].into(),
        function_version: ["", "1.0", "1.1"][numbers.below(3) as usize].into(),
        start_time: Time(numbers.below(900) as i64),
        end_time: Time(900 + numbers.below(900) as i64),
        failure: (numbers.below(2) == 0).then(|| Failure::engine(FailureKind::Retryable, "X", "why")),
        usage: Usage {
            cpu_time: Duration::from_micros(numbers.below(1_000)),
            wall_time: Duration::from_micros(numbers.below(1_000)),
            peak_rss_bytes: numbers.below(1 << 30) as i64,
            bytes_read: numbers.below(1 << 40) as i64,
            bytes_written: numbers.below(1 << 40) as i64,
        },
        ..attempt(task, number, i64::from(number))
    };
    (1..=numbers.below(4) as u32).map(|number| one(number, numbers)).collect()
}

/// One task somewhere, with its attempts, in the batch and in the model.
fn put(store: &mut Store, job: JobId, numbers: &mut Numbers, batch: &mut Batch, model: &mut Model) {
    let start = [None, Some(Time(numbers.below(500) as i64))][numbers.below(2) as usize];
    let task = Task { step: numbers.below(5) as u16, start_time: start, ..store.task(job) };
    for attempt in attempts(&task, numbers) {
        model.attempt(task.step, &attempt);
        batch.attempts.push(attempt);
    }
    match numbers.below(8) {
        0 => {
            let lane = [LANE, "acme/other"][numbers.below(2) as usize];
            model.task(&task, TaskState::Ready, start);
            bump(&mut model.step(task.step).queued, lane.to_owned(), 1);
            batch.queued.push(queued(&task, lane, 0));
        }
        1 => {
            let reason = [WaitReason::Join, WaitReason::RetryBackoff, WaitReason::SubPlan][numbers.below(3) as usize];
            let state = if reason == WaitReason::RetryBackoff { TaskState::Backoff } else { TaskState::Waiting };
            model.task(&task, state, start);
            bump(&mut model.step(task.step).parked, reason, 1);
            batch.parked.push(parked(&task, reason, None));
        }
        2 => {
            let mut lease = leased(&task, 9, 10);
            (lease.task.start_time, lease.grant_time) = (start, Time(700));
            model.task(&task, TaskState::Leased, start.or(Some(Time(700))));
            batch.leased.push(lease);
        }
        place => {
            let states = [TaskState::Succeeded, TaskState::Failed, TaskState::Cancelled, TaskState::Skipped];
            let outputs: Vec<i64> = (0..numbers.below(4) as i64).collect();
            let mut ended = ended(&task, states[place as usize % 4], &outputs, numbers.below(2) == 0);
            (ended.end_time, ended.verdicts) = (Time(1_000 + numbers.below(500) as i64), verdicts(numbers));
            model.ended(&ended);
            batch.ended.push(ended);
        }
    }
}

async fn a_job_is_counted_as_by_hand(store: &mut Store) {
    for seed in 0..4 {
        let (mut numbers, mut model, mut batch) = (Numbers(seed), Model::default(), Batch::default());
        let job = JobId(store.ids.uuid());
        for _ in 0..60 {
            put(store, job, &mut numbers, &mut batch, &mut model);
        }
        for index in 0..20 {
            let from_step = numbers.below(3) as u16;
            bump(&mut model.step(9).arrivals, from_step, 1);
            let (from_task, artifact) = (TaskId(store.ids.uuid()), ArtifactId(index));
            batch.arrivals.push(Arrival {
                job,
                join_step: 9,
                item_path: ItemPath::default(),
                from_step,
                from_task,
                artifact,
            });
        }
        store.write(batch).await;
        // Another job's rows are not counted.
        let mut other = Batch::default();
        let other_job = JobId(store.ids.uuid());
        put(store, other_job, &mut numbers, &mut other, &mut Model::default());
        store.write(other).await;
        let mut found = store.reader.job_tally(job, LIMITS).await.expect("reads");
        found.steps.iter_mut().for_each(sort);
        assert_eq!(found, model.tally(), "seed {seed}");
    }
}

async fn names_are_limited_and_counts_are_not(store: &mut Store) {
    let job = store.job();
    let mut batch = Batch { jobs_started: vec![job.clone()], ..Batch::default() };
    let mut children = Vec::new();
    for number in 0..5u32 {
        let task = store.task(job.id);
        for attempt_number in 0..=number {
            let worker_id = format!("w{number}");
            batch.attempts.push(Attempt { worker_id, ..attempt(&task, attempt_number, 1) });
        }
        let lineage = Lineage {
            kind: LineageKind::SubPlan,
            root: job.id,
            parent: Some((job.id, task.id)),
            depth: 1,
            source: None,
        };
        let child = Job { lineage, state: JobState::Failed, ..store.job() };
        children.push(ChildJob { job: child.id, task: task.id, plan_version: child.plan_version, state: child.state });
        batch.jobs_started.push(child);
        batch.ended.push(ended(&task, TaskState::Succeeded, &[], false));
    }
    store.write(batch).await;
    let found = store.reader.job_tally(job.id, TallyLimits { workers: 2, children: 3 }).await.expect("reads");
    let busiest: Vec<_> = found.workers.iter().map(|w| (w.worker_id.as_str(), w.tally.attempts)).collect();
    assert_eq!((busiest, found.worker_count), (vec![("w4", 5), ("w3", 4)], 5));
    assert_eq!((found.children, found.child_count), (children[..3].to_vec(), 5));
    assert_eq!(found.steps[0].versions[0].tally.attempts, 15);
}

async fn attempts_of_the_asked_tasks_come_in_order(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    let tasks: [Task; 3] = std::array::from_fn(|_| store.task(job));
    let other = store.any_task();
    let mut written = Vec::new();
    for task in tasks.iter().chain([&other]) {
        written.extend([2, 1, 3].map(|number| attempt(task, number, i64::from(number))));
    }
    store.write(Batch { attempts: written.clone(), ..Batch::default() }).await;
    let asked = [tasks[2].id, tasks[0].id, TaskId(store.ids.uuid()), other.id, tasks[2].id];
    let found = store.reader.attempts_of(job, &asked).await.expect("reads");
    let expected: Vec<_> =
        [&tasks[0], &tasks[2]].into_iter().flat_map(|task| (1..4).map(|n| attempt(task, n, i64::from(n)))).collect();
    assert_eq!(found, expected);
    assert!(store.reader.attempts_of(job, &[]).await.expect("reads").is_empty());
}

async fn bodies_are_measured_and_not_read(store: &mut Store) {
    let payloads = [
        Payload::none(),
        Payload::json(""),
        Payload { content_type: "text/plain".into(), schema: "s/1".into(), ..Payload::binary([1, 2, 3]) },
        Payload::binary(vec![7; 64 << 10]),
        Payload::binary(vec![7; (64 << 10) + 1]),
    ];
    let rows: Vec<_> = payloads.into_iter().map(|payload| store.artifact(payload)).collect();
    store.write(Batch { artifacts: rows.clone(), ..Batch::default() }).await;
    let asked: Vec<_> =
        rows.iter().map(|(artifact, _)| artifact.id).chain([ArtifactId(i64::MAX), rows[0].0.id]).collect();
    let mut found = store.reader.artifact_heads(&asked).await.expect("reads");
    found.sort_by_key(|head| head.id);
    let expected: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(index, (artifact, sha256))| ArtifactHead {
            id: artifact.id,
            job: artifact.job,
            removed: false,
            has_body: index > 0,
            content_type: artifact.payload.content_type.to_string(),
            schema: artifact.payload.schema.to_string(),
            sha256: *sha256,
            size_bytes: artifact.payload.bytes().len() as i64,
        })
        .collect();
    assert_eq!(found, expected);
}
