//! What `esteira verify job` answers, and what the demo insists on: everything is there, and nothing differs.

use crate::{error::Error, text};
use serde_json::Value;

/// A job that verified.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    leaves: i64,
    log_size: i64,
    root: String,
}

impl Verified {
    /// Reads an answer. `leaves_min` is how many leaves the job has at least, as it is known from elsewhere.
    pub fn of(answer: &Value, leaves_min: i64) -> Result<Self, Error> {
        let text = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
        let count = |field: &str| answer[field].as_i64().unwrap_or_default();
        let (verdict, leaves) = (text("verdict"), count("checked"));
        let mut wrong = Vec::new();
        if verdict != "VERDICT_VALID" {
            wrong.push(format!("the verdict is {verdict}, not VALID: {}", text("failing")));
        }
        if count("failed") != 0 || count("valid") != leaves {
            wrong.push(format!("of {leaves} leaves {} are valid, {} are not", count("valid"), count("failed")));
        }
        if leaves < leaves_min {
            wrong.push(format!("there are {leaves} leaves, where {leaves_min} were to be expected"));
        }
        if !wrong.is_empty() {
            return Err(Error::Differs(wrong));
        }
        Ok(Self { leaves, log_size: count("tree_size"), root: text("root") })
    }

    /// For a person.
    pub fn lines(&self) -> [String; 2] {
        [
            format!(
                "VALID: {} leaves say what was made from what, by whom and when, and each was made again from rows and bytes",
                text::grouped(self.leaves)
            ),
            format!(
                "each is in the log of {} leaves, whose root {}... is signed and anchored outside the database",
                text::grouped(self.log_size),
                self.root.chars().take(12).collect::<String>()
            ),
        ]
    }

    /// How many leaves were looked at.
    pub fn leaves(&self) -> i64 {
        self.leaves
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer() -> Value {
        json!({"verdict": "VERDICT_VALID", "checked": 1_432, "valid": 1_432, "tree_size": 1_433, "root": "00ff00ff00ff00ff"})
    }

    #[test]
    fn what_verified_is_told_with_its_figures() {
        let verified = Verified::of(&answer(), 1_432).expect("valid");
        let [first, second] = verified.lines();
        assert!(first.starts_with("VALID: 1,432 leaves"), "{first}");
        assert!(second.contains("the log of 1,433 leaves, whose root 00ff00ff00ff... is signed"), "{second}");
        assert_eq!(verified.leaves(), 1_432);
    }

    #[test]
    fn anything_else_fails_the_demo() {
        let refused = |field: &str, value: Value| {
            let mut answer = answer();
            answer[field] = value;
            Verified::of(&answer, 1_432).expect_err("refused").to_string()
        };
        assert!(refused("verdict", json!("VERDICT_MISMATCH_LEAF")).contains("the verdict is VERDICT_MISMATCH_LEAF"));
        assert!(refused("verdict", json!("VERDICT_VALID_NOT_ANCHORED")).contains("not VALID"));
        assert!(refused("failed", json!(1)).contains("1 are not"));
        assert!(refused("valid", json!(1_431)).contains("1431 are valid"));
        let few = Verified::of(&answer(), 1_433).expect_err("a leaf is missing").to_string();
        assert!(few.contains("1432 leaves, where 1433"), "{few}");
        assert!(Verified::of(&json!({}), 0).is_err(), "no answer is no verdict");
    }
}
