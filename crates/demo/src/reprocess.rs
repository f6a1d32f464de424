//! What `esteira job reprocess` answers: how much of the old job was taken over, and what runs anew.

use crate::{error::Error, text};
use serde_json::Value;

/// A job that goes on from another.
#[derive(Debug, PartialEq, Eq)]
pub struct Reprocessed {
    /// The new job.
    pub job_id: String,
    /// Tasks that were not executed again.
    pub carried: i64,
    /// Tasks that were.
    pub begins: i64,
}

impl Reprocessed {
    /// Reads an answer, and insists that all tasks of the old job were carried over but those of one step.
    pub fn of(answer: &Value, step_key: &str, tasks: i64) -> Result<Self, Error> {
        let job_id = answer.pointer("/job/job_id").and_then(Value::as_str).map(str::to_owned);
        let job_id = job_id.ok_or_else(|| Error::Unexpected(format!("no job goes on from the old one: {answer}")))?;
        let none = Vec::new();
        let steps = answer["steps"].as_array().unwrap_or(&none);
        let sum = |field: &str| steps.iter().map(|step| step[field].as_i64().unwrap_or_default()).sum::<i64>();
        let (carried, begins) = (sum("carried"), sum("begins"));
        let only = |step: &Value| step["begins"].as_i64().unwrap_or_default() == 0 || step["step_key"] == step_key;
        if begins != 1 || carried != tasks - 1 || !steps.iter().all(only) {
            return Err(Error::Differs(vec![format!(
                "{carried} tasks were carried over and {begins} begin, where {} and the one of `{step_key}` were to be expected",
                tasks - 1
            )]));
        }
        Ok(Self { job_id, carried, begins })
    }

    /// For a person, once it has ended.
    pub fn line(&self, time: std::time::Duration, result: &[u8]) -> String {
        format!(
            "job {} took over {} tasks, ran {} in {}, and its result is the same to the byte: {}...",
            self.job_id,
            text::grouped(self.carried),
            text::grouped(self.begins),
            text::span(time),
            text::digest(result)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn answer(begins_at: &str, carried: i64) -> Value {
        json!({"job": {"job_id": "j2"}, "steps": [
            {"step_key": "fetch", "carried": 1},
            {"step_key": "write", "carried": carried},
            {"step_key": begins_at, "begins": 1},
        ]})
    }

    #[test]
    fn what_was_carried_over_and_what_ran_is_told() {
        let again = Reprocessed::of(&answer("summary", 1_700), "summary", 1_702).expect("all but one");
        let line = again.line(Duration::from_millis(12), &[0xab; 32]);
        let told =
            "job j2 took over 1,701 tasks, ran 1 in 12.0 ms, and its result is the same to the byte: abababababab...";
        assert_eq!(line, told);
    }

    #[test]
    fn executing_more_than_the_last_step_fails_the_demo() {
        for (answer, tasks) in [
            (answer("write", 1_700), 1_702),
            (answer("summary", 1_699), 1_702),
            (json!({"job": {"job_id": "j2"}}), 1),
            (json!({"steps": [{"step_key": "summary", "begins": 1}]}), 1),
        ] {
            assert!(Reprocessed::of(&answer, "summary", tasks).is_err(), "{answer}");
        }
    }
}
