//! The functions that the shared vectors and the conformance tests run: the same in every SDK.
//!
//! Purpose: small functions that show what a runner or a worker did with them: bytes, numbers, contexts, failures.
//! Must not know: anything but the SDK's public surface; whatever they need that it lacks is missing in the SDK.
//! Read first: `tests/vectors/README.md`, which says what each function does, then [`script`].

pub mod context;
pub mod counter;
pub mod fan;
pub mod number;
pub mod script;
pub mod verbatim;

use esteira_sdk::Function;
use std::sync::Arc;

/// All functions of the kit.
pub fn functions() -> Vec<Arc<dyn Function>> {
    vec![
        Arc::new(verbatim::raw()),
        Arc::new(verbatim::echo()),
        Arc::new(verbatim::none()),
        Arc::new(fan::fan()),
        Arc::new(counter::counter()),
        Arc::new(context::ctx()),
        Arc::new(script::script()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kit_has_seven_functions_of_one_name_each() {
        let mut names: Vec<String> = functions().iter().map(|function| function.spec().name.to_string()).collect();
        names.sort_unstable();
        assert_eq!(names, ["kit.counter", "kit.ctx", "kit.echo", "kit.fan", "kit.none", "kit.raw", "kit.script"]);
    }
}
