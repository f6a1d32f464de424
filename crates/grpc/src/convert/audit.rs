//! Records of operators' calls.

use crate::convert::{enums, time};
use bytes::Bytes;
use esteira_contract::v1;
use esteira_model::{AuditRecord, Decision};

/// On the wire.
pub fn record_out(record: &AuditRecord) -> v1::AuditRecord {
    v1::AuditRecord {
        record_id: record.id.to_string(),
        start_time: Some(time::instant_out(record.start_time)),
        user_id: record.user_id.clone(),
        credential_id: record.credential_id.clone(),
        action: record.action.clone(),
        resource: record.resource.clone(),
        reason: record.reason.clone(),
        request_digest: record.request_digest.map(|digest| Bytes::copy_from_slice(&digest)).unwrap_or_default(),
        decision: decision_out(record.decision) as i32,
        result: record.result.clone(),
        latency: Some(time::duration_out(record.latency)),
        client_address: record.client_address.clone(),
        data_class: record.data_class.map_or(v1::DataClass::Unspecified, enums::data_class_out) as i32,
    }
}

const fn decision_out(value: Decision) -> v1::AuditDecision {
    match value {
        Decision::Allowed => v1::AuditDecision::Allowed,
        Decision::Denied => v1::AuditDecision::Denied,
    }
}
