//! The pause before a request.

use std::time::Duration;

/// Waits for so long. No pause at all costs nothing: a timer rounds up to its next millisecond, and one before each
/// report would take longer than everything else about a task.
pub(crate) async fn rest(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::Future as _, pin::pin, task::Context, task::Waker};

    fn is_over_at_once(duration: Duration) -> bool {
        pin!(rest(duration)).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[tokio::test]
    async fn no_pause_waits_for_no_timer() {
        assert!(is_over_at_once(Duration::ZERO));
        assert!(!is_over_at_once(Duration::from_millis(1)));
    }
}
