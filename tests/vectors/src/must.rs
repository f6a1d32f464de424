//! What an author promises by hand about a trace.

use crate::case::{Must, Payload, Task, Trace};

/// What is broken, if something is.
pub fn broken(must: &Must, trace: &Trace) -> Option<String> {
    let tasks = || trace.tasks.iter().map(place).collect::<Vec<_>>();
    let results = || trace.results.iter().map(text).collect::<Vec<_>>();
    let messages = || trace.messages.iter().map(|message| text(&message.payload)).collect::<Vec<_>>();
    let failure = || trace.failure.as_ref().map(|it| format!("{} {}", it.kind, it.code));
    let state =
        must.state.clone().unwrap_or_else(|| if must.failure.is_some() { "FAILED" } else { "SUCCEEDED" }.into());
    let lists = [
        ("tasks", &must.tasks, tasks()),
        ("results", &must.results, results()),
        ("messages", &must.messages, messages()),
    ];
    if state != trace.state {
        return Some(format!("state: promised {state}, found {} {:?}", trace.state, trace.failure));
    }
    if must.failure.is_some() && must.failure != failure() {
        return Some(format!("failure: promised {:?}, found {:?}", must.failure, failure()));
    }
    lists.into_iter().find_map(|(name, promised, found)| {
        let promised = promised.as_ref()?;
        (*promised != found).then(|| format!("{name}: promised {promised:?}, found {found:?}"))
    })
}

/// `plan.step[item]*attempts STATE`, with what is usual left out.
fn place(task: &Task) -> String {
    let mut text = if task.plan.is_empty() { task.step.clone() } else { format!("{}.{}", task.plan, task.step) };
    if !task.item.is_empty() {
        text.push_str(&format!("[{}]", task.item));
    }
    if task.attempts > 1 {
        text.push_str(&format!("*{}", task.attempts));
    }
    if task.state != "SUCCEEDED" {
        text.push_str(&format!(" {}", task.state));
    }
    text
}

fn text(payload: &Payload) -> String {
    match payload {
        Payload::Json(text) => text.clone(),
        Payload::Binary(text) => format!("binary {text}"),
        Payload::None(_) => "none".into(),
    }
}
