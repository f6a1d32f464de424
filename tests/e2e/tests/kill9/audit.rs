//! What must hold after the kills, seen through public calls.

use crate::load::{ITEMS, Job, Started};
use esteira_e2e::jobs;
use esteira_sdk::client::{Client, v1};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Waits until every job has ended; the jobs, in the order in which they were asked for.
pub async fn ended(client: &Client, started: &Started) -> Vec<v1::Job> {
    let mut ended = Vec::new();
    for job in &started.jobs {
        ended.push(client.jobs().wait(&job.job_id).await.unwrap_or_else(|error| panic!("job {}: {error}", job.job_id)));
    }
    ended
}

/// Checks all of it; how many tasks there are. Upholding this needs INV-ONE-TX, INV-FENCE, INV-REPLAY and INV-DATES.
pub async fn check(
    client: &Client,
    started: &Started,
    ended: &[v1::Job],
    executions: &[(String, i64)],
    reports: &[(String, i64)],
) -> usize {
    let ids: BTreeSet<&str> = started.jobs.iter().map(|job| job.job_id.as_str()).collect();
    assert_eq!(ids.len(), started.jobs.len(), "two requests started the same job");
    assert_eq!(all_jobs(client).await, ids.iter().map(|id| (*id).to_owned()).collect(), "jobs that nobody asked for");
    fences_rise(executions);

    let mut accepted = HashMap::new();
    for (job, ended) in started.jobs.iter().zip(ended) {
        assert_eq!(ended.state(), v1::JobState::Succeeded, "job {}: {:?}", job.job_id, ended.failure);
        let (tasks, result) = expected(job);
        assert_eq!(jobs::results(ended).iter().map(|value| value["n"].as_i64()).collect::<Vec<_>>(), [Some(result)]);
        let listed = jobs::tasks(client, &job.job_id).await;
        assert_eq!(listed.len(), tasks, "job {} has the tasks of its plan", job.job_id);
        for task in &listed {
            accepted.insert(task.task_id.clone(), accepted_fence(task));
        }
    }
    for (task_id, fence) in reports {
        assert_eq!(
            accepted.get(task_id),
            Some(fence),
            "task {task_id}: the report under fence {fence} was acknowledged"
        );
    }
    assert!(!reports.is_empty() && !executions.is_empty(), "nothing ran");
    accepted.len()
}

/// How many tasks a job has, and the number that it ends with.
fn expected(job: &Job) -> (usize, i64) {
    if job.is_fan {
        let sum = (0..ITEMS).map(|i| job.n + i + 1).sum();
        (2 + usize::try_from(ITEMS).expect("a few"), sum)
    } else {
        (3, job.n + 3)
    }
}

/// The fence under which the task's one result was accepted. The result names it too, so the two must agree.
fn accepted_fence(task: &v1::Task) -> i64 {
    assert_eq!(task.state(), v1::TaskState::Succeeded, "{task:?}");
    let fences: Vec<i64> = task.attempts.iter().map(|attempt| attempt.fence).collect();
    assert!(fences.is_sorted_by(|a, b| a < b), "the fences of task {} do not rise: {fences:?}", task.task_id);
    let good: Vec<_> = task.attempts.iter().filter(|try_| try_.failure.is_none() && try_.end_time.is_some()).collect();
    assert_eq!(good.len(), 1, "task {} has one accepted result: {:?}", task.task_id, task.attempts);
    let named: BTreeSet<Option<i64>> = task.outputs.iter().map(|output| fence_in(&jobs::value(output))).collect();
    assert_eq!(named, BTreeSet::from([Some(good[0].fence)]), "task {}", task.task_id);
    good[0].fence
}

fn fence_in(value: &Value) -> Option<i64> {
    value["fence"].as_i64()
}

/// Whoever ran a task later had a higher fence.
fn fences_rise(executions: &[(String, i64)]) {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for (task, fence) in executions {
        if let Some(before) = last.insert(task, *fence) {
            assert!(before < *fence, "task {task} ran under fence {fence} after {before}");
        }
    }
}

/// Every job that there is.
async fn all_jobs(client: &Client) -> BTreeSet<String> {
    let mut request = v1::ListJobsRequest { page_size: 500, ..Default::default() };
    let mut ids = BTreeSet::new();
    loop {
        let page = client.jobs().list_jobs(request.clone()).await.expect("the jobs are listed");
        for job in page.jobs {
            assert!(ids.insert(job.job_id.clone()), "job {} is listed twice", job.job_id);
        }
        if page.next_page_token.is_empty() {
            return ids;
        }
        request.page_token = page.next_page_token;
    }
}
