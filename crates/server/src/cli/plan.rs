//! `esteira plan`: validate, publish, list, show, diff, retire.

use super::{Failure, Outcome, OutputFormat, Session, output};
use clap::Subcommand;
use esteira_contract::v1;
use std::path::{Path, PathBuf};

/// Commands on plans.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check a plan document; stores nothing
    Validate {
        /// The document, YAML or JSON
        file: PathBuf,
    },
    /// Publish a plan document as the plan's next version
    Publish {
        /// The document, YAML or JSON
        file: PathBuf,
        /// Make it the version that starts without a version run
        #[arg(long)]
        default: bool,
        /// Refuse unless this is the newest version now
        #[arg(long)]
        expect_latest: Option<i32>,
        /// Repeatable: the same id never publishes twice
        #[arg(long, default_value = "")]
        request_id: String,
    },
    /// List plans
    List {
        /// For example: labels.team = "sales"
        #[arg(long, default_value = "")]
        filter: String,
    },
    /// Show a plan and its versions, or one version's document
    Show {
        /// Name of the plan
        plan: String,
        /// The version whose document to print
        #[arg(long)]
        version: Option<i32>,
    },
    /// Compare two versions of a plan
    Diff {
        /// Name of the plan
        plan: String,
        /// The older version
        from: i32,
        /// The newer version
        to: i32,
    },
    /// Retire a version: no new jobs, running ones go on
    Retire {
        /// Name of the plan
        plan: String,
        /// The version
        version: i32,
        /// Why
        #[arg(long, default_value = "")]
        reason: String,
    },
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    let plans = session.client.plans();
    match command {
        Command::Validate { file } => {
            let (_, definition_json) = document(&file)?;
            let answer = plans.validate_plan(v1::ValidatePlanRequest { definition_json }).await?;
            output::print(session, "ValidatePlanResponse", &answer, |answer| {
                for issue in &answer.issues {
                    println!(
                        "{}  {}  {}  {}",
                        if issue.warning { "warning" } else { "error" },
                        issue.path,
                        issue.code,
                        issue.message
                    );
                }
                println!("{}", if answer.valid { "valid" } else { "not valid" });
            })?;
            if answer.valid { Ok(()) } else { Err(Failure::Outcome) }
        }
        Command::Publish { file, default, expect_latest, request_id } => {
            let (name, definition_json) = document(&file)?;
            let request = v1::PublishPlanVersionRequest {
                request_id,
                plan: Some(v1::publish_plan_version_request::Plan::PlanName(name)),
                definition_json,
                expected_latest_version: expect_latest,
                make_default: default,
            };
            let answer = plans.publish_plan_version(request).await?;
            output::print(session, "PublishPlanVersionResponse", &answer, |answer| {
                for warning in &answer.warnings {
                    println!("warning  {}  {}", warning.path, warning.message);
                }
                let version = answer.version.clone().unwrap_or_default();
                println!("published {} version {} ({})", version.plan_name, version.version, version.plan_version_id);
            })
        }
        Command::List { filter } => {
            let answer =
                plans.list_plans(v1::ListPlansRequest { page_size: 500, filter, ..Default::default() }).await?;
            output::print(session, "ListPlansResponse", &answer, |answer| {
                let row = |plan: &v1::Plan| {
                    vec![
                        plan.name.clone(),
                        plan.default_version.to_string(),
                        plan.latest_version.to_string(),
                        output::time(plan.update_time.as_ref()),
                        plan.display_name.clone(),
                    ]
                };
                output::rows(
                    &["name", "default", "latest", "updated", "title"],
                    answer.plans.iter().map(row).collect(),
                );
            })
        }
        Command::Show { plan, version: Some(number) } => {
            let version = version(session, &plan, number).await?;
            output::print(session, "PlanVersion", &version, |version| println!("{}", version.definition_json))
        }
        Command::Show { plan, version: None } => show(session, plan).await,
        Command::Diff { plan, from, to } => {
            let (before, after) = (version(session, &plan, from).await?, version(session, &plan, to).await?);
            let lines = |document: &str| -> Result<Vec<String>, Failure> {
                Ok(pretty(document)?.lines().map(str::to_owned).collect())
            };
            let lines = diff(&lines(&before.definition_json)?, &lines(&after.definition_json)?);
            if session.format == OutputFormat::Json {
                let same = before.definition_sha256 == after.definition_sha256;
                println!(
                    "{:#}",
                    serde_json::json!({"plan": plan, "from": from, "to": to, "same": same, "lines": lines})
                );
            } else {
                lines.iter().for_each(|line| println!("{line}"));
            }
            Ok(())
        }
        Command::Retire { plan, version: number, reason } => {
            let version = version(session, &plan, number).await?;
            let request =
                v1::RetirePlanVersionRequest { plan_version_id: version.plan_version_id, reason, ..Default::default() };
            let answer = plans.retire_plan_version(request).await?;
            output::print(session, "RetirePlanVersionResponse", &answer, |_| {
                println!("retired {plan} version {number}")
            })
        }
    }
}

async fn show(session: &Session, name: String) -> Outcome {
    let plans = session.client.plans();
    let key = v1::get_plan_request::Plan::PlanName(name.clone());
    let plan = plans.get_plan(v1::GetPlanRequest { plan: Some(key) }).await?.plan.unwrap_or_default();
    let key = v1::list_plan_versions_request::Plan::PlanName(name);
    let versions = plans
        .list_plan_versions(v1::ListPlanVersionsRequest { plan: Some(key), page_size: 500, ..Default::default() })
        .await?;
    output::print(session, "ListPlanVersionsResponse", &versions, |versions| {
        output::fields(&[
            ("plan", plan.name.clone()),
            ("title", plan.display_name.clone()),
            ("aggregate", plan.aggregate_type.clone()),
            ("default", plan.default_version.to_string()),
            ("created", output::time(plan.create_time.as_ref())),
        ]);
        println!();
        let row = |version: &v1::PlanVersion| {
            let by = version.published_by.as_ref().map(|actor| actor.user_id.clone()).unwrap_or_default();
            vec![
                version.version.to_string(),
                output::short(version.state().as_str_name(), "PLAN_VERSION_STATE_"),
                output::time(version.publish_time.as_ref()),
                by,
                hex(&version.definition_sha256),
            ]
        };
        output::rows(&["version", "state", "published", "by", "sha-256"], versions.versions.iter().map(row).collect());
    })
}

async fn version(session: &Session, plan: &str, version: i32) -> Result<v1::PlanVersion, Failure> {
    let key = v1::PlanVersionRef { plan: Some(v1::plan_version_ref::Plan::PlanName(plan.to_owned())), version };
    let request = v1::GetPlanVersionRequest { key: Some(v1::get_plan_version_request::Key::PlanAndVersion(key)) };
    Ok(session.client.plans().get_plan_version(request).await?.version.unwrap_or_default())
}

/// A plan document as JSON text, with the name that it gives itself. JSON is sent as it stands; YAML is translated.
fn document(file: &Path) -> Result<(String, String), Failure> {
    let shown = file.display();
    let text =
        std::fs::read_to_string(file).map_err(|error| Failure::Usage(format!("cannot read {shown}: {error}")))?;
    let json = if file.extension().is_some_and(|extension| extension == "json") {
        text
    } else {
        let value: serde_json::Value =
            serde_yaml_ng::from_str(&text).map_err(|error| Failure::Usage(format!("{shown} is no YAML: {error}")))?;
        serde_json::to_string_pretty(&value)
            .map_err(|error| Failure::Usage(format!("{shown} has no JSON form: {error}")))?
    };
    let value: serde_json::Value =
        serde_json::from_str(&json).map_err(|error| Failure::Usage(format!("{shown} is no JSON: {error}")))?;
    let name = value.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
    Ok((name, json))
}

fn pretty(document: &str) -> Result<String, Failure> {
    let value: serde_json::Value = serde_json::from_str(document).map_err(|error| Failure::Usage(error.to_string()))?;
    serde_json::to_string_pretty(&value).map_err(|error| Failure::Usage(error.to_string()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
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
