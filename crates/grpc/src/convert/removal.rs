//! What was removed, and what certifies it.

use crate::convert::{time, verification::count};
use esteira_contract::v1;
use esteira_coordinator::removal::Certificate;

/// On the wire.
pub fn certificate_out(certificate: &Certificate) -> v1::RemovalCertificate {
    v1::RemovalCertificate {
        job_id: certificate.removal.job.to_string(),
        cause: certificate.removal.cause.to_string(),
        bodies: count(certificate.bodies),
        bytes: count(certificate.bytes),
        removal_time: Some(time::instant_out(certificate.removal.time)),
        leaf_hash: certificate.leaf_hash().to_vec().into(),
        leaf: certificate.leaf.clone().into(),
    }
}
