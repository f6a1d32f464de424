//! Runs a future on the thread that asks.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end. Functions that need a runtime of their own, such as tokio's, must be awaited within it instead.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CancelReason, Cancellation};

    #[test]
    fn a_wake_from_another_thread_is_not_lost() {
        let cancellation = Cancellation::new();
        let other = cancellation.clone();
        let thread = thread::spawn(move || other.cancel(CancelReason::Job));
        assert_eq!(block_on(cancellation.cancelled()), CancelReason::Job);
        thread.join().expect("no panic");
    }
}
