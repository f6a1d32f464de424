//! ReportErrors.

use super::report::{Ask, Asked, count_out, scope_out};
use crate::{
    convert::{enums, time},
    edge::Edge,
    filter::{self, Column, Kind},
    principal::Caller,
    reveals::Reveals,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::{Deed, ErrorRow};

const COLUMNS: &[Column] = &[
    Column { name: "plan_name", kind: Kind::Text },
    Column { name: "step_key", kind: Kind::Text },
    Column { name: "function_version", kind: Kind::Text },
    Column { name: "code", kind: Kind::Text },
];

pub async fn report_errors(
    edge: &Edge,
    caller: &Caller,
    deed: &Deed,
    request: v1::ReportErrorsRequest,
) -> Answer<v1::ReportErrorsResponse> {
    let v1::ReportErrorsRequest { range, filter, page_size, page_token, omit_messages } = request;
    let within = format!("{range:?}");
    let ask = Ask { rpc: "ReportErrors", range, within: &within, filter: &filter, page_size, page_token: &page_token };
    let asked = Asked::read(edge, caller, ask)?;
    let terms = filter::parse(&filter, COLUMNS)?;
    let (rows, scope) = edge.coordinator.report_errors(&caller.principal, &asked.range, &terms).await?;
    let total = rows.iter().map(|row| row.count).sum();
    let (page, next_page_token) = asked.page(edge, rows.len());
    let rows: Vec<_> = rows[page].iter().map(|row| row_out(row, omit_messages)).collect();
    if rows.reveals() {
        edge.reveal(deed).await?;
    }
    let scope = Some(scope_out(&scope));
    Ok(v1::ReportErrorsResponse { rows, next_page_token, total_count: count_out(total), scope })
}

fn row_out(row: &ErrorRow, omit_messages: bool) -> v1::ErrorRow {
    let message = row.last.failure.as_ref().filter(|_| !omit_messages).map(|failure| failure.message.clone());
    v1::ErrorRow {
        plan_name: row.plan_name.clone(),
        step_key: row.step_key.clone(),
        function_version: row.function_version.clone(),
        kind: enums::failure_kind_out(row.kind) as i32,
        code: row.code.clone(),
        count: count_out(row.count),
        last_job_id: row.last.job.to_string(),
        last_task_id: row.last.task.to_string(),
        last_time: Some(time::instant_out(row.last.end_time)),
        last_message: message.unwrap_or_default(),
    }
}
