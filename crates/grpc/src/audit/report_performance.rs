//! ReportPerformance.

use super::report::{Ask, Asked, count_out, scope_out};
use crate::{
    convert::{at::At, time},
    edge::Edge,
    filter::{self, Column, Kind},
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::audit::{Group, PerformanceRow, Spread};

const COLUMNS: &[Column] = &[
    Column { name: "plan_name", kind: Kind::Text },
    Column { name: "step_key", kind: Kind::Text },
    Column { name: "function_version", kind: Kind::Text },
    Column { name: "worker_id", kind: Kind::Text },
];

pub async fn report_performance(
    edge: &Edge,
    caller: &Caller,
    request: v1::ReportPerformanceRequest,
) -> Answer<v1::ReportPerformanceResponse> {
    let v1::ReportPerformanceRequest { range, filter, page_size, page_token, group_by } = request;
    let within = format!("{range:?} {group_by:?}");
    let ask =
        Ask { rpc: "ReportPerformance", range, within: &within, filter: &filter, page_size, page_token: &page_token };
    let asked = Asked::read(edge, caller, ask)?;
    let terms = filter::parse(&filter, COLUMNS)?;
    let groups = groups(&group_by)?;
    let (rows, total, scope) =
        edge.coordinator.report_performance(&caller.principal, &asked.range, &groups, &terms).await?;
    let (page, next_page_token) = asked.page(edge, rows.len());
    Ok(v1::ReportPerformanceResponse {
        rows: rows[page].iter().map(row_out).collect(),
        next_page_token,
        total: Some(row_out(&total)),
        scope: Some(scope_out(&scope)),
    })
}

fn groups(sent: &[i32]) -> Answer<Vec<Group>> {
    let mut groups = Vec::with_capacity(sent.len());
    for (index, group) in sent.iter().enumerate() {
        let at = At::Top("group_by");
        let group = match v1::ReportGroup::try_from(*group) {
            Ok(v1::ReportGroup::Plan) => Group::Plan,
            Ok(v1::ReportGroup::Step) => Group::Step,
            Ok(v1::ReportGroup::FunctionVersion) => Group::FunctionVersion,
            Ok(v1::ReportGroup::Worker) => Group::Worker,
            Ok(v1::ReportGroup::Unspecified) | Err(_) => {
                return Err(Refusal::field(at.index(index), "is not one of the values that may stand here"));
            }
        };
        if groups.contains(&group) {
            return Err(Refusal::field(at.index(index), "stands there twice"));
        }
        groups.push(group);
    }
    if groups.is_empty() {
        groups = vec![Group::Plan, Group::Step, Group::FunctionVersion];
    }
    Ok(groups)
}

fn spread_out(spread: &Spread) -> v1::DurationSpread {
    v1::DurationSpread {
        p50: Some(time::duration_out(spread.p50)),
        p90: Some(time::duration_out(spread.p90)),
        p99: Some(time::duration_out(spread.p99)),
        max: Some(time::duration_out(spread.max)),
    }
}

fn row_out(row: &PerformanceRow) -> v1::PerformanceRow {
    v1::PerformanceRow {
        plan_name: row.plan_name.clone(),
        step_key: row.step_key.clone(),
        function_version: row.function_version.clone(),
        worker_id: row.worker_id.clone(),
        attempts: count_out(row.attempts),
        failures: count_out(row.failures),
        run: row.run.as_ref().map(spread_out),
        wait: row.wait.as_ref().map(spread_out),
        cpu_time: Some(time::duration_out(row.cpu_time)),
        peak_rss_bytes: row.peak_rss_bytes,
        bytes_read: row.bytes_read,
        bytes_written: row.bytes_written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_stands_once() {
        for (sent, expected) in [
            (vec![], Ok(vec![Group::Plan, Group::Step, Group::FunctionVersion])),
            (vec![4], Ok(vec![Group::Worker])),
            (vec![0], Err("group_by[0]")),
            (vec![1, 77], Err("group_by[1]")),
            (vec![1, 1], Err("group_by[1]")),
        ] {
            let read = groups(&sent).map_err(|refusal| refusal.field);
            assert_eq!(read, expected.map_err(str::to_owned), "{sent:?}");
        }
    }
}
