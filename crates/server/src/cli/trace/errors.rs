//! Reports of failed tasks, with the data so far. What is printed is as confidential as the data.

use super::show::{artifact, failure, item, more, words};
use crate::cli::{
    Outcome, Session, output,
    tree::{Node, Paint},
};
use esteira_contract::v1;

/// Reports that are read at once.
const PAGE: i32 = 20;
/// Reports that are shown at most.
const SHOWN_MAX: usize = 200;

/// Prints the reports of a job.
pub async fn list(session: &Session, job_id: String) -> Outcome {
    let mut all = v1::ListErrorReportsResponse::default();
    loop {
        let request = v1::ListErrorReportsRequest {
            job_id: job_id.clone(),
            page_size: PAGE,
            page_token: std::mem::take(&mut all.next_page_token),
            filter: String::new(),
        };
        let answer = session.client.traces().list_error_reports(request).await?;
        all.reports.extend(answer.reports);
        all.next_page_token = answer.next_page_token;
        if all.next_page_token.is_empty() || all.reports.len() >= SHOWN_MAX {
            break;
        }
    }
    let id = |report: &v1::ErrorReport| report.task.as_ref().map(|task| task.task_id.clone()).unwrap_or_default();
    let ids = |all: &v1::ListErrorReportsResponse| all.reports.iter().map(id).collect();
    output::print(session, "ListErrorReportsResponse", &all, ids, |all| {
        if all.reports.is_empty() {
            return "none".into();
        }
        all.reports.iter().map(|report| draw(report, Paint::for_output())).collect::<Vec<_>>().join("\n\n")
    })?;
    output::note_more(&all.next_page_token, "TraceService/ListErrorReports has them all");
    Ok(())
}

fn draw(report: &v1::ErrorReport, paint: Paint) -> String {
    let task = report.task.clone().unwrap_or_default();
    let head = ["task".into(), paint.bold(&task.task_id), task.step_key.clone(), item(&task.item_path)];
    let mut root = Node::new(words(&head));
    why(&mut root, report.failure.as_ref(), paint);
    root.field("ended", output::time(task.end_time.as_ref()));
    for attempt in &report.attempts {
        let by = format!("attempt {} by {}", attempt.number, attempt.worker_id);
        let took = output::between(attempt.start_time.as_ref(), attempt.end_time.as_ref());
        let mut node = Node::new(words(&[by, attempt.function_version.clone(), took]));
        why(&mut node, attempt.failure.as_ref(), paint);
        root.add(node);
    }
    for verdict in &report.verdicts {
        let held = if verdict.passed { "held".to_owned() } else { paint.bad("did not hold") };
        root.field("policy", words(&[verdict.policy.clone(), held, verdict.detail.clone()]));
    }
    body(&mut root, "read", task.input.as_ref(), report.input.as_ref());
    body(&mut root, "saved", task.checkpoint.as_ref(), report.checkpoint.as_ref());
    for appended in &report.appended {
        let mut node = Node::new(format!("{:<10} {} items", "appended", appended.count));
        for one in &appended.items {
            node.add(artifact(one));
        }
        more(&mut node, appended.count - appended.items.len() as i64);
        root.add(node);
    }
    root.draw()
}

fn why(node: &mut Node, of: Option<&v1::Failure>, paint: Paint) {
    node.field("failure", paint.bad(&failure(of)));
    let Some(of) = of else { return };
    for line in of.message.lines().chain(of.stack_trace.lines()) {
        node.field("", line);
    }
    node.field("details", output::payload(of.details.as_ref()));
}

fn body(root: &mut Node, name: &str, known: Option<&v1::TracedArtifact>, data: Option<&v1::Payload>) {
    let Some(known) = known else { return };
    let mut node = Node::new(format!("{name:<10} {}", artifact(known)));
    node.add(output::payload(data));
    root.add(node);
}
