//! What failed, how often.

use super::report::{Range, Scope, holds};
use crate::{coordinator::Coordinator, error::Result, work::Principal};
use esteira_model::{Attempt, FailureKind};
use esteira_store::Filter;
use hashbrown::HashMap;
use std::cmp::Reverse;

/// Attempts that failed alike.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorRow {
    /// The plan.
    pub plan_name: String,
    /// The step.
    pub step_key: String,
    /// The version of the function, or "".
    pub function_version: String,
    /// What it meant for a retry.
    pub kind: FailureKind,
    /// The code.
    pub code: String,
    /// How many.
    pub count: u64,
    /// The newest of them. What it says may hold data.
    pub last: Attempt,
}

impl Coordinator {
    /// Attempts of a range that failed, by plan, step, function version and code; the most frequent first.
    pub async fn report_errors(
        &self,
        principal: &Principal,
        range: &Range,
        filter: &Filter,
    ) -> Result<(Vec<ErrorRow>, Scope)> {
        let (samples, scope) = self.samples(principal, range).await?;
        let mut rows: HashMap<(String, String, String, FailureKind, String), ErrorRow> = HashMap::new();
        for sample in samples {
            let Some(failure) = &sample.sample.attempt.failure else { continue };
            let (plan_name, step_key) = (sample.plan_name().to_owned(), sample.step_key().to_owned());
            let function_version = sample.sample.attempt.function_version.clone();
            let (kind, code) = (failure.kind, failure.code.clone());
            let key = (plan_name.clone(), step_key.clone(), function_version.clone(), kind, code.clone());
            let last = sample.sample.attempt;
            let row = rows.entry(key).or_insert_with(|| ErrorRow {
                plan_name,
                step_key,
                function_version,
                kind,
                code,
                count: 0,
                last: last.clone(),
            });
            row.count += 1;
            if last.end_time > row.last.end_time {
                row.last = last;
            }
        }
        let mut rows: Vec<ErrorRow> = rows.into_values().collect();
        rows.retain(|row| {
            holds(filter, |column| match column {
                "plan_name" => Some(row.plan_name.as_str()),
                "step_key" => Some(&row.step_key),
                "function_version" => Some(&row.function_version),
                "code" => Some(&row.code),
                _ => None,
            })
        });
        let key = |row: &ErrorRow| {
            let names = (row.plan_name.clone(), row.step_key.clone(), row.function_version.clone());
            (Reverse(row.count), names, row.kind, row.code.clone())
        };
        rows.sort_by_key(key);
        Ok((rows, scope))
    }
}
