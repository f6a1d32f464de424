//! Leaves as JSON. For reading only: what is hashed are the bytes, and nothing reads this back.

use crate::{hash::Hash, hashes::Hashes};
use esteira_model::{ItemPath, JobId, PlanVersionId, TaskId, Time};
use serde_json::{Value, json};

/// A value as people and exports see it.
pub trait Show {
    /// Ids, hashes and 64-bit numbers are texts, times are microseconds since 1970 as texts.
    fn show(&self) -> Value;
}

macro_rules! texts {
    ($($type:ty),+) => {$(
        impl Show for $type {
            fn show(&self) -> Value {
                self.to_string().into()
            }
        }
    )+};
}
// A number beyond 2^53 is not the same number in every reader of JSON.
texts!(&str, u64, i64, Hash, JobId, TaskId, PlanVersionId, ItemPath);

impl Show for Time {
    fn show(&self) -> Value {
        self.0.show()
    }
}

impl Show for u32 {
    fn show(&self) -> Value {
        (*self).into()
    }
}

impl Show for bool {
    fn show(&self) -> Value {
        (*self).into()
    }
}

impl Show for Hashes {
    fn show(&self) -> Value {
        match self.listed() {
            Some(hashes) => hashes.iter().map(Show::show).collect(),
            None => json!({ "count": self.count().show(), "root": self.root().show() }),
        }
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self) -> Value {
        self.as_ref().map_or(Value::Null, Show::show)
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self) -> Value {
        self.iter().map(Show::show).collect()
    }
}
