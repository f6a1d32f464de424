//! A future whose panic is a value.

use crate::model::{BoxFuture, Error, error::UNHANDLED};
use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

/// Catches the panic of a future, so that one function never takes others with it.
pub(crate) struct Guarded<'a, T> {
    future: BoxFuture<'a, T>,
}

/// What a caught panic was thrown with.
pub(crate) type Panic = Box<dyn Any + Send>;

impl<'a, T> Guarded<'a, T> {
    pub(crate) fn new(future: BoxFuture<'a, T>) -> Self {
        Self { future }
    }
}

impl<T> Future for Guarded<'_, T> {
    type Output = Result<T, Panic>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // The future is never polled again after a panic, so a broken invariant in it cannot be seen.
        match catch_unwind(AssertUnwindSafe(|| self.future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

/// A panic as the error that it counts as.
pub(crate) fn panic_error(panic: &Panic) -> Error {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    Error::retryable(UNHANDLED, text.unwrap_or_else(|| "panicked with a value that is not text".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn a_panic_is_a_value() {
        let mut guarded = Guarded::new(Box::pin(async {
            if std::hint::black_box(true) {
                panic!("no {}", "good")
            }
        }) as BoxFuture<'_, ()>);
        let Poll::Ready(Err(panic)) = Pin::new(&mut guarded).poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("expected a caught panic")
        };
        assert_eq!(panic_error(&panic), Error::retryable(UNHANDLED, "no good"));
    }
}
