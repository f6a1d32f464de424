//! What a function produced.

use crate::model::{
    Error,
    error::{OUTPUT_TYPE_MISMATCH, RESULT_TOO_LARGE},
};
use esteira_model::{AggregateRef, OutputType, Payload, Verdict};

/// The data that a function produced; must agree with its output type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Nothing: the next step receives this step's input.
    None,
    /// One payload.
    One(Payload),
    /// Any number of payloads: one task an item in the next steps. None at all ends the branch as SKIPPED.
    Many(Vec<Payload>),
}

impl Output {
    /// The output type that this value belongs to.
    pub const fn output_type(&self) -> OutputType {
        match self {
            Self::None => OutputType::None,
            Self::One(_) => OutputType::Single,
            Self::Many(_) => OutputType::Multiple,
        }
    }

    /// The payloads in order; empty for [`Output::None`].
    pub fn payloads(&self) -> &[Payload] {
        match self {
            Self::None => &[],
            Self::One(payload) => std::slice::from_ref(payload),
            Self::Many(payloads) => payloads,
        }
    }
}

/// A finished execution: the output, and what else the function has to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The data.
    pub output: Output,
    /// The aggregate after its behaviours ran, if the function moved one.
    pub aggregate_after: Option<AggregateRef>,
    /// What the function's own checks said; recorded with the task.
    pub verdicts: Vec<Verdict>,
}

impl Outcome {
    /// Nothing produced.
    pub fn none() -> Self {
        Output::None.into()
    }

    /// One payload.
    pub fn one(payload: Payload) -> Self {
        Output::One(payload).into()
    }

    /// Any number of payloads.
    pub fn many(payloads: Vec<Payload>) -> Self {
        Output::Many(payloads).into()
    }

    /// The same outcome, if the step can take it: it has the expected type, and no payload and no list is too large.
    pub(crate) fn checked(
        self,
        expected: OutputType,
        payload_bytes_max: usize,
        items_max: usize,
    ) -> Result<Self, Error> {
        let given = self.output.output_type();
        if given != expected {
            return Err(Error::non_retryable(
                OUTPUT_TYPE_MISMATCH,
                format!("the step's output is `{expected}`, the function's is `{given}`"),
            ));
        }
        let payloads = self.output.payloads();
        if payloads.len() > items_max {
            return Err(too_large("items", payloads.len(), items_max));
        }
        match payloads.iter().map(|payload| payload.bytes().len()).find(|&bytes| bytes > payload_bytes_max) {
            Some(bytes) => Err(too_large("bytes in one payload", bytes, payload_bytes_max)),
            None => Ok(self),
        }
    }

    /// Says how the aggregate stands now.
    pub fn aggregate_after(mut self, aggregate: AggregateRef) -> Self {
        self.aggregate_after = Some(aggregate);
        self
    }

    /// Adds a verdict.
    pub fn verdict(mut self, verdict: Verdict) -> Self {
        self.verdicts.push(verdict);
        self
    }
}

/// More than the contract allows.
pub(crate) fn too_large(what: &str, count: usize, most: usize) -> Error {
    Error::non_retryable(RESULT_TOO_LARGE, format!("{count} {what}, and {most} is the most"))
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self { output, aggregate_after: None, verdicts: Vec::new() }
    }
}

impl From<Payload> for Outcome {
    fn from(payload: Payload) -> Self {
        Self::one(payload)
    }
}

impl From<Vec<Payload>> for Outcome {
    fn from(payloads: Vec<Payload>) -> Self {
        Self::many(payloads)
    }
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::none()
    }
}
