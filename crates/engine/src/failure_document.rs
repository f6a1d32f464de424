//! The document that an `on_failure_step` receives: `{"failure": {..}, "input": ..}`.

use esteira_model::{Failure, Payload, Task};
use std::fmt::Write;

/// Builds it. The failed task's input stands there verbatim when it is JSON, else `null`.
pub(crate) fn build(step_key: &str, task: &Task, failure: &Failure, input: Option<&Payload>) -> Payload {
    let mut text = String::from("{\"failure\":{\"step\":");
    quote(&mut text, step_key);
    text.push_str(",\"kind\":");
    quote(&mut text, failure.kind.as_str());
    text.push_str(",\"code\":");
    quote(&mut text, &failure.code);
    text.push_str(",\"message\":");
    quote(&mut text, &failure.message);
    let _ = write!(text, ",\"attempts\":{},\"task_id\":\"{}\"}},\"input\":", task.attempts, task.id);
    text.push_str(input.and_then(Payload::as_json).unwrap_or("null"));
    text.push('}');
    Payload::json(text)
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
