//! What the Rust SDK does with each kind of case.

pub mod enums;
pub mod errors;
pub mod expressions;
pub mod plans;
pub mod texts;
pub mod trace;

use crate::case::Case;

/// The case with what comes of it in the place of `expected`; the text says why nothing can come of it.
pub fn run(case: &Case) -> Result<Case, String> {
    let mut done = case.clone();
    match &mut done {
        Case::Trace(it) => it.expected = Some(trace::run(it)?),
        Case::Refused(it) => it.expected = Some(plans::refusal(it)?),
        Case::Digest(it) => it.expected = Some(texts::digest(&it.payload)?),
        Case::Template(it) => it.expected = Some(expressions::render(it)),
        Case::Error(it) => it.expected = Some(errors::report(&it.raised)?),
        Case::Truncate(it) => it.expected = Some(errors::truncate(it)?),
        Case::Duration(it) => it.expected = Some(texts::duration(&it.text)),
        Case::Echo(it) => texts::echo(it)?,
        Case::Enum(it) => it.expected = Some(enums::keep(&it.r#enum, it.number)?),
        Case::Document(it) => it.expected = Some(plans::document(&it.plan)?),
    }
    Ok(done)
}
