//! The last resort of a coordinator that runs.

use crate::cli::{Failure, Outcome, OutputFormat, Session, output};
use esteira_contract::v1::{self, last_resort_record::State};

/// Records of one call.
const PAGE: i32 = 500;

pub(super) async fn status(session: &Session) -> Outcome {
    let answer = session.client.admin().get_system_info(v1::GetSystemInfoRequest {}).await?;
    let Some(info) = answer.last_resort else {
        output::note("esteira: this coordinator has no last resort; see `esteira serve --last-resort`");
        return Err(Failure::Outcome);
    };
    let no_ids = |_: &v1::LastResortInfo| Vec::new();
    output::print(session, "LastResortInfo", &info, no_ids, |info| {
        let age = || output::duration(info.oldest_record_age.as_ref());
        let oldest =
            if info.oldest_record_age.is_some() { format!(", the oldest for {}", age()) } else { String::new() };
        let pairs = [
            ("waiting", format!("{} records, {} bytes{oldest}", info.records, info.bytes)),
            ("room", format!("{} bytes, of a reserve of {}", info.room_bytes, info.reserve_bytes)),
            ("brought back", format!("{}, and {} that had been applied before", info.ingested, info.already_applied)),
            ("set aside", info.set_aside.to_string()),
            ("damaged", info.damaged.to_string()),
            ("standard error", info.on_standard_error.to_string()),
            ("folders", format!("{}, failed: {}", info.folders, info.failed_folders)),
        ];
        output::fields(&pairs)
    })
}

pub(super) async fn list(session: &Session) -> Outcome {
    let request = v1::ListLastResortRequest { page_size: PAGE, ..Default::default() };
    let answer = session.client.admin().list_last_resort(request).await?;
    let ids = |answer: &v1::ListLastResortResponse| answer.records.iter().map(|it| it.sequence.to_string()).collect();
    output::print(session, "ListLastResortResponse", &answer, ids, |answer| {
        let row = |record: &v1::LastResortRecord| {
            vec![
                record.sequence.to_string(),
                output::short(record.kind().as_str_name(), "KIND_").to_lowercase(),
                output::time(record.write_time.as_ref()),
                record.plan_name.clone(),
                record.job_id.clone(),
                record.bytes.to_string(),
                match record.state() {
                    State::SetAside => format!("set aside: {}", record.reason),
                    _ => "waits".to_owned(),
                },
            ]
        };
        let headings = ["number", "kind", "written", "plan", "job", "bytes", ""];
        output::rows(&headings, answer.records.iter().map(row).collect())
    })?;
    output::note_more(&answer.next_page_token, "AdminService/ListLastResort has them all");
    Ok(())
}

pub(super) async fn show(session: &Session, sequence: u64) -> Outcome {
    let sequence = i64::try_from(sequence).map_err(|_| Failure::Usage(format!("there is no record {sequence}")))?;
    let request = v1::GetLastResortRecordRequest { sequence };
    let answer = session.client.admin().get_last_resort_record(request).await?;
    let ids = |_: &v1::GetLastResortRecordResponse| vec![sequence.to_string()];
    output::print(session, "GetLastResortRecordResponse", &answer, ids, |answer| {
        let said: serde_json::Value = serde_json::from_str(&answer.said_json).unwrap_or_default();
        format!("{said:#}")
    })
}

pub(super) async fn ingest(session: &Session) -> Outcome {
    let answer = session.client.admin().ingest_last_resort(v1::IngestLastResortRequest {}).await?;
    let no_ids = |_: &v1::IngestLastResortResponse| Vec::new();
    output::print(session, "IngestLastResortResponse", &answer, no_ids, |done| {
        format!(
            "{} records: {} in the store, {} set aside, {} left",
            done.ingested + done.already_applied + done.set_aside + done.left,
            done.ingested + done.already_applied,
            done.set_aside,
            done.left
        )
    })?;
    if answer.left > 0 && session.format != OutputFormat::Json {
        output::note("esteira: the coordinator goes on by itself; its log says what stands in the way");
    }
    if answer.left > 0 { Err(Failure::Outcome) } else { Ok(()) }
}
