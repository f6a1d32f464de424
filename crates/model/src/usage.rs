//! What an attempt used, as measured by the SDK.

use std::time::Duration;

/// Resources of one attempt. Zero means not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// CPU time of the function.
    pub cpu_time: Duration,
    /// Wall time of the function.
    pub wall_time: Duration,
    /// Peak resident set of the worker process, in bytes.
    pub peak_rss_bytes: i64,
    /// Bytes that the function read, if it counts them.
    pub bytes_read: i64,
    /// Bytes that the function wrote, if it counts them.
    pub bytes_written: i64,
}
