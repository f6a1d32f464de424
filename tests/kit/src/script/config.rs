//! The configuration of a script: read whole before anything is done.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;

/// A list of operations for each attempt.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    pub(super) attempts: Vec<Vec<Operation>>,
}

/// One thing to do. JSON texts are used as they are.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Operation {
    Emit(Message),
    Checkpoint(String),
    Log(String),
    Verdict(Judged),
    SleepMs(u64),
    BlockMs(u64),
    WaitCancel(Yes),
    Fail(Failing),
    Throw(String),
    Return(String),
    ReturnBinary(Binary),
    ReturnInput(Yes),
    ReturnCheckpoint(Yes),
    ReturnType(Wrong),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) topic: String,
    #[serde(default)]
    pub(super) key: String,
    pub(super) json: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Judged {
    pub(super) policy: String,
    pub(super) version: String,
    pub(super) passed: bool,
    pub(super) detail: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failing {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) retryable: bool,
    pub(super) after_ms: Option<u64>,
}

/// An output type that the function does not have.
#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Wrong {
    None,
    Multiple,
}

/// `true`; anything else is refused.
#[derive(Deserialize)]
#[serde(try_from = "bool")]
pub(super) struct Yes;

impl TryFrom<bool> for Yes {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        value.then_some(Self).ok_or("only `true` has a meaning here")
    }
}

/// Bytes that are written as Base64.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Binary(pub(super) Vec<u8>);

impl TryFrom<String> for Binary {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}
