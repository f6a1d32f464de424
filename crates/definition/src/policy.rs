//! The policies of a plan.

use crate::{
    ranges::{POLICIES_MAX, VERSION_CHARS_MAX},
    reader::{Field, Form},
};
use esteira_model::Policy;
use std::{collections::BTreeSet, sync::Arc};

/// Reads the policies; names are unique.
pub(crate) fn policies(field: &Field<'_>) -> Vec<Policy> {
    let mut names = BTreeSet::new();
    let fields = field.list(POLICIES_MAX).unwrap_or_default();
    fields.iter().filter_map(|field| policy(field, &mut names)).collect()
}

fn policy(field: &Field<'_>, names: &mut BTreeSet<Arc<str>>) -> Option<Policy> {
    let mut object = field.object()?;
    let name = object.require("name").and_then(|field| {
        let name = field.name(Form::Name)?;
        match names.insert(name.clone()) {
            true => Some(name),
            false => field.refuse("POLICY_NAME_TAKEN", format!("`{name}` is used twice")),
        }
    });
    let version = object.take("version").and_then(|field| field.short_text(VERSION_CHARS_MAX));
    let condition = object.require("condition").and_then(|field| condition(&field));
    let enforce = object.take("enforce").and_then(|field| field.boolean());
    object.finish();
    Some(Policy {
        name: name?,
        version: version.unwrap_or_default().into(),
        condition: condition?,
        enforce: enforce.unwrap_or(false),
    })
}

/// A CEL expression; that it is one is checked with the graph.
pub(crate) fn condition(field: &Field<'_>) -> Option<Arc<str>> {
    let text = field.text()?;
    match text.trim().is_empty() {
        true => field.refuse("TEXT_INVALID", "an empty condition; leave the field out if there is none"),
        false => Some(text.into()),
    }
}
