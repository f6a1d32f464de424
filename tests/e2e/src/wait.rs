//! Waiting with a limit: for a future, or for a state that can only be asked for.

use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Between two looks at a state.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What the future gives; panics when it takes longer than `limit`.
pub async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    timeout(limit, future).await.unwrap_or_else(|_| panic!("{what}: not within {limit:?}"))
}

/// Looks again and again until there is something; panics when there is nothing after `limit`.
pub async fn until<T>(limit: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(seen) = within(limit, what, look()).await {
            return seen;
        }
        assert!(Instant::now() < end, "{what}: not within {limit:?}");
        sleep(LOOK_EVERY).await;
    }
}
