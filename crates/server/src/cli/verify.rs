//! `esteira verify`: whether what is recorded is what happened.

use super::{Failure, Outcome, Session, output, target::Target};
use clap::{Args, Subcommand};
use esteira_contract::v1::{self, artifact_selector::Body};
use std::path::PathBuf;

/// What is verified. Ends with 0 when the verdict is VALID, VALID_NOT_ANCHORED or ERASED.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A body: did this plan, or this job, produce or read these bytes?
    Artifact(Artifact),
    /// All that is recorded of a job
    Job {
        /// The job
        job: String,
    },
    /// Leaves of the log by their index
    Range {
        /// Index of the first
        from: i64,
        /// Index behind the last; the end of the log unless it is given
        #[arg(default_value_t = 0)]
        to: i64,
    },
    /// Everything: the log, all jobs, checkpoints and anchors
    All,
}

/// Which body, and what is claimed of it.
#[derive(Debug, Args)]
pub struct Artifact {
    /// A job; or, of whichever job, the SHA-256 of data, or a file, whose bytes stay here: only their SHA-256 is asked for
    #[arg(value_name = "JOB|DIGEST|FILE")]
    target: String,
    #[command(flatten)]
    body: Which,
    /// The bytes that are claimed to be it: they are compared too
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The plan that is claimed to have made it
    #[arg(long)]
    plan: Option<String>,
    /// Version of that plan; the one that the job ran unless it is given
    #[arg(long, requires = "plan", default_value_t = 0)]
    version: i32,
}

/// Which body of a job. With `--file` alone whatever of the job has these bytes.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct Which {
    /// What the job started with
    #[arg(long)]
    input: bool,
    /// An output of this task
    #[arg(long, value_name = "TASK[:INDEX]")]
    task: Option<String>,
    /// Whatever has this SHA-256: 64 hexadecimal digits
    #[arg(long, value_name = "DIGEST")]
    sha256: Option<String>,
}

impl Which {
    /// The body, for a message; none when nothing says which.
    pub fn selected(&self, job: &str) -> Result<Option<v1::ArtifactSelector>, Failure> {
        let body = match (self.input, &self.task, &self.sha256) {
            (true, ..) => Body::Input(true),
            (_, Some(task), _) => {
                let (task, index) = task.split_once(':').unwrap_or((task, "0"));
                let index = index.parse().map_err(|_| Failure::Usage("--task: TASK or TASK:INDEX".into()))?;
                Body::Output(v1::TaskOutput { task_id: task.to_owned(), index })
            }
            (_, _, Some(digest)) => Body::Sha256(bytes_of(digest)?.into()),
            _ => return Ok(None),
        };
        Ok(Some(v1::ArtifactSelector { job_id: job.to_owned(), body: Some(body) }))
    }
}

fn bytes_of(digest: &str) -> Result<Vec<u8>, Failure> {
    let wrong = || Failure::Usage("--sha256: 64 hexadecimal digits".into());
    if digest.len() != 64 || !digest.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let pair = |at: usize| u8::from_str_radix(&digest[at..at + 2], 16).map_err(|_| wrong());
    (0..64).step_by(2).map(pair).collect()
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    match command {
        Command::Artifact(asked) => artifact(session, asked).await,
        Command::Job { job } => {
            let answer = session.client.audit().verify_job(v1::VerifyJobRequest { job_id: job }).await?;
            told(session, answer.verification.unwrap_or_default())
        }
        Command::Range { from, to } => range(session, from, to).await,
        Command::All => all(session).await,
    }
}

async fn artifact(session: &Session, asked: Artifact) -> Outcome {
    let (selector, content) = wanted(&asked)?;
    let request = v1::VerifyArtifactRequest {
        artifact: Some(selector),
        content: content.into(),
        plan: asked.plan.unwrap_or_default(),
        version: asked.version,
    };
    let answer = session.client.audit().verify_artifact(request).await?;
    let is_good = is_good(&answer.verification.clone().unwrap_or_default());
    let ids = |answer: &v1::VerifyArtifactResponse| vec![answer.job_id.clone()];
    output::print(session, "VerifyArtifactResponse", &answer, ids, |answer| {
        let said = shown(&answer.verification.clone().unwrap_or_default());
        if answer.job_id.is_empty() { said } else { format!("{said}\njob {}", answer.job_id) }
    })?;
    if is_good { Ok(()) } else { Err(Failure::Outcome) }
}

/// Which body, and the bytes that are claimed to be it.
fn wanted(asked: &Artifact) -> Result<(v1::ArtifactSelector, Vec<u8>), Failure> {
    let which = &asked.body;
    let job = match Target::parse(&asked.target)? {
        Target::Job(job) => job,
        Target::Bytes(_) if which.input || which.task.is_some() || which.sha256.is_some() || asked.file.is_some() => {
            return Err(Failure::Usage("--input, --task, --sha256 and --file are for a job".into()));
        }
        Target::Bytes(sha256) => {
            let body = Some(Body::Sha256(sha256.to_vec().into()));
            return Ok((v1::ArtifactSelector { job_id: String::new(), body }, Vec::new()));
        }
    };
    let read = |path: &PathBuf| {
        std::fs::read(path).map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))
    };
    let content = asked.file.as_ref().map(read).transpose()?.unwrap_or_default();
    match which.selected(&job)? {
        Some(selector) => Ok((selector, content)),
        None if asked.file.is_some() => {
            use sha2::{Digest, Sha256};
            let body = Some(Body::Sha256(Sha256::digest(&content).to_vec().into()));
            Ok((v1::ArtifactSelector { job_id: job, body }, content))
        }
        None => Err(Failure::Usage("which body: --input, --task, --sha256 or --file".into())),
    }
}

/// A call verifies for some seconds: they are made until nothing is left, and told as one.
async fn range(session: &Session, from_index: i64, to_index: i64) -> Outcome {
    let (mut page_token, mut flaws) = (String::new(), Vec::new());
    loop {
        let request = v1::VerifyRangeRequest { from_index, to_index, page_token };
        let answer = session.client.audit().verify_range(request).await?;
        page_token = answer.next_page_token;
        if let Some(all) = summed(answer.verification, &mut flaws, &page_token) {
            return told(session, all);
        }
    }
}

/// See [`range`].
async fn all(session: &Session) -> Outcome {
    let (mut page_token, mut flaws) = (String::new(), Vec::new());
    loop {
        let answer = session.client.audit().verify_store(v1::VerifyStoreRequest { page_token }).await?;
        page_token = answer.next_page_token;
        if let Some(all) = summed(answer.verification, &mut flaws, &page_token) {
            return told(session, all);
        }
    }
}

/// Flaws shown at most.
const FLAWS_MAX: usize = 100;

/// Sums travel with the token; flaws are those of each call. None while there is more to do.
fn summed(
    verification: Option<v1::Verification>,
    flaws: &mut Vec<v1::VerificationFlaw>,
    page_token: &str,
) -> Option<v1::Verification> {
    let mut verification = verification.unwrap_or_default();
    let room = FLAWS_MAX.saturating_sub(flaws.len());
    flaws.extend(std::mem::take(&mut verification.flaws).into_iter().take(room));
    if page_token.is_empty() {
        return Some(v1::Verification { flaws: std::mem::take(flaws), ..verification });
    }
    output::note(format_args!("… {} leaves so far", verification.checked));
    None
}

fn told(session: &Session, verification: v1::Verification) -> Outcome {
    let is_good = is_good(&verification);
    output::print(session, "Verification", &verification, |_: &v1::Verification| Vec::new(), shown)?;
    if is_good { Ok(()) } else { Err(Failure::Outcome) }
}

/// Whether the command ends with 0.
fn is_good(verification: &v1::Verification) -> bool {
    matches!(verification.verdict(), v1::Verdict::Valid | v1::Verdict::ValidNotAnchored | v1::Verdict::Erased)
}

fn shown(verification: &v1::Verification) -> String {
    let verdict = output::short(verification.verdict().as_str_name(), "VERDICT_");
    let head = match verification.failing.as_str() {
        "" => verdict,
        failing => format!("{verdict}: {failing}"),
    };
    let sums = [
        (verification.valid, "valid"),
        (verification.not_anchored, "not anchored yet"),
        (verification.erased, "with erased bodies"),
        (verification.failed, "flaws"),
    ];
    let sums: Vec<String> =
        sums.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let mut lines =
        vec![head, format!("{} leaves of {}: {}", verification.checked, verification.tree_size, sums.join(", "))];
    if !verification.flaws.is_empty() {
        let row = |flaw: &v1::VerificationFlaw| {
            let verdict = output::short(flaw.verdict().as_str_name(), "VERDICT_");
            vec![flaw.index.clone(), flaw.job_id.clone(), flaw.about.clone(), verdict, flaw.failing.clone()]
        };
        let rows = verification.flaws.iter().map(row).collect();
        lines.push(output::rows(&["index", "job", "about", "verdict", "failing"], rows));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_has_32_bytes() {
        assert!(bytes_of(&"0a".repeat(32)).is_ok_and(|bytes| bytes == [10; 32]));
        for bad in ["", "0a", &"0".repeat(63), &"zz".repeat(32), &"é".repeat(32)] {
            assert!(bytes_of(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn flaws_of_all_calls_are_told_with_the_last_sums() {
        let part = |checked, about: &str| {
            let flaw = v1::VerificationFlaw { about: about.into(), ..Default::default() };
            Some(v1::Verification { checked, flaws: vec![flaw], ..Default::default() })
        };
        let mut flaws = Vec::new();
        assert_eq!(summed(part(1, "a"), &mut flaws, "more"), None);
        let all = summed(part(5, "b"), &mut flaws, "").expect("the last");
        assert_eq!((all.checked, all.flaws.len()), (5, 2));
    }
}
