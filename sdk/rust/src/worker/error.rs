//! Why a worker did not start, or stopped by itself.

/// Why a worker did not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The builder was given something that cannot work.
    #[error("the worker is not set up correctly: {0}")]
    Setup(String),
    /// The coordinator refused the worker for good, for example because it may not run one of its functions.
    #[error("the coordinator refused the worker: {0}")]
    Refused(#[from] crate::client::Error),
    /// The thread that sends heartbeats could not be started.
    #[error("the heartbeat thread did not start: {0}")]
    Thread(#[from] std::io::Error),
    /// The spool cannot be read or written.
    #[error("the spool of undelivered results: {0}")]
    Spool(#[source] std::io::Error),
    /// The worker stopped while the coordinator could not be reached: that many results were not delivered. Their tasks
    /// run again elsewhere once the leases run out.
    #[error("{0} results could not be delivered before the worker had to stop")]
    Undelivered(usize),
}
