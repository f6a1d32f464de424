//! `esteira job purge` and `esteira job erase`: removing data, with a certificate of it.

use super::{Failure, Outcome, Session, output};
use clap::Args;
use esteira_contract::v1;
use esteira_model::DataClass;
use sha2::{Digest, Sha256};

/// What is purged.
#[derive(Debug, Args)]
pub struct Purge {
    /// QA or DEVTEST: real work is never purged
    #[arg(long)]
    data_class: DataClass,
    /// Which jobs of the class, for example: plan_name = "orders" AND end_time < "2026-01-31T00:00:00Z"
    #[arg(long)]
    filter: String,
    /// Why; recorded
    #[arg(long)]
    reason: String,
    /// Count what would be removed, remove nothing, and say what --confirm takes
    #[arg(long, required_unless_present = "confirm")]
    dry_run: bool,
    /// What the dry run said: nothing is removed when the filter finds other jobs by now
    #[arg(long, conflicts_with = "dry_run")]
    confirm: Option<String>,
}

/// What is erased.
#[derive(Debug, Args)]
pub struct Erase {
    /// The job, at the root of its tree
    job: String,
    /// Why; recorded
    #[arg(long)]
    reason: String,
}

/// Runs `esteira job erase`.
pub async fn erase(session: &Session, ask: Erase) -> Outcome {
    let request = v1::EraseJobRequest { job_id: ask.job, reason: ask.reason.clone() };
    let answer = session.client.admin().erase_job(request).await?;
    let ids = |answer: &v1::EraseJobResponse| answer.certificates.iter().map(leaf_hash).collect();
    output::print(session, "EraseJobResponse", &answer, ids, |answer| {
        let head = match answer.artifacts {
            0 => "nothing was left to erase".to_owned(),
            count => format!("erased {count} artifacts of {} jobs, {} bytes", answer.jobs, answer.bytes),
        };
        format!("{head}\n\n{}", certificate(&answer.certificates, &ask.reason))
    })
}

/// A certificate of deletion, for a person: the ledger has each leaf under its hash.
fn certificate(certificates: &[v1::RemovalCertificate], reason: &str) -> String {
    let row = |one: &v1::RemovalCertificate| {
        let bodies = if one.bodies > 0 { one.bodies.to_string() } else { "all, with its rows".into() };
        vec![one.job_id.clone(), one.cause.clone(), bodies, output::time(one.removal_time.as_ref()), leaf_hash(one)]
    };
    let rows = output::rows(&["job", "cause", "bodies", "removed", "leaf"], certificates.iter().map(row).collect());
    format!("certificate of deletion\nreason: {reason}\n{rows}")
}

fn leaf_hash(certificate: &v1::RemovalCertificate) -> String {
    certificate.leaf_hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Runs `esteira job purge`.
pub async fn purge(session: &Session, ask: Purge) -> Outcome {
    let (mut all, confirmations) = look(session, &ask).await?;
    all.confirmation = confirmation(&all, &confirmations);
    match &ask.confirm {
        None => print(session, &all, &ask, true),
        Some(confirm) if *confirm == all.confirmation => {
            let done = remove(session, &ask, confirmations).await?;
            print(session, &done, &ask, false)
        }
        Some(_) => Err(Failure::Usage(format!(
            "--confirm: the filter finds other jobs than the dry run did, {} by now: make another dry run",
            all.jobs
        ))),
    }
}

fn request(ask: &Purge) -> v1::PurgeJobsRequest {
    let class = match ask.data_class {
        DataClass::Production => v1::DataClass::Production,
        DataClass::Qa => v1::DataClass::Qa,
        DataClass::Devtest => v1::DataClass::Devtest,
    };
    v1::PurgeJobsRequest {
        data_class: class as i32,
        filter: ask.filter.clone(),
        reason: ask.reason.clone(),
        ..Default::default()
    }
}

/// A dry run over all pages: the sums, and the confirmation of each page.
async fn look(session: &Session, ask: &Purge) -> Result<(v1::PurgeJobsResponse, Vec<String>), Failure> {
    let (mut all, mut confirmations) = (v1::PurgeJobsResponse::default(), Vec::new());
    let mut page_token = String::new();
    loop {
        let request = v1::PurgeJobsRequest { dry_run: true, page_size: 100, page_token, ..request(ask) };
        let answer = session.client.admin().purge_jobs(request).await?;
        confirmations.extend(Some(answer.confirmation.clone()).filter(|confirmation| !confirmation.is_empty()));
        page_token = answer.next_page_token.clone();
        add(&mut all, answer);
        if page_token.is_empty() {
            return Ok((all, confirmations));
        }
    }
}

async fn remove(session: &Session, ask: &Purge, confirmations: Vec<String>) -> Result<v1::PurgeJobsResponse, Failure> {
    let mut all = v1::PurgeJobsResponse::default();
    for confirmation in confirmations {
        let request = v1::PurgeJobsRequest { confirmation, ..request(ask) };
        add(&mut all, session.client.admin().purge_jobs(request).await?);
        output::note(format_args!("… {} jobs so far", all.jobs));
    }
    Ok(all)
}

fn add(all: &mut v1::PurgeJobsResponse, more: v1::PurgeJobsResponse) {
    all.jobs += more.jobs;
    all.tasks += more.tasks;
    all.artifacts += more.artifacts;
    all.bytes += more.bytes;
    all.held_open += more.held_open;
    all.held_undelivered += more.held_undelivered;
    all.held_referred += more.held_referred;
    all.certificates.extend(more.certificates);
}

/// What stands for all that a dry run found: how many jobs, and the beginning of a digest over which they are.
fn confirmation(all: &v1::PurgeJobsResponse, confirmations: &[String]) -> String {
    let digest = Sha256::digest(confirmations.join("\n").as_bytes());
    let begin: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{begin}", all.jobs)
}

fn print(session: &Session, all: &v1::PurgeJobsResponse, ask: &Purge, is_dry: bool) -> Outcome {
    let ids = |all: &v1::PurgeJobsResponse| match is_dry {
        true => vec![all.confirmation.clone()],
        false => all.certificates.iter().map(leaf_hash).collect(),
    };
    output::print(session, "PurgeJobsResponse", all, ids, |all| {
        let would = if is_dry { "would remove" } else { "removed" };
        let mut lines = vec![format!(
            "{would} {} jobs with {} tasks and {} artifacts, {} bytes",
            all.jobs, all.tasks, all.artifacts, all.bytes
        )];
        for (count, why) in [
            (all.held_open, "they, or jobs that they started, have not ended"),
            (all.held_undelivered, "a message was not delivered"),
            (all.held_referred, "a job goes on from them"),
        ] {
            if count > 0 {
                lines.push(format!("{count} jobs stay: {why}"));
            }
        }
        match is_dry {
            true if all.jobs > 0 => lines.push(format!("to remove them: --confirm {}", all.confirmation)),
            true => {}
            false => lines.push(format!("\n{}", certificate(&all.certificates, &ask.reason))),
        }
        lines.join("\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_stands_for_jobs_and_their_number() {
        let found = |jobs| v1::PurgeJobsResponse { jobs, ..Default::default() };
        let one = confirmation(&found(2), &["a".into(), "b".into()]);
        assert!(one.starts_with("2-") && one.len() == 10, "{one}");
        assert_eq!(one, confirmation(&found(2), &["a".into(), "b".into()]));
        assert_ne!(one, confirmation(&found(2), &["a".into(), "c".into()]));
        assert_ne!(one, confirmation(&found(3), &["a".into(), "b".into()]));
    }
}
