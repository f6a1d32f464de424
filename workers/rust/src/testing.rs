//! What the unit tests of this crate share.

use esteira_sdk::{
    Context,
    model::{Cancellation, Invocation},
};

/// The context of a first attempt with this configuration.
pub(crate) fn context(config_json: &str) -> Context {
    let invocation =
        Invocation { config_json: config_json.into(), idempotency_key: "key-1".into(), ..Default::default() };
    Context::new(invocation, Cancellation::new(), ())
}
