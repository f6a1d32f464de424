//! Who did what, how often.

use super::{
    deed::OK,
    report::{Range, Scope, holds},
};
use crate::{coordinator::Coordinator, error::Result, work::Principal};
use esteira_model::Time;
use esteira_store::Filter;
use hashbrown::HashMap;
use std::cmp::Reverse;

/// What somebody did, how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// Who.
    pub user_id: String,
    /// What.
    pub action: String,
    /// How it ended.
    pub result: String,
    /// How often.
    pub count: u64,
    /// When last.
    pub last_time: Time,
}

/// A start that was granted is counted from its job.
const STARTED: &str = "StartJob";

impl Coordinator {
    /// Records and started jobs of a range, by caller, action and result; the most frequent first.
    pub async fn report_usage(
        &self,
        principal: &Principal,
        range: &Range,
        filter: &Filter,
    ) -> Result<(Vec<UsageRow>, Scope)> {
        let mut counts: HashMap<(String, String, String), (u64, Time)> = HashMap::new();
        let mut count = |user: &str, action: &str, result: &str, time: Time| {
            let (count, last) = counts.entry((user.into(), action.into(), result.into())).or_insert((0, time));
            *count += 1;
            *last = time.max(*last);
        };
        let mut scope = Scope::of(range);
        self.each_record(principal, range, &mut scope, &mut count).await?;
        self.each_start(principal, range, &mut scope, |user, time| count(user, STARTED, OK, time)).await?;
        let row =
            |((user_id, action, result), (count, last_time))| UsageRow { user_id, action, result, count, last_time };
        let mut rows: Vec<UsageRow> = counts.into_iter().map(row).collect();
        rows.retain(|row| {
            holds(filter, |column| match column {
                "user_id" => Some(row.user_id.as_str()),
                "action" => Some(&row.action),
                "result" => Some(&row.result),
                _ => None,
            })
        });
        rows.sort_by(|a, b| {
            let key =
                |row: &UsageRow| (Reverse(row.count), row.user_id.clone(), row.action.clone(), row.result.clone());
            key(a).cmp(&key(b))
        });
        Ok((rows, scope))
    }
}
