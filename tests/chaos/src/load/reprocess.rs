//! Operators that have a job processed again that has ended: from its last step, from its first one, or what failed of it.

use super::plans::{FIRST_STEPS, PLANS};
use crate::{
    call::{Caller, Heard},
    history::{Answer, Said},
};
use esteira_contract::v1::{self, job_service_client::JobServiceClient};
use std::time::Duration;

/// How often in a hundred it is sent once more with the same id, whatever came back.
const AGAIN_PERCENT: u64 = 40;

/// Has one of these jobs processed again.
pub(crate) async fn run(caller: &mut Caller, ended: &[(String, usize)], number: u64) {
    let (job, request) = ended[caller.draws.below(ended.len())].clone();
    let mut ask = v1::ReprocessJobRequest {
        request_id: format!("{}-reprocess-{number}", caller.log.client),
        job_id: job,
        reason: "chaos".into(),
        ..Default::default()
    };
    match caller.draws.below(3) {
        0 => ask.from_step_keys = vec![FIRST_STEPS[request % PLANS.len()].into()],
        1 => ask.failed_items = true,
        _ => {}
    }
    let is_unknown = send(caller, &ask).await;
    if is_unknown || caller.draws.percent(AGAIN_PERCENT) {
        caller.log.own("duplicate call", &caller.log.client, crate::clock::now(), crate::clock::now());
        send(caller, &ask).await;
    }
}

/// Whether nobody knows what became of it.
async fn send(caller: &mut Caller, ask: &v1::ReprocessJobRequest) -> bool {
    let said = Said::Reprocess { request: ask.request_id.clone(), job: ask.job_id.clone() };
    let ask = ask.clone();
    let call = async move |channel| JobServiceClient::new(channel).reprocess_job(ask).await;
    let read = |answer: &v1::ReprocessJobResponse| Answer::Started {
        job: answer.job.as_ref().map(|job| job.job_id.clone()).unwrap_or_default(),
        again: answer.deduplicated,
        held: false,
    };
    matches!(caller.ask(said, Duration::ZERO, call, read).await, Heard::Unknown)
}
