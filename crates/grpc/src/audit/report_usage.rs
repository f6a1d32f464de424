//! ReportUsage.

use super::report::{Ask, Asked, count_out, scope_out};
use crate::{
    convert::time,
    edge::Edge,
    filter::{self, Column, Kind},
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::UsageRow;

const COLUMNS: &[Column] = &[
    Column { name: "user_id", kind: Kind::Text },
    Column { name: "action", kind: Kind::Text },
    Column { name: "result", kind: Kind::Text },
];

pub async fn report_usage(
    edge: &Edge,
    caller: &Caller,
    request: v1::ReportUsageRequest,
) -> Answer<v1::ReportUsageResponse> {
    let v1::ReportUsageRequest { range, filter, page_size, page_token } = request;
    let within = format!("{range:?}");
    let ask = Ask { rpc: "ReportUsage", range, within: &within, filter: &filter, page_size, page_token: &page_token };
    let asked = Asked::read(edge, caller, ask)?;
    let terms = filter::parse(&filter, COLUMNS)?;
    let (rows, scope) = edge.coordinator.report_usage(&caller.principal, &asked.range, &terms).await?;
    let total = rows.iter().map(|row| row.count).sum();
    let (page, next_page_token) = asked.page(edge, rows.len());
    Ok(v1::ReportUsageResponse {
        rows: rows[page].iter().map(row_out).collect(),
        next_page_token,
        total_count: count_out(total),
        scope: Some(scope_out(&scope)),
    })
}

fn row_out(row: &UsageRow) -> v1::UsageRow {
    v1::UsageRow {
        user_id: row.user_id.clone(),
        action: row.action.clone(),
        result: row.result.clone(),
        count: count_out(row.count),
        last_time: Some(time::instant_out(row.last_time)),
    }
}
