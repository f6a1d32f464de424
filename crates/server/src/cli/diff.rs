//! `esteira plan diff`: two versions' documents, line by line.

use super::{Failure, Outcome, OutputFormat, Session, output};
use esteira_contract::v1;

/// Prints both documents as one, the lines of one of them marked.
pub fn print(session: &Session, before: &v1::PlanVersion, after: &v1::PlanVersion) -> Outcome {
    let lines = |version: &v1::PlanVersion| -> Result<Vec<String>, Failure> {
        Ok(pretty(&version.definition_json)?.lines().map(str::to_owned).collect())
    };
    let lines = diff(&lines(before)?, &lines(after)?);
    let differ = lines.iter().any(|line| !line.starts_with("  "));
    match session.format {
        OutputFormat::Json => {
            let same = before.definition_sha256 == after.definition_sha256;
            let (plan, from, to) = (&after.plan_name, before.version, after.version);
            let answer = serde_json::json!({"plan": plan, "from": from, "to": to, "same": same, "lines": lines});
            output::put(format_args!("{answer:#}"))?;
        }
        _ if differ => output::put(lines.join("\n"))?,
        _ => output::put("no difference")?,
    }
    Ok(())
}

fn pretty(document: &str) -> Result<String, Failure> {
    let value: serde_json::Value = serde_json::from_str(document).map_err(|error| Failure::Usage(error.to_string()))?;
    serde_json::to_string_pretty(&value).map_err(|error| Failure::Usage(error.to_string()))
}

/// Lines of both texts, those of one marked, by their longest common subsequence.
fn diff(before: &[String], after: &[String]) -> Vec<String> {
    let mut common = vec![vec![0u32; after.len() + 1]; before.len() + 1];
    for (i, old) in before.iter().enumerate().rev() {
        for (j, new) in after.iter().enumerate().rev() {
            common[i][j] = if old == new { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            lines.push(format!("  {}", before[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == after.len() || (i < before.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("- {}", before[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", after[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_keeps_what_is_common() {
        let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        assert_eq!(diff(&lines("abcd"), &lines("axcd")), ["  a", "- b", "+ x", "  c", "  d"]);
        assert_eq!(diff(&lines(""), &lines("a")), ["+ a"]);
    }
}
