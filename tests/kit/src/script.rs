//! `kit.script`: does what its configuration says, attempt by attempt.

mod config;
mod play;

use config::Config;
use esteira_sdk::{
    Context, Error, Function, function,
    json::ContextJson,
    model::{OutputType, Payload},
};

/// Plays the list of operations of this attempt; beyond the last list, the last one.
pub fn script() -> impl Function {
    function("kit.script", OutputType::Single, |cx: Context, input: Payload| async move {
        let Config { attempts } = cx.config()?;
        let turn = usize::try_from(cx.attempt().saturating_sub(1)).unwrap_or(usize::MAX);
        match attempts.get(turn).or(attempts.last()) {
            Some(operations) => play::play(&cx, input, operations).await,
            None => Err(Error::config_invalid("`attempts` has no list")),
        }
    })
}

#[cfg(test)]
mod tests;
