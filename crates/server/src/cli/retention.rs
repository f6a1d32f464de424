//! `esteira retention`: how long jobs are kept after their end, and removing what is due now.

use super::{Outcome, Session, output};
use crate::keep::Keep;
use clap::Subcommand;
use esteira_contract::v1::{self, set_retention_request::Rule};
use esteira_model::DataClass;

/// Commands on the retention of jobs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show how long jobs are kept, by project and data class
    Show,
    /// Set how long jobs are kept after their end; it holds for those that have ended already
    Set {
        /// The project
        project: String,
        /// PRODUCTION, QA or DEVTEST
        data_class: DataClass,
        /// 90d, 12h, 30m, 45s, forever, or default: what the coordinator was started with
        #[arg(value_parser = rule)]
        keep: Rule,
    },
    /// Remove now what is kept no longer; the coordinator does so by itself every ten minutes
    Apply {
        /// Count what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
}

fn rule(text: &str) -> Result<Rule, String> {
    if text == "default" {
        return Ok(Rule::UseDefault(true));
    }
    let keep: Keep = text.parse().map_err(|error| format!("{error}, or default"))?;
    Ok(match keep.0 {
        None => Rule::KeepForever(true),
        Some(keep) => Rule::Keep(prost_types::Duration { seconds: keep.as_secs() as i64, nanos: 0 }),
    })
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    match command {
        Command::Show => show(session).await,
        Command::Set { project, data_class, keep } => set(session, project, data_class, keep).await,
        Command::Apply { dry_run } => apply(session, dry_run).await,
    }
}

async fn show(session: &Session) -> Outcome {
    let request = v1::ListRetentionRequest { page_size: 500, page_token: String::new() };
    let answer = session.client.admin().list_retention(request).await?;
    let no_ids = |_: &v1::ListRetentionResponse| Vec::new();
    output::print(session, "ListRetentionResponse", &answer, no_ids, |answer| {
        output::rows(&["project", "data class", "keep", ""], answer.policies.iter().map(row).collect())
    })?;
    output::note_more(&answer.next_page_token, "AdminService/ListRetention has them all");
    Ok(())
}

fn row(policy: &v1::RetentionPolicy) -> Vec<String> {
    vec![
        policy.project.clone(),
        output::short(policy.data_class().as_str_name(), "DATA_CLASS_"),
        kept(policy),
        if policy.is_default { "default".into() } else { String::new() },
    ]
}

fn kept(policy: &v1::RetentionPolicy) -> String {
    let keep = policy.keep.as_ref().map(|keep| std::time::Duration::from_secs(keep.seconds.unsigned_abs()));
    Keep(keep).to_string()
}

async fn set(session: &Session, project: String, data_class: DataClass, rule: Rule) -> Outcome {
    let class = match data_class {
        DataClass::Production => v1::DataClass::Production,
        DataClass::Qa => v1::DataClass::Qa,
        DataClass::Devtest => v1::DataClass::Devtest,
    };
    let request = v1::SetRetentionRequest { project, data_class: class as i32, rule: Some(rule) };
    let answer = session.client.admin().set_retention(request).await?;
    let no_ids = |_: &v1::SetRetentionResponse| Vec::new();
    output::print(session, "SetRetentionResponse", &answer, no_ids, |answer| {
        let policy = answer.policy.clone().unwrap_or_default();
        let [project, class, keep, by_default] = [0, 1, 2, 3].map(|column| row(&policy)[column].clone());
        let by_default = if by_default.is_empty() { "" } else { " (the coordinator's default)" };
        format!("{class} jobs of project {project} are kept: {keep}{by_default}")
    })
}

/// A call works for some seconds: they are made until nothing is left, and told as one.
async fn apply(session: &Session, dry_run: bool) -> Outcome {
    let mut all = v1::ApplyRetentionResponse::default();
    loop {
        let request = v1::ApplyRetentionRequest { dry_run, page_token: std::mem::take(&mut all.next_page_token) };
        let answer = session.client.admin().apply_retention(request).await?;
        all.jobs += answer.jobs;
        all.tasks += answer.tasks;
        all.artifacts += answer.artifacts;
        all.bytes += answer.bytes;
        all.held_open += answer.held_open;
        all.held_undelivered += answer.held_undelivered;
        all.held_referred += answer.held_referred;
        all.partitions += answer.partitions;
        if answer.next_page_token.is_empty() {
            break;
        }
        all.next_page_token = answer.next_page_token;
        output::note(format_args!("… {} jobs so far", all.jobs));
    }
    let no_ids = |_: &v1::ApplyRetentionResponse| Vec::new();
    output::print(session, "ApplyRetentionResponse", &all, no_ids, |all| {
        let would = if dry_run { "would remove" } else { "removed" };
        let mut lines = vec![format!(
            "{would} {} jobs with {} tasks and {} artifacts, {} bytes",
            all.jobs, all.tasks, all.artifacts, all.bytes
        )];
        if all.partitions > 0 {
            lines.push(format!("dropped {} partitions", all.partitions));
        }
        for (count, why) in [
            (all.held_open, "a job that it started has not ended"),
            (all.held_undelivered, "a message was not delivered"),
            (all.held_referred, "a job that is kept goes on from it"),
        ] {
            if count > 0 {
                lines.push(format!("{count} jobs stay although they are due: {why}"));
            }
        }
        lines.join("\n")
    })
}
