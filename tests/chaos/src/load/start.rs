//! Clients that start jobs: each request has an id, is sent again when nothing came back, and now and then when something did.

use super::{Known, plans};
use crate::{
    call::{Caller, Heard, digest, is_held},
    history::{Answer, Said},
};
use esteira_contract::v1::{self, job_service_client::JobServiceClient, start_job_request::Plan};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::sleep;

/// Between two jobs of one client.
const PACE_MS: (u64, u64) = (120, 320);
/// How often in a hundred a request that was answered is sent again, and how often another one is sent under its id.
const AGAIN_PERCENT: u64 = 8;
const REUSED_PERCENT: u64 = 3;
/// How often in a hundred a client never asks again after an unknown outcome.
const GIVEN_UP_PERCENT: u64 = 20;

/// Starts jobs until the others are calm; then asks again for what is unknown.
pub(crate) async fn run(mut caller: Caller, next: Arc<AtomicUsize>, known: Arc<Known>) {
    let mut unknown = Vec::new();
    while !caller.mood.is_calm() {
        let number = next.fetch_add(1, Relaxed);
        let request = request(number);
        if let Some(job) = start(&mut caller, &request).await {
            known.add(&job, number);
            if caller.draws.percent(AGAIN_PERCENT) {
                caller.log.own("duplicate call", &caller.log.client, crate::clock::now(), crate::clock::now());
                start(&mut caller, &request).await;
            }
            if caller.draws.percent(REUSED_PERCENT) {
                let mut other = request.clone();
                other.packet.get_or_insert_default().data = Some(plans::payload(&json!({"n": number, "other": true})));
                start(&mut caller, &other).await;
            }
        } else if !caller.draws.percent(GIVEN_UP_PERCENT) {
            unknown.push((number, request));
        }
        // A request of before, perhaps long after, perhaps at another coordinator.
        if !unknown.is_empty() && caller.draws.percent(30) {
            let (number, request) = unknown.swap_remove(caller.draws.below(unknown.len()));
            match start(&mut caller, &request).await {
                Some(job) => known.add(&job, number),
                None => unknown.push((number, request)),
            }
        }
        let pace = caller.draws.millis(PACE_MS.0, PACE_MS.1);
        sleep(pace).await;
    }
    for (number, request) in unknown {
        while !caller.mood.is_over() {
            if let Some(job) = start(&mut caller, &request).await {
                known.add(&job, number);
                break;
            }
        }
    }
}

fn request(number: usize) -> v1::StartJobRequest {
    let (plan, input, aggregate) = plans::request(number);
    let id = format!("start-{number}");
    v1::StartJobRequest {
        request_id: id.clone(),
        plan: Some(Plan::PlanName(plan.into())),
        packet: Some(v1::DataPacket { aggregate, data: Some(plans::payload(&input)), ..Default::default() }),
        labels: [("request".to_owned(), id)].into(),
        ..Default::default()
    }
}

async fn start(caller: &mut Caller, request: &v1::StartJobRequest) -> Option<String> {
    let data = request.packet.as_ref().and_then(|packet| packet.data.as_ref());
    let said = Said::Start { request: request.request_id.clone(), digest: digest(plans::text(data)) };
    let sent = request.clone();
    let heard = caller
        .ask(
            said,
            Duration::ZERO,
            async move |channel| JobServiceClient::new(channel).start_job(sent).await,
            |answer: &v1::StartJobResponse| Answer::Started {
                job: answer.job.as_ref().map(|job| job.job_id.clone()).unwrap_or_default(),
                again: answer.deduplicated,
                held: is_held(answer.durability()),
            },
        )
        .await;
    match heard {
        Heard::Answered(answer) => answer.job.map(|job| job.job_id),
        Heard::Refused(_) | Heard::Unknown => None,
    }
}
