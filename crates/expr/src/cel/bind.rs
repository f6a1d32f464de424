//! The variables of an evaluation: only those that the expression reads, and of a payload only the parts.
//!
//! Integers of JSON become `int` (64 bits, signed), never `uint`; what does not fit, or is written with a
//! point or an exponent, becomes `double`. Text without escapes is borrowed from the payload.

use super::{path::Path, work};
use crate::{
    error,
    scan::{Cursor, Raw},
};
use cel::{
    Context,
    common::{
        types::{CelBool, CelBytes, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString},
        value::Val,
    },
};
use esteira_engine::{ExpressionError, JobScope, Scope};
use esteira_model::{Body, Payload, limits::JSON_DEPTH_MAX};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

type Bound<'v> = Box<dyn Val + 'v>;

/// The parts of a value that expressions read. The outermost fields are the variables.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    whole: bool,
    fields: BTreeMap<String, Wanted>,
}

static WHOLE: Wanted = Wanted { whole: true, fields: BTreeMap::new() };

impl Wanted {
    /// What is read along these paths.
    pub(crate) fn by<'p>(paths: impl Iterator<Item = &'p Path>) -> Self {
        let mut all = Self::default();
        for path in paths {
            let mut part = all.fields.entry(path.root.clone()).or_default();
            for key in &path.keys {
                part = part.fields.entry(key.clone()).or_default();
            }
            part.whole = true;
        }
        all
    }

    fn field(&self, name: &str) -> Option<&Self> {
        if self.whole { Some(&WHOLE) } else { self.fields.get(name) }
    }
}

/// The variables of one evaluation.
pub(crate) struct Bindings<'v>(Context<'v, 'v>);

impl<'v> Bindings<'v> {
    /// The variables of a condition or template.
    pub(crate) fn of_scope(scope: &Scope<'v>, wanted: &Wanted) -> Result<Self, ExpressionError> {
        let mut bindings = Self::empty();
        for (name, parts) in &wanted.fields {
            let value = match name.as_str() {
                "input" => payload(scope.input, parts, name)?,
                "output" => scope.output.map_or(Ok(None), |output| payload(output, parts, name))?,
                "item" => item(scope.item_path),
                "steps" => Some(steps(scope.steps, parts)?),
                "job" => Some(job(&scope.job, parts)?),
                "config" if !scope.config_json.is_empty() => Some(json(scope.config_json, parts, name)?),
                _ => None,
            };
            bindings.bind(name, value);
        }
        Ok(bindings)
    }

    /// The one variable of a policy.
    pub(crate) fn of_value(value: &'v Payload, wanted: &Wanted) -> Result<Self, ExpressionError> {
        let mut bindings = Self::empty();
        if let Some(parts) = wanted.field("value") {
            bindings.bind("value", payload(value, parts, "value")?);
        }
        Ok(bindings)
    }

    /// Also begins the budget: the expressions of one template share the variables, and the work.
    fn empty() -> Self {
        work::start();
        Self(Context::with_env(Arc::clone(work::environment())))
    }

    /// A variable without a value is not bound: reading it is an error, never null.
    fn bind(&mut self, name: &str, value: Option<Bound<'v>>) {
        if let Some(value) = value {
            self.0.add_variable_as_val(name, value);
        }
    }

    pub(super) fn context(&self) -> &Context<'v, 'v> {
        &self.0
    }
}

fn payload<'v>(payload: &'v Payload, wanted: &Wanted, name: &str) -> Result<Option<Bound<'v>>, ExpressionError> {
    match &payload.body {
        Body::Json(text) => json(text, wanted, name).map(Some),
        Body::Binary(bytes) => Ok(Some(Box::new(CelBytes::from(&**bytes)))),
        Body::None => Ok(None),
    }
}

fn item<'v>(path: &[u32]) -> Option<Bound<'v>> {
    let int = |number: &u32| -> Bound<'v> { Box::new(CelInt::from(i64::from(*number))) };
    let index = int(path.last()?);
    let path: Bound<'v> = Box::new(CelList::from(path.iter().map(int).collect::<Vec<_>>()));
    Some(object([("index", index), ("path", path)]))
}

/// Every step that is read has an entry, so that `has(steps.a.output)` can be asked of a step that did not run.
fn steps<'v>(outputs: &'v BTreeMap<String, Payload>, wanted: &Wanted) -> Result<Bound<'v>, ExpressionError> {
    let mut steps: HashMap<CelMapKey<'v>, Bound<'v>> = HashMap::with_capacity(wanted.fields.len());
    for (key, parts) in &wanted.fields {
        let output = match (outputs.get(key), parts.field("output")) {
            (Some(output), Some(parts)) => payload(output, parts, &format!("steps.{key}.output"))?,
            _ => None,
        };
        steps.insert(key.clone().into(), object(output.map(|output| ("output", output))));
    }
    Ok(Box::new(CelMap::from(steps)))
}

fn job<'v>(scope: &JobScope<'v>, wanted: &Wanted) -> Result<Bound<'v>, ExpressionError> {
    let text = |text: &'v str| -> Bound<'v> { Box::new(CelString::from(text)) };
    let labels = scope.labels.iter().map(|(name, value)| (CelMapKey::from(name.as_str()), text(value)));
    let labels: HashMap<CelMapKey<'v>, Bound<'v>> = labels.collect();
    let input = match (scope.input, wanted.field("input")) {
        (Some(input), Some(parts)) => payload(input, parts, "job.input")?,
        _ => None,
    };
    let fixed: [(&str, Bound<'v>); 3] =
        [("id", text(scope.id)), ("labels", Box::new(CelMap::from(labels))), ("data_class", text(scope.data_class))];
    Ok(object(fixed.into_iter().chain(input.map(|input| ("input", input)))))
}

fn object<'v>(fields: impl IntoIterator<Item = (&'static str, Bound<'v>)>) -> Bound<'v> {
    let fields = fields.into_iter().map(|(name, value)| (CelMapKey::from(name), value));
    Box::new(CelMap::from(fields.collect::<HashMap<_, _>>()))
}

fn json<'v>(text: &'v str, wanted: &Wanted, name: &str) -> Result<Bound<'v>, ExpressionError> {
    value(&mut Cursor::new(text), wanted, JSON_DEPTH_MAX)
        .ok_or_else(|| error::failed(format!("`{name}` is not acceptable JSON")))
}

/// The next value, as far as it is read; what is not read of it is skipped.
fn value<'v>(cursor: &mut Cursor<'v>, wanted: &Wanted, depth_left: usize) -> Option<Bound<'v>> {
    match cursor.peek()? {
        b'{' => {
            let depth_left = depth_left.checked_sub(1)?;
            let mut fields: HashMap<CelMapKey<'v>, Bound<'v>> = HashMap::new();
            cursor.enter(b'{')?;
            while cursor.more()? {
                let key = cursor.key()?.text();
                match wanted.field(&key) {
                    Some(parts) => {
                        let field = value(cursor, parts, depth_left)?;
                        let key = match key {
                            Cow::Borrowed(key) => CelMapKey::from(key),
                            Cow::Owned(key) => CelMapKey::from(key),
                        };
                        fields.insert(key, field);
                    }
                    None => {
                        cursor.value()?;
                    }
                }
            }
            Some(Box::new(CelMap::from(fields)))
        }
        // A field of a list is never there: that it is a list is all that matters.
        b'[' if !wanted.whole => cursor.value().map(|_| Box::new(CelList::from(Vec::new())) as Bound<'v>),
        b'[' => {
            let depth_left = depth_left.checked_sub(1)?;
            let mut items: Vec<Bound<'v>> = Vec::new();
            cursor.enter(b'[')?;
            while cursor.more()? {
                items.push(value(cursor, wanted, depth_left)?);
            }
            Some(Box::new(CelList::from(items)))
        }
        b'"' => cursor.string().map(string),
        _ => scalar(cursor.value()?),
    }
}

fn string(raw: Raw<'_>) -> Bound<'_> {
    match raw.text() {
        Cow::Borrowed(text) => Box::new(CelString::from(text)),
        Cow::Owned(text) => Box::new(CelString::from(text)),
    }
}

fn scalar<'v>(text: &str) -> Option<Bound<'v>> {
    Some(match text {
        "true" => Box::new(CelBool::TRUE),
        "false" => Box::new(CelBool::FALSE),
        "null" => Box::new(CelNull),
        number => match number.parse::<i64>() {
            Ok(int) => Box::new(CelInt::from(int)),
            // What is too large for a double is infinite, as in every language that reads JSON into doubles.
            Err(_) => Box::new(CelDouble::from(number.parse::<f64>().ok()?)),
        },
    })
}
