//! The limits that the coordinator announced, or those of the contract where it did not.

use crate::client::wire;
use esteira_contract::v1;
use esteira_model::limits;
use std::time::Duration;

/// Left free in every message for what frames the part that was measured: ids, and the functions of a lease request.
const MESSAGE_SLACK_BYTES: usize = 64 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Of the measured part of a message.
    pub(crate) message_bytes: usize,
    pub(crate) payload_bytes: usize,
    pub(crate) append_items: usize,
    pub(crate) fan_out_items: usize,
    pub(crate) leases_per_call: usize,
    pub(crate) reports_per_call: usize,
    pub(crate) wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: limits::MESSAGE_BYTES_MAX - MESSAGE_SLACK_BYTES,
            payload_bytes: limits::PAYLOAD_BYTES_MAX,
            append_items: limits::APPEND_ITEMS_MAX,
            fan_out_items: limits::FAN_OUT_ITEMS_MAX,
            leases_per_call: limits::BATCH_MAX,
            reports_per_call: limits::BATCH_MAX,
            wait: limits::WAIT_MAX,
        }
    }
}

impl From<&v1::Limits> for Limits {
    fn from(announced: &v1::Limits) -> Self {
        let default = Self::default();
        let or = |value: i32, default: usize| usize::try_from(value).ok().filter(|&value| value > 0).unwrap_or(default);
        Self {
            message_bytes: or(announced.max_message_bytes, limits::MESSAGE_BYTES_MAX)
                .saturating_sub(MESSAGE_SLACK_BYTES),
            payload_bytes: or(announced.max_inline_payload_bytes, default.payload_bytes),
            append_items: or(announced.max_outputs_per_append, default.append_items),
            fan_out_items: or(announced.max_fan_out_items, default.fan_out_items),
            leases_per_call: or(announced.max_leases_per_call, default.leases_per_call),
            reports_per_call: or(announced.max_reports_per_call, default.reports_per_call),
            wait: wire::duration_in(announced.max_wait).filter(|wait| !wait.is_zero()).unwrap_or(default.wait),
        }
    }
}
