//! `esteira plan`: validate, publish, default, list, show, diff, retire.

use super::{Failure, Outcome, OutputFormat, Session, diff, output};
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
    /// Publish a plan document as the plan's next version; with --output id it prints the version's id alone
    Publish {
        /// The document, YAML or JSON
        file: PathBuf,
        /// Make it the default: the version of jobs that are started without --version
        #[arg(long)]
        default: bool,
        /// The project of a new plan (default: `default`); a plan never changes its project
        #[arg(long, default_value = "", hide_default_value = true)]
        project: String,
        /// Refuse unless this is the newest version now
        #[arg(long)]
        expect_latest: Option<i32>,
        /// Repeatable: the same id never publishes twice
        #[arg(long, default_value = "", hide_default_value = true)]
        request_id: String,
    },
    /// Make a version the default: jobs that are started without --version run it
    Default {
        /// Name of the plan
        plan: String,
        /// The version
        version: i32,
    },
    /// List plans
    List {
        /// For example: labels.team = "sales"
        #[arg(long, default_value = "", hide_default_value = true)]
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
        #[arg(long, default_value = "", hide_default_value = true)]
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
            let no_ids = |_: &v1::ValidatePlanResponse| Vec::new();
            output::print(session, "ValidatePlanResponse", &answer, no_ids, |answer| {
                let mut lines: Vec<String> = answer.issues.iter().map(issue).collect();
                lines.push(if answer.valid { "valid".into() } else { "not valid".into() });
                lines.join("\n")
            })?;
            if answer.valid { Ok(()) } else { Err(Failure::Outcome) }
        }
        Command::Publish { file, default, project, expect_latest, request_id } => {
            let (name, definition_json) = document(&file)?;
            let request = v1::PublishPlanVersionRequest {
                request_id,
                plan: Some(v1::publish_plan_version_request::Plan::PlanName(name)),
                definition_json,
                expected_latest_version: expect_latest,
                make_default: default,
                project,
            };
            let answer = plans.publish_plan_version(request).await?;
            published(session, &answer).await
        }
        Command::Default { plan, version } => {
            let plan = v1::Plan { default_version: version, ..get(session, plan).await? };
            let mask = prost_types::FieldMask { paths: vec!["default_version".into()] };
            let request = v1::UpdatePlanRequest { plan: Some(plan), update_mask: Some(mask), ..Default::default() };
            let plan = plans.update_plan(request).await?.plan.unwrap_or_default();
            output::print(
                session,
                "Plan",
                &plan,
                |plan| vec![plan.name.clone()],
                |plan| format!("new jobs of {} run version {}", plan.name, plan.default_version),
            )
        }
        Command::List { filter } => {
            let answer =
                plans.list_plans(v1::ListPlansRequest { page_size: 500, filter, ..Default::default() }).await?;
            let ids = |answer: &v1::ListPlansResponse| answer.plans.iter().map(|plan| plan.name.clone()).collect();
            output::print(session, "ListPlansResponse", &answer, ids, |answer| {
                let row = |plan: &v1::Plan| {
                    vec![
                        plan.name.clone(),
                        plan.default_version.to_string(),
                        plan.latest_version.to_string(),
                        output::time(plan.update_time.as_ref()),
                        plan.display_name.clone(),
                    ]
                };
                output::rows(&["name", "default", "latest", "updated", "title"], answer.plans.iter().map(row).collect())
            })?;
            output::note_more(&answer.next_page_token, "take --filter");
            Ok(())
        }
        Command::Show { plan, version: Some(number) } => {
            let version = version(session, &plan, number).await?;
            let ids = |version: &v1::PlanVersion| vec![version.plan_version_id.clone()];
            output::print(session, "PlanVersion", &version, ids, |version| version.definition_json.clone())
        }
        Command::Show { plan, version: None } => show(session, plan).await,
        Command::Diff { plan, from, to } => {
            let (before, after) = (version(session, &plan, from).await?, version(session, &plan, to).await?);
            diff::print(session, &before, &after)
        }
        Command::Retire { plan, version: number, reason } => {
            let version = version(session, &plan, number).await?;
            let request =
                v1::RetirePlanVersionRequest { plan_version_id: version.plan_version_id, reason, ..Default::default() };
            let answer = plans.retire_plan_version(request).await?;
            let stored = looked_up(session, &plan).await;
            let ids = |answer: &v1::RetirePlanVersionResponse| {
                answer.version.iter().map(|version| version.plan_version_id.clone()).collect()
            };
            output::print(session, "RetirePlanVersionResponse", &answer, ids, |_| {
                let told = format!("retired {plan} version {number}");
                match stored.filter(|stored| stored.default_version == number) {
                    Some(_) => {
                        format!(
                            "{told}\nit is the default: new jobs need --version, or `esteira plan default {plan} VERSION`"
                        )
                    }
                    None => told,
                }
            })
        }
    }
}

async fn published(session: &Session, answer: &v1::PublishPlanVersionResponse) -> Outcome {
    let version = answer.version.clone().unwrap_or_default();
    let (name, number) = (version.plan_name, version.version);
    let plan = looked_up(session, &name).await;
    let ids = |_: &v1::PublishPlanVersionResponse| vec![version.plan_version_id.clone()];
    output::print(session, "PublishPlanVersionResponse", answer, ids, |answer| {
        let mut lines: Vec<String> = answer.warnings.iter().map(issue).collect();
        lines.push(format!("published {name} version {number} ({})", version.plan_version_id));
        if let Some(plan) = plan.filter(|plan| plan.default_version != number) {
            let default = plan.default_version;
            lines.push(format!(
                "new jobs still run version {default}; `esteira plan default {name} {number}` changes that"
            ));
        }
        lines.join("\n")
    })
}

/// A finding about a plan document, on one line.
pub fn issue(issue: &v1::PlanIssue) -> String {
    let grade = if issue.warning { "warning" } else { "error" };
    format!("{grade}  {}  {}  {}", issue.path, issue.code, issue.message)
}

async fn get(session: &Session, name: String) -> Result<v1::Plan, Failure> {
    let key = v1::get_plan_request::Plan::PlanName(name);
    Ok(session.client.plans().get_plan(v1::GetPlanRequest { plan: Some(key) }).await?.plan.unwrap_or_default())
}

/// The plan as it is now, for a person; what was done is done whether or not it can be read.
async fn looked_up(session: &Session, name: &str) -> Option<v1::Plan> {
    if session.format == OutputFormat::Table { get(session, name.to_owned()).await.ok() } else { None }
}

async fn show(session: &Session, name: String) -> Outcome {
    let plan = get(session, name.clone()).await?;
    let key = v1::list_plan_versions_request::Plan::PlanName(name);
    let request = v1::ListPlanVersionsRequest { plan: Some(key), page_size: 500, ..Default::default() };
    let versions = session.client.plans().list_plan_versions(request).await?;
    let ids = |versions: &v1::ListPlanVersionsResponse| {
        versions.versions.iter().map(|version| version.plan_version_id.clone()).collect()
    };
    output::print(session, "ListPlanVersionsResponse", &versions, ids, |versions| {
        let fields = output::fields(&[
            ("plan", plan.name.clone()),
            ("title", plan.display_name.clone()),
            ("project", plan.project.clone()),
            ("aggregate", plan.aggregate_type.clone()),
            ("default", plan.default_version.to_string()),
            ("created", output::time(plan.create_time.as_ref())),
        ]);
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
        let headings = ["version", "state", "published", "by", "sha-256"];
        format!("{fields}\n\n{}", output::rows(&headings, versions.versions.iter().map(row).collect()))
    })?;
    output::note_more(&versions.next_page_token, "PlanService/ListPlanVersions has them all");
    Ok(())
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
