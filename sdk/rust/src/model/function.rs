//! The one thing that a function author implements.

use crate::model::{Context, Error, Outcome};
use esteira_model::{OutputType, Payload};
use std::{future::Future, pin::Pin, sync::Arc};

/// A boxed future that may move between threads; what [`Function::execute`] returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a function says about itself when its worker registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionSpec {
    /// The name that plans use: `[a-z][a-z0-9_.-]{0,62}`, for example `order.reserve`.
    pub name: Arc<str>,
    /// The author's version text; recorded with every attempt. "" when the author counts none.
    pub version: Arc<str>,
    /// What it produces; must agree with the step that runs it.
    pub output_type: OutputType,
    /// What it does, in one sentence of at most 256 characters.
    pub summary: Arc<str>,
}

impl FunctionSpec {
    /// A function of this name and output type; the rest is empty until it is set.
    pub fn new(name: impl Into<Arc<str>>, output_type: OutputType) -> Self {
        Self { name: name.into(), version: "".into(), output_type, summary: "".into() }
    }

    /// Sets the version text.
    pub fn version(mut self, version: impl Into<Arc<str>>) -> Self {
        self.version = version.into();
        self
    }

    /// Sets the catalogue line.
    pub fn summary(mut self, summary: impl Into<Arc<str>>) -> Self {
        self.summary = summary.into();
        self
    }
}

/// A named, versioned, stateless unit of code with one entry. It does exactly one thing and persists nothing.
///
/// `execute` may be called many times at once, and again for the same task: an attempt can be repeated after a lost
/// lease. Hand [`Context::idempotency_key`] to outside services, and return soon after [`Context::cancelled`].
pub trait Function: Send + Sync + 'static {
    /// Name, version, output type and summary. Must give the same answer every time.
    fn spec(&self) -> FunctionSpec;

    /// Runs it once on one input.
    ///
    /// A panic counts as [`Error::Retryable`] with code `UNHANDLED`.
    fn execute<'a>(&'a self, cx: &'a Context, input: Payload) -> BoxFuture<'a, Result<Outcome, Error>>;
}

/// Makes a [`Function`] of a closure.
///
/// ```
/// use esteira_sdk::model::{OutputType, Output, function};
/// let echo = function("kit.echo", OutputType::Single, |_cx, input| async move { Ok(Output::One(input)) });
/// # let _ = echo;
/// ```
pub fn function<F, Fut, R>(name: impl Into<Arc<str>>, output_type: OutputType, run: F) -> FunctionFn<F>
where
    F: Fn(Context, Payload) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, Error>> + Send + 'static,
    R: Into<Outcome>,
{
    FunctionFn { spec: FunctionSpec::new(name, output_type), run }
}

/// A [`Function`] made of a closure by [`function()`].
pub struct FunctionFn<F> {
    spec: FunctionSpec,
    run: F,
}

impl<F> FunctionFn<F> {
    /// Sets the version text.
    pub fn version(mut self, version: impl Into<Arc<str>>) -> Self {
        self.spec = self.spec.version(version);
        self
    }

    /// Sets the catalogue line.
    pub fn summary(mut self, summary: impl Into<Arc<str>>) -> Self {
        self.spec = self.spec.summary(summary);
        self
    }
}

impl<F, Fut, R> Function for FunctionFn<F>
where
    F: Fn(Context, Payload) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, Error>> + Send + 'static,
    R: Into<Outcome>,
{
    fn spec(&self) -> FunctionSpec {
        self.spec.clone()
    }

    fn execute<'a>(&'a self, cx: &'a Context, input: Payload) -> BoxFuture<'a, Result<Outcome, Error>> {
        let running = (self.run)(cx.clone(), input);
        Box::pin(async move { running.await.map(Into::into) })
    }
}

impl<T: Function + ?Sized> Function for Arc<T> {
    fn spec(&self) -> FunctionSpec {
        (**self).spec()
    }

    fn execute<'a>(&'a self, cx: &'a Context, input: Payload) -> BoxFuture<'a, Result<Outcome, Error>> {
        (**self).execute(cx, input)
    }
}
