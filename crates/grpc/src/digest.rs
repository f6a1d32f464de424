//! Digests of requests, so that a repetition is known again (INV-REPLAY).
//!
//! A request is digested as it is encoded, but for its maps: they have no order of their own, so their entries are
//! digested apart, sorted.

use crate::convert::check::Map;
use esteira_contract::v1;
use esteira_coordinator::{Principal, work::RequestKey};
use prost::Message;
use sha2::{Digest, Sha256};

/// A message whose maps can be told.
pub trait Maps: Message {
    /// All maps in it, in the order of the fields.
    fn maps(&mut self) -> Vec<&mut Map> {
        Vec::new()
    }
}

impl Maps for v1::StartJobRequest {
    fn maps(&mut self) -> Vec<&mut Map> {
        let headers = self.packet.as_mut().map(|packet| &mut packet.headers);
        headers.into_iter().chain([&mut self.labels]).collect()
    }
}

impl Maps for v1::CreatePlanRequest {
    fn maps(&mut self) -> Vec<&mut Map> {
        self.plan.as_mut().map(|plan| &mut plan.labels).into_iter().collect()
    }
}

impl Maps for v1::UpdatePlanRequest {
    fn maps(&mut self) -> Vec<&mut Map> {
        self.plan.as_mut().map(|plan| &mut plan.labels).into_iter().collect()
    }
}

impl Maps for v1::TaskReport {
    fn maps(&mut self) -> Vec<&mut Map> {
        match &mut self.outcome {
            Some(v1::task_report::Outcome::Completed(completion)) => {
                completion.emit.iter_mut().map(|emit| &mut emit.headers).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Maps for v1::PublishPlanVersionRequest {}
impl Maps for v1::RetirePlanVersionRequest {}
impl Maps for v1::ControlJobRequest {}
impl Maps for v1::RetryTasksRequest {}
impl Maps for v1::ExportEvidenceRequest {}
impl Maps for v1::ListErrorReportsRequest {}
impl Maps for v1::ReprocessJobRequest {}
impl Maps for v1::ReprocessJobsRequest {}
impl Maps for v1::AwaitJobRequest {}
impl Maps for v1::GetJobRequest {}
impl Maps for v1::ListJobsRequest {}
impl Maps for v1::GetTaskRequest {}
impl Maps for v1::ListTasksRequest {}
impl Maps for v1::WatchJobsRequest {}
impl Maps for v1::DrainWorkerRequest {}
impl Maps for v1::UnparkOutboxRequest {}
impl Maps for v1::ListOutboxMessagesRequest {}
impl Maps for v1::UpdateQueueRequest {}
impl Maps for v1::EvictWorkerRequest {}
impl Maps for v1::SetRetentionRequest {}
impl Maps for v1::ApplyRetentionRequest {}
impl Maps for v1::PurgeJobsRequest {}
impl Maps for v1::EraseJobRequest {}
impl Maps for v1::IngestLastResortRequest {}
impl Maps for v1::TraceJobRequest {}
impl Maps for v1::ListTaskTracesRequest {}
impl Maps for v1::ReportErrorsRequest {}

/// SHA-256 of a message, under its name. `buffer` is for reuse between calls.
pub fn of(name: &str, message: &mut impl Maps, buffer: &mut Vec<u8>) -> [u8; 32] {
    // One entry has one order.
    let taken: Vec<Map> =
        message.maps().into_iter().map(|map| if map.len() > 1 { std::mem::take(map) } else { Map::new() }).collect();
    buffer.clear();
    message.encode(buffer).expect("a Vec grows as far as it must");
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update([0]);
    hash.update(&*buffer);
    for (index, map) in taken.iter().enumerate().filter(|(_, map)| !map.is_empty()) {
        let mut entries: Vec<_> = map.iter().collect();
        entries.sort_unstable();
        hash.update((index as u64).to_be_bytes());
        for text in entries.into_iter().flat_map(|(key, value)| [key, value]) {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
    }
    for (map, taken) in message.maps().into_iter().zip(taken).filter(|(_, taken)| !taken.is_empty()) {
        *map = taken;
    }
    hash.finalize().into()
}

/// The key of a request that its caller may send again; none without a `request_id`.
pub fn request_key(
    principal: &Principal,
    name: &str,
    request_id: String,
    message: &mut impl Maps,
) -> Option<RequestKey> {
    (!request_id.is_empty()).then(|| key(principal, request_id, digest(name, message)))
}

/// The same with a digest that was made before.
pub fn key(principal: &Principal, request_id: String, digest: [u8; 32]) -> RequestKey {
    RequestKey { account: principal.account.clone(), id: request_id, digest }
}

/// The digest of a request.
pub fn digest(name: &str, message: &mut impl Maps) -> [u8; 32] {
    of(name, message, &mut Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(labels: &[(&str, &str)], headers: &[(&str, &str)]) -> v1::StartJobRequest {
        let map = |entries: &[(&str, &str)]| {
            entries.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
        };
        let packet = Some(v1::DataPacket { headers: map(headers), ..Default::default() });
        v1::StartJobRequest { request_id: "r".into(), labels: map(labels), packet, ..Default::default() }
    }

    fn digest(mut request: v1::StartJobRequest) -> [u8; 32] {
        let before = request.clone();
        let digest = of("StartJob", &mut request, &mut Vec::new());
        assert_eq!(request, before, "the request is as it was");
        digest
    }

    #[test]
    fn inv_replay_maps_have_no_order() {
        let entries: Vec<(String, String)> = (0..20).map(|i| (format!("k{i}"), format!("v{i}"))).collect();
        let forward: Vec<(&str, &str)> = entries.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let backward: Vec<(&str, &str)> = forward.iter().rev().copied().collect();
        assert_eq!(digest(start(&forward, &backward)), digest(start(&backward, &forward)));
    }

    #[test]
    fn what_differs_has_another_digest() {
        let two = [("a", "1"), ("b", "2")];
        let digests = [
            digest(start(&[], &[])),
            digest(start(&two, &[])),
            digest(start(&[], &two)),
            digest(start(&two, &two)),
            digest(start(&[("a", "1b"), ("", "2")], &[])),
            digest(start(&[("a", "2"), ("b", "1")], &[])),
            of("Other", &mut start(&[], &[]), &mut Vec::new()),
        ];
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(digest), "{index}");
        }
    }
}
