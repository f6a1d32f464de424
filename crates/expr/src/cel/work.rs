//! A bound on the work of one evaluation, and an order for the keys of a map.
//!
//! 2 KiB of CEL can ask for centuries of work (`l.all(a, l.all(b, l.all(..)))`) or for terabytes
//! (`[s].map(x, x + x).map(x, x + x)..`), and the interpreter counts neither. So `meter.rs` rewrites the parsed
//! expression: where values are copied, compared as a whole or looped over, it puts in a call to one of the
//! functions below, which takes from a budget and hands the value on. Simple conditions get none.
//!
//! The budget counts work, not time, so that the same expression on the same data always ends the same way.

use cel::{
    Env, ExecutionError,
    common::{
        ast::operators,
        types::{CelBytes, CelList, CelMap, CelMapKey, CelString, DYN_TYPE},
        value::{CowVal, Val},
    },
};
use std::{
    cell::Cell,
    sync::{Arc, LazyLock},
};

/// Work of one evaluation: about one unit for each value that is looked at or copied, or 32 bytes of text.
/// Enough to loop over 100,000 small items; a second of one core at the very most.
pub(super) const WORK_MAX: u64 = 2_000_000;
/// Work of compiling a regular expression, times each number in its braces.
const PATTERN_WORK: u64 = 500;
/// Bytes of text that count as one unit.
const TEXT_BYTES: u64 = 32;

/// Takes the whole weight of a value from the budget.
pub(super) const WEIGH: &str = "@weigh";
/// Takes the length of a text; anything else counts one.
pub(super) const SCAN: &str = "@scan";
/// As [`WEIGH`] for a list; a map is looked up without looking at it.
pub(super) const SEARCH: &str = "@search";
/// Takes the weights of a loop's value and of its item; gives back the value.
pub(super) const STEP: &str = "@step";
/// `+`, with its result weighed.
pub(super) const ADD: &str = "@add";
/// The keys of a map in order; a list as it is.
pub(super) const RANGE: &str = "@range";
/// Takes what compiling a regular expression may cost.
pub(super) const PATTERN: &str = "@pattern";

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

/// Gives this thread the budget of one evaluation.
pub(super) fn start() {
    LEFT.set(WORK_MAX);
}

/// Whether the evaluation on this thread wanted more than there was.
pub(super) fn is_exhausted() -> bool {
    LEFT.get() == 0
}

/// The functions and types of CEL, and the ones that `meter.rs` puts in.
pub(super) fn environment() -> &'static Arc<Env> {
    static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
        let mut env = Env::stdlib().with_optional_support(false);
        let one: [(&str, cel::common::functions::Function); 5] =
            [(WEIGH, weigh), (SCAN, scan), (SEARCH, search), (RANGE, range), (PATTERN, pattern)];
        let two: [(&str, cel::common::functions::Function); 2] = [(STEP, step), (ADD, add)];
        for (name, function) in one {
            env.add_overload(name, name, vec![DYN_TYPE], function).expect("no name is there twice");
        }
        for (name, function) in two {
            env.add_overload(name, name, vec![DYN_TYPE, DYN_TYPE], function).expect("no name is there twice");
        }
        Arc::new(env)
    });
    &ENVIRONMENT
}

type Values<'b, 'v> = Vec<CowVal<'b, 'v>>;
type Outcome<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

fn weigh<'b, 'v>(values: Values<'b, 'v>) -> Outcome<'b, 'v> {
    let value = first(values)?;
    take_weight(&*value)?;
    Ok(value)
}

fn scan<'b, 'v>(values: Values<'b, 'v>) -> Outcome<'b, 'v> {
    let value = first(values)?;
    take(1 + text_weight(&*value))?;
    Ok(value)
}

fn search<'b, 'v>(values: Values<'b, 'v>) -> Outcome<'b, 'v> {
    let value = first(values)?;
    match value.downcast_ref::<CelMap<'_>>() {
        Some(_) => take(1)?,
        None => take_weight(&*value)?,
    }
    Ok(value)
}

fn step<'b, 'v>(mut values: Values<'b, 'v>) -> Outcome<'b, 'v> {
    let item = values.pop().ok_or(ExecutionError::MissingArgumentOrTarget)?;
    take_weight(&*item)?;
    weigh(values)
}

fn add<'b, 'v>(mut values: Values<'b, 'v>) -> Outcome<'b, 'v> {
    let right = values.pop().ok_or(ExecutionError::MissingArgumentOrTarget)?;
    let left = first(values)?;
    let types = || vec![left.get_type().name().to_owned(), right.get_type().name().to_owned()];
    let no_overload = || ExecutionError::no_such_overload(operators::ADD, types());
    // The interpreter would append the keys of a map to a list, in no order.
    if right.downcast_ref::<CelMap<'_>>().is_some() {
        return Err(no_overload());
    }
    take_weight(&*left)?;
    take_weight(&*right)?;
    let sum = left.as_adder().ok_or_else(no_overload)?.add(&*right)?;
    Ok(CowVal::Owned(sum.into_owned()))
}

fn range<'b, 'v>(values: Values<'b, 'v>) -> Outcome<'b, 'v> {
    let value = first(values)?;
    let Some(map) = value.downcast_ref::<CelMap<'v>>() else {
        return Ok(value);
    };
    take(1 + map.len() as u64)?;
    let mut keys: Vec<CelMapKey<'v>> = map.keys().cloned().collect();
    keys.sort_unstable();
    let keys: Vec<Box<dyn Val + 'v>> = keys.iter().map(|key| key.inner().clone_as_boxed()).collect();
    Ok(CowVal::owned(CelList::from(keys)))
}

fn pattern<'b, 'v>(values: Values<'b, 'v>) -> Outcome<'b, 'v> {
    let value = first(values)?;
    if let Some(pattern) = value.downcast_ref::<CelString<'_>>() {
        let numbers = pattern.split(['{', ',', '}']).filter_map(|part| part.trim().parse::<u64>().ok());
        let repeats = numbers.fold(1, |product: u64, number| product.saturating_mul(number.max(1)));
        take((PATTERN_WORK + pattern.len() as u64).saturating_mul(repeats))?;
    }
    Ok(value)
}

fn first<'b, 'v>(values: Values<'b, 'v>) -> Outcome<'b, 'v> {
    values.into_iter().next().ok_or(ExecutionError::MissingArgumentOrTarget)
}

fn text_weight(value: &dyn Val) -> u64 {
    let bytes = match (value.downcast_ref::<CelString<'_>>(), value.downcast_ref::<CelBytes<'_>>()) {
        (Some(text), _) => text.len(),
        (_, Some(bytes)) => bytes.len(),
        _ => 0,
    };
    bytes as u64 / TEXT_BYTES
}

fn take_weight(value: &dyn Val) -> Result<(), ExecutionError> {
    take(1 + text_weight(value))?;
    if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        return list.iter().try_for_each(|item| take_weight(&**item));
    }
    if let Some(map) = value.downcast_ref::<CelMap<'_>>() {
        return map.values().try_for_each(|item| take_weight(&**item));
    }
    Ok(())
}

fn take(units: u64) -> Result<(), ExecutionError> {
    let left = LEFT.get().saturating_sub(units);
    LEFT.set(left);
    match left {
        0 => Err(ExecutionError::function_error("work", "exhausted")),
        _ => Ok(()),
    }
}
