//! GetLastResortRecord.

use crate::{
    convert::{at::At, last_resort},
    edge::Edge,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::Reason;

pub async fn get_last_resort_record(
    edge: &Edge,
    caller: &Caller,
    request: v1::GetLastResortRecordRequest,
) -> Answer<v1::GetLastResortRecordResponse> {
    let number = request.sequence;
    let sequence = u64::try_from(number).ok().filter(|sequence| *sequence > 0);
    let sequence = sequence.ok_or_else(|| Refusal::field(At::Top("sequence"), "must be at least 1"))?;
    let entries = edge.coordinator.list_last_resort(&caller.principal.account).await?;
    let entry = entries.iter().find(|entry| entry.sequence == sequence).ok_or_else(|| {
        let message = format!("no record {number} lies in the last resort of this coordinator");
        Refusal::new(Reason::LastResortRecordNotFound, message)
    })?;
    Ok(v1::GetLastResortRecordResponse {
        record: Some(last_resort::record_out(entry)),
        said_json: entry.head_without_texts().to_string(),
    })
}
