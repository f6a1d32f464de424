//! A trace as a tree: the job, its steps in the order of the plan, their tasks, and of each task its attempts and data.

use super::job::Traced;
use crate::cli::{
    output,
    tree::{Node, Paint},
};
use esteira_contract::v1;
use std::collections::HashMap;

/// Columns that a line has at most, unless what it must say is longer.
const WIDTH: usize = 100;

/// The whole tree.
pub fn job(traced: &Traced, paint: Paint) -> String {
    let trace = &traced.trace;
    let took = output::between(trace.start_time.as_ref(), trace.end_time.as_ref());
    let state = output::short(trace.state().as_str_name(), "JOB_STATE_");
    let head = ["job".to_owned(), paint.bold(&trace.job_id), paint.state(&state), took];
    let mut root = Node::new(words(&head));
    root.field("plan", format!("{} version {}", trace.plan_name, trace.plan_version));
    root.field("document", digest(&trace.plan_sha256));
    root.field("operator", operator(trace));
    root.field(
        "project",
        format!("{}, {}", trace.project, output::short(trace.data_class().as_str_name(), "DATA_CLASS_")),
    );
    lineage(&mut root, trace);
    let aggregate = trace.aggregate.as_ref();
    root.field(
        "aggregate",
        aggregate.map(|moved| format!("{}/{} version {}", moved.r#type, moved.id, moved.version)).unwrap_or_default(),
    );
    root.field("waits", paint.state(&output::short(trace.wait_reason().as_str_name(), "WAIT_REASON_")));
    root.field("failure", paint.bad(&failure(trace.failure.as_ref())));
    root.field("created", output::time(trace.create_time.as_ref()));
    root.field("started", output::time(trace.start_time.as_ref()));
    root.field("ended", output::time(trace.end_time.as_ref()));
    root.field("input", trace.input.as_ref().map(artifact).unwrap_or_default());
    root.field("tasks", counts(&trace.task_counts, paint));
    root.field("results", if trace.result_count > 0 { trace.result_count.to_string() } else { String::new() });
    workers(&mut root, trace);
    let mut steps = Node::new("steps");
    for each in &trace.steps {
        steps.add(step(each, &traced.tasks, paint));
    }
    root.add(steps);
    root.draw()
}

fn operator(trace: &v1::JobTrace) -> String {
    let actor = trace.operator.clone().unwrap_or_default();
    let behalf = if actor.on_behalf_of.is_empty() { String::new() } else { format!(" for {}", actor.on_behalf_of) };
    format!("{}{behalf}, account {}", actor.user_id, actor.account_id)
}

fn lineage(root: &mut Node, trace: &v1::JobTrace) {
    let lineage = trace.lineage.clone().unwrap_or_default();
    if lineage.kind() == v1::lineage::Kind::SubPlan {
        let mut origin = Node::new(format!("{:<10} a sub-plan of job {}", "from", lineage.parent_job_id));
        origin.add(format!("task {}", lineage.parent_task_id));
        if lineage.root_job_id != lineage.parent_job_id {
            origin.add(format!("root {}", lineage.root_job_id));
        }
        root.add(origin);
    } else {
        root.field("from", "a caller");
    }
    if trace.children.is_empty() {
        return;
    }
    let mut children = Node::new(format!("{:<10} {}", "started", plural(trace.child_count, "job")));
    for child in &trace.children {
        let state = output::short(child.state().as_str_name(), "JOB_STATE_");
        children.add(format!("{} {} version {}  {state}", child.job_id, child.plan_name, child.plan_version));
    }
    more(&mut children, trace.child_count - trace.children.len() as i64);
    root.add(children);
}

fn workers(root: &mut Node, trace: &v1::JobTrace) {
    const SHOWN: usize = 10;
    if trace.workers.is_empty() {
        return;
    }
    let mut workers = Node::new(format!("{:<10} {}", "run by", plural(trace.worker_count, "worker")));
    for worker in trace.workers.iter().take(SHOWN) {
        let did = attempts(worker.attempts, worker.failed_attempts);
        workers.add(words(&[worker.worker_id.clone(), did, usage(worker.usage.as_ref())]));
    }
    more(&mut workers, trace.worker_count - trace.workers.len().min(SHOWN) as i64);
    root.add(workers);
}

fn step(step: &v1::StepTrace, tasks: &[v1::TaskTrace], paint: Paint) -> Node {
    let runs = match (step.function_name.as_str(), step.sub_plan_name.as_str()) {
        ("", "") => String::new(),
        ("", plan) => format!("plan {plan}"),
        (function, _) => function.to_owned(),
    };
    let reached =
        if step.task_counts.is_empty() { paint.faint("nothing led here") } else { counts(&step.task_counts, paint) };
    let took = output::between(step.start_time.as_ref(), step.end_time.as_ref());
    let mut node = Node::new(words(&[paint.bold(&step.step_key), runs, reached, took]));
    let mut waits: Vec<_> = step.wait_counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    waits.sort();
    node.field("waits", waits.join(", "));
    let arrivals: Vec<_> =
        step.arrivals.iter().map(|from| format!("{} from {}", from.count, from.from_step_key)).collect();
    node.field("joined", arrivals.join(", "));
    for version in &step.versions {
        let did = attempts(version.attempts, version.failed_attempts);
        let name = if version.function_version.is_empty() { "no version" } else { &version.function_version };
        node.field("version", words(&[name.to_owned(), did, usage(version.usage.as_ref())]));
    }
    for policy in &step.policies {
        let failed = if policy.failed == 0 { String::new() } else { paint.bad(&format!("{} did not", policy.failed)) };
        let passed = if policy.passed == 0 { String::new() } else { format!("{} held", policy.passed) };
        node.field("policy", words(&[policy.policy.clone(), policy.version.clone(), passed, failed]));
    }
    for one in tasks.iter().filter(|task| task.step_key == step.step_key) {
        node.add(task(one, paint));
    }
    node
}

fn task(task: &v1::TaskTrace, paint: Paint) -> Node {
    let item = item(&task.item_path);
    let state = output::short(task.state().as_str_name(), "TASK_STATE_");
    let why = match task.skip_reason() {
        v1::SkipReason::Unspecified => output::short(task.wait_reason().as_str_name(), "WAIT_REASON_"),
        v1::SkipReason::NoItems => "the step before it produced no item".to_owned(),
        v1::SkipReason::JoinFailed => "a branch that leads here failed".to_owned(),
    };
    let took = output::between(task.start_time.as_ref(), task.end_time.as_ref());
    let mut node = Node::new(words(&[format!("task {}", task.task_id), item, paint.state(&state), why, took]));
    node.field("failure", paint.bad(&failure(task.failure.as_ref())));
    node.field("job", &task.child_job_id);
    node.field("next try", output::time(task.next_attempt_time.as_ref()));
    for each in &task.attempts {
        node.add(attempt(each, paint));
    }
    for verdict in &task.verdicts {
        let held = if verdict.passed { "held".to_owned() } else { paint.bad("did not hold") };
        node.field("policy", words(&[verdict.policy.clone(), verdict.version.clone(), held]));
    }
    node.field("read", task.input.as_ref().map(artifact).unwrap_or_default());
    node.field("saved", task.checkpoint.as_ref().map(artifact).unwrap_or_default());
    for each in &task.outputs {
        node.field("made", artifact(each));
    }
    more(&mut node, task.output_count - task.outputs.len() as i64);
    node
}

/// Which item, or "".
pub fn item(path: &[i64]) -> String {
    let path = path.iter().map(i64::to_string).collect::<Vec<_>>().join(".");
    if path.is_empty() { String::new() } else { format!("item {path}") }
}

fn attempt(attempt: &v1::Attempt, paint: Paint) -> String {
    let took = output::between(attempt.start_time.as_ref(), attempt.end_time.as_ref());
    let took = if attempt.end_time.is_none() { "runs".to_owned() } else { took };
    let by = match (attempt.worker_id.as_str(), attempt.function_version.as_str()) {
        ("", _) => "by a worker that is not known any more".to_owned(),
        (worker, "") => format!("by {worker}"),
        (worker, version) => format!("by {worker} with {version}"),
    };
    let number = format!("attempt {}", attempt.number);
    words(&[number, took, by, usage(attempt.usage.as_ref()), paint.bad(&failure(attempt.failure.as_ref()))])
}

/// A failure's code and kind: its texts may hold data.
pub fn failure(failure: Option<&v1::Failure>) -> String {
    let Some(failure) = failure else { return String::new() };
    let kind = output::short(failure.kind().as_str_name(), "FAILURE_KIND_");
    format!("{} ({kind})", failure.code)
}

fn attempts(all: i64, failed: i64) -> String {
    let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
    format!("{}{failed}", plural(all, "attempt"))
}

fn usage(usage: Option<&v1::ResourceUsage>) -> String {
    let Some(usage) = usage else { return String::new() };
    let mut parts = Vec::new();
    if let Some(cpu) = &usage.cpu_time {
        parts.push(format!("cpu {}", output::duration(Some(cpu))));
    }
    for (name, bytes) in [("memory", usage.peak_rss_bytes), ("read", usage.bytes_read), ("wrote", usage.bytes_written)]
    {
        if bytes > 0 {
            parts.push(format!("{name} {}", size(bytes)));
        }
    }
    parts.join(", ")
}

/// A body: the digest as `sha256sum` prints it and as `esteira trace` takes it, how long it is, and what it is if there is room.
pub fn artifact(artifact: &v1::TracedArtifact) -> String {
    if artifact.removed {
        return "removed".into();
    }
    if artifact.sha256.is_empty() {
        return "no data".into();
    }
    let line = words(&[digest(&artifact.sha256), size(artifact.size_bytes)]);
    // What stands before it on its line is the names and the tree.
    let has_room = line.len() + artifact.content_type.len() + 30 <= WIDTH;
    if has_room { words(&[line, artifact.content_type.clone()]) } else { line }
}

/// Lower-case hexadecimal.
pub fn digest(sha256: &[u8]) -> String {
    sha256.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn size(bytes: i64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return plural(bytes, "byte");
    }
    let (mut amount, mut unit) = (bytes as f64 / 1024.0, 0);
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        (amount, unit) = (amount / 1024.0, unit + 1);
    }
    format!("{amount:.1} {}", UNITS[unit])
}

fn plural(count: i64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn counts(counts: &HashMap<String, i64>, paint: Paint) -> String {
    let mut counts: Vec<_> = counts.iter().filter(|(_, count)| **count > 0).collect();
    counts.sort();
    counts.iter().map(|(state, count)| format!("{count} {}", paint.state(state))).collect::<Vec<_>>().join(", ")
}

/// Says that there is more.
pub fn more(node: &mut Node, count: i64) {
    if count > 0 {
        node.add(format!("… {count} more"));
    }
}

/// Those that are not empty, with two blanks between them.
pub fn words(words: &[String]) -> String {
    words.iter().filter(|word| !word.is_empty()).map(String::as_str).collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (1 << 20, "1.0 MiB"),
            (5 << 40, "5.0 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn an_artifact_is_what_is_known_of_it() {
        let known = v1::TracedArtifact { sha256: vec![0xab; 32].into(), size_bytes: 2, ..Default::default() };
        assert_eq!(artifact(&known), format!("{}  2 bytes", "ab".repeat(32)));
        assert_eq!(artifact(&v1::TracedArtifact { removed: true, ..known }), "removed");
        assert_eq!(artifact(&v1::TracedArtifact::default()), "no data");
    }
}
