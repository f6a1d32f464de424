//! `esteira audit`: who did what, what failed, and how long it took.

use super::{Failure, Outcome, Session, output};
use clap::{Args, Subcommand, ValueEnum};
use esteira_contract::v1;
use esteira_coordinator::{Clock, SystemClock};
use esteira_definition::parse_duration;
use esteira_model::DataClass;
use std::time::Duration;

/// Commands on the record.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List records of operators' calls, newest first
    Records(Page),
    /// Count who did what
    Usage(Report),
    /// Count the attempts that failed, with the newest example; texts of failures are data, so that this is recorded as a read
    Errors {
        #[command(flatten)]
        report: Report,
        /// Leave out what the examples say
        #[arg(long)]
        omit_messages: bool,
    },
    /// Show how long attempts waited and ran, and what they used
    Performance {
        #[command(flatten)]
        report: Report,
        /// By what attempts are put together; default: plan, step and function version
        #[arg(long = "by", value_enum, value_delimiter = ',')]
        by: Vec<By>,
    },
}

/// By what attempts are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// By plan
    Plan,
    /// By step
    Step,
    /// By version of the function
    FunctionVersion,
    /// By worker
    Worker,
}

/// Which rows.
#[derive(Debug, Args)]
pub struct Page {
    /// Which rows, for example 'result != "OK"'
    #[arg(long, default_value = "", hide_default_value = true)]
    filter: String,
    /// Rows at most, 1 to 500
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=500))]
    limit: i32,
    /// Go on where the page before ended
    #[arg(long, default_value = "", hide_default_value = true)]
    page_token: String,
}

/// Which time, data and rows.
#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    page: Page,
    /// How far back from the end: 30m, 12h, 7d. Default: a day
    #[arg(long, value_parser = duration, conflicts_with = "from")]
    last: Option<Duration>,
    /// The beginning, as RFC 3339
    #[arg(long, value_parser = instant)]
    from: Option<prost_types::Timestamp>,
    /// The end, as RFC 3339. Default: now
    #[arg(long, value_parser = instant)]
    to: Option<prost_types::Timestamp>,
    /// PRODUCTION, QA or DEVTEST; more than one with commas
    #[arg(long, value_delimiter = ',', default_value = "PRODUCTION")]
    data_class: Vec<DataClass>,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).filter(|time| !time.is_zero()).ok_or_else(|| "a time such as 30m, 12h or 7d".into())
}

fn instant(text: &str) -> Result<prost_types::Timestamp, String> {
    text.parse().map_err(|_| "an instant such as 2026-01-31T00:00:00Z".into())
}

impl Report {
    /// The range. With `--last` it needs an end: that is `--to`, or now by this machine's clock.
    fn range(&self) -> Result<v1::ReportRange, Failure> {
        let mut start_time = self.from;
        if let Some(last) = self.last {
            let end = self.to.unwrap_or_else(now);
            let seconds = i64::try_from(last.as_secs()).ok().and_then(|seconds| end.seconds.checked_sub(seconds));
            let seconds = seconds.ok_or_else(|| Failure::Usage("--last: too far back".into()))?;
            start_time = Some(prost_types::Timestamp { seconds, nanos: end.nanos });
        }
        let class = |class: &DataClass| match class {
            DataClass::Production => v1::DataClass::Production as i32,
            DataClass::Qa => v1::DataClass::Qa as i32,
            DataClass::Devtest => v1::DataClass::Devtest as i32,
        };
        let data_classes = self.data_class.iter().map(class).collect();
        Ok(v1::ReportRange { start_time, end_time: self.to, data_classes })
    }
}

/// A person's "the last hour" is by the clock of their machine.
fn now() -> prost_types::Timestamp {
    output::timestamp(SystemClock.now())
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    match command {
        Command::Records(page) => records(session, page).await,
        Command::Usage(report) => usage(session, report).await,
        Command::Errors { report, omit_messages } => errors(session, report, omit_messages).await,
        Command::Performance { report, by } => performance(session, report, &by).await,
    }
}

fn note_next(next_page_token: &str) {
    output::note_more(next_page_token, &format!("--page-token {next_page_token} has the next"));
}

/// What a table was made of, beside it: whoever reads a figure knows of what it is.
fn note_scope(scope: Option<&v1::ReportScope>) {
    let Some(scope) = scope else { return };
    let (from, to) = (output::time(scope.start_time.as_ref()), output::time(scope.end_time.as_ref()));
    let mut looked = Vec::new();
    for (count, what) in [(scope.records, "records"), (scope.jobs, "jobs"), (scope.attempts, "ended attempts")] {
        if count > 0 {
            looked.push(format!("{count} {what}"));
        }
    }
    let looked = if looked.is_empty() { "nothing".into() } else { looked.join(", ") };
    output::note(format_args!("looked at {looked} from {from} to {to}"));
    if scope.other_class_jobs > 0 {
        output::note(format_args!("left out {} jobs of other data classes: see --data-class", scope.other_class_jobs));
    }
    if !scope.complete {
        output::note(
            "a bound was reached: what is older was not looked at; ask for a shorter time with --from and --to",
        );
    }
}

async fn records(session: &Session, page: Page) -> Outcome {
    let Page { filter, limit, page_token } = page;
    let request = v1::ListAuditRecordsRequest { page_size: limit, page_token, filter };
    let answer = session.client.audit().list_audit_records(request).await?;
    let ids = |answer: &v1::ListAuditRecordsResponse| answer.records.iter().map(|r| r.record_id.clone()).collect();
    output::print(session, "ListAuditRecordsResponse", &answer, ids, |answer| {
        let row = |record: &v1::AuditRecord| {
            vec![
                output::time(record.start_time.as_ref()),
                record.user_id.clone(),
                record.action.clone(),
                record.resource.clone(),
                match record.decision() {
                    v1::AuditDecision::Denied => format!("DENIED {}", record.result),
                    _ => record.result.clone(),
                },
                output::duration(record.latency.as_ref()),
                record.client_address.clone(),
                record.reason.clone(),
            ]
        };
        let headings = ["time", "who", "action", "on", "result", "took", "from", "why"];
        output::rows(&headings, answer.records.iter().map(row).collect())
    })?;
    note_next(&answer.next_page_token);
    Ok(())
}

async fn usage(session: &Session, report: Report) -> Outcome {
    let range = Some(report.range()?);
    let Page { filter, limit, page_token } = report.page;
    let request = v1::ReportUsageRequest { range, filter, page_size: limit, page_token };
    let answer = session.client.audit().report_usage(request).await?;
    output::print(
        session,
        "ReportUsageResponse",
        &answer,
        |_| Vec::new(),
        |answer| {
            let row = |row: &v1::UsageRow| {
                let last = output::time(row.last_time.as_ref());
                vec![row.user_id.clone(), row.action.clone(), row.result.clone(), row.count.to_string(), last]
            };
            let mut rows: Vec<_> = answer.rows.iter().map(row).collect();
            rows.push(vec![
                "total".into(),
                String::new(),
                String::new(),
                answer.total_count.to_string(),
                String::new(),
            ]);
            output::rows(&["who", "action", "result", "count", "last"], rows)
        },
    )?;
    note_scope(answer.scope.as_ref());
    note_next(&answer.next_page_token);
    Ok(())
}

async fn errors(session: &Session, report: Report, omit_messages: bool) -> Outcome {
    let range = Some(report.range()?);
    let Page { filter, limit, page_token } = report.page;
    let request = v1::ReportErrorsRequest { range, filter, page_size: limit, page_token, omit_messages };
    let answer = session.client.audit().report_errors(request).await?;
    output::print(
        session,
        "ReportErrorsResponse",
        &answer,
        |_| Vec::new(),
        |answer| {
            let row = |row: &v1::ErrorRow| {
                vec![
                    row.plan_name.clone(),
                    row.step_key.clone(),
                    row.function_version.clone(),
                    row.code.clone(),
                    row.count.to_string(),
                    output::time(row.last_time.as_ref()),
                    row.last_job_id.clone(),
                    row.last_message.lines().next().unwrap_or_default().chars().take(80).collect(),
                ]
            };
            let mut rows: Vec<_> = answer.rows.iter().map(row).collect();
            let empty = String::new;
            rows.push(vec!["total".into(), empty(), empty(), empty(), answer.total_count.to_string()]);
            output::rows(&["plan", "step", "version", "code", "count", "last", "last job", "it said"], rows)
        },
    )?;
    note_scope(answer.scope.as_ref());
    note_next(&answer.next_page_token);
    Ok(())
}

async fn performance(session: &Session, report: Report, by: &[By]) -> Outcome {
    let range = Some(report.range()?);
    let group = |by: &By| match by {
        By::Plan => v1::ReportGroup::Plan as i32,
        By::Step => v1::ReportGroup::Step as i32,
        By::FunctionVersion => v1::ReportGroup::FunctionVersion as i32,
        By::Worker => v1::ReportGroup::Worker as i32,
    };
    let group_by = by.iter().map(group).collect();
    let Page { filter, limit, page_token } = report.page;
    let request = v1::ReportPerformanceRequest { range, filter, page_size: limit, page_token, group_by };
    let answer = session.client.audit().report_performance(request).await?;
    output::print(
        session,
        "ReportPerformanceResponse",
        &answer,
        |_| Vec::new(),
        |answer| {
            let mut rows: Vec<_> = answer.rows.iter().map(performance_row).collect();
            if let Some(total) = &answer.total {
                let mut total = performance_row(total);
                total[0] = "total".into();
                rows.push(total);
            }
            let headings = [
                "plan", "step", "version", "worker", "attempts", "failed", "run p50", "p90", "p99", "max", "wait p50",
                "p90", "p99", "max", "cpu", "peak MiB", "read", "written",
            ];
            output::rows(&headings, rows)
        },
    )?;
    note_scope(answer.scope.as_ref());
    note_next(&answer.next_page_token);
    Ok(())
}

fn performance_row(row: &v1::PerformanceRow) -> Vec<String> {
    let mut cells = vec![
        row.plan_name.clone(),
        row.step_key.clone(),
        row.function_version.clone(),
        row.worker_id.clone(),
        row.attempts.to_string(),
        row.failures.to_string(),
    ];
    for spread in [&row.run, &row.wait] {
        let spread = (*spread).unwrap_or_default();
        cells.extend([spread.p50, spread.p90, spread.p99, spread.max].map(|time| output::duration(time.as_ref())));
    }
    cells.push(output::duration(row.cpu_time.as_ref()));
    cells.push((row.peak_rss_bytes >> 20).to_string());
    cells.push(row.bytes_read.to_string());
    cells.push(row.bytes_written.to_string());
    cells
}
