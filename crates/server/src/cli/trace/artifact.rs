//! The trace of bytes: which jobs were started with them, which tasks read and made them.

use super::show::{artifact, digest, item, more, words};
use crate::cli::{
    Outcome, Session, output,
    tree::{Node, Paint},
};
use esteira_contract::v1;

/// Artifacts that are asked for at once.
const PAGE: i32 = 500;
/// Artifacts that are shown at most: the same small bytes may be all over a store.
const SHOWN_MAX: usize = 500;

/// Prints who used bytes of this digest; a failure when nobody did, so that a script may ask.
pub async fn trace(session: &Session, sha256: [u8; 32]) -> Outcome {
    let mut all = v1::TraceArtifactResponse::default();
    loop {
        let request = v1::TraceArtifactRequest {
            sha256: sha256.to_vec().into(),
            page_size: PAGE,
            page_token: std::mem::take(&mut all.next_page_token),
        };
        let answer = session.client.traces().trace_artifact(request).await?;
        all.artifacts.extend(answer.artifacts);
        all.is_cut |= answer.is_cut;
        (all.log_leaves, all.indexed_leaves) = (answer.log_leaves, answer.indexed_leaves);
        all.next_page_token = answer.next_page_token;
        if all.next_page_token.is_empty() || all.artifacts.len() >= SHOWN_MAX {
            break;
        }
    }
    let ids = |all: &v1::TraceArtifactResponse| {
        let mut jobs: Vec<_> = all.artifacts.iter().flat_map(|one| &one.uses).map(|one| one.job_id.clone()).collect();
        jobs.sort();
        jobs.dedup();
        jobs
    };
    output::print(session, "TraceArtifactResponse", &all, ids, |all| draw(all, &sha256, Paint::for_output()))?;
    let behind = all.log_leaves - all.indexed_leaves;
    if behind > 0 {
        output::note(format_args!(
            "… the index has {} of {} leaves; of the rest only the newest 50,000 artifacts were looked at",
            all.indexed_leaves, all.log_leaves
        ));
    }
    if all.is_cut {
        output::note("… the jobs have too many tasks to look at all of them; uses may be missing");
    }
    output::note_more(&all.next_page_token, "TraceService/TraceArtifact has them all");
    if all.artifacts.is_empty() { Err(crate::cli::Failure::Outcome) } else { Ok(()) }
}

fn draw(all: &v1::TraceArtifactResponse, sha256: &[u8; 32], paint: Paint) -> String {
    let found = if all.artifacts.is_empty() { "nobody read or made these bytes" } else { "" };
    let mut root = Node::new(words(&["data".into(), paint.bold(&digest(sha256)), found.into()]));
    for one in &all.artifacts {
        let known = one.artifact.as_ref().map(artifact).unwrap_or_default();
        // The digest is that of the root: what follows it is what differs.
        let size = known.strip_prefix(&digest(sha256)).unwrap_or(&known).trim().to_owned();
        let mut node = Node::new(words(&[format!("artifact of job {}", one.job_id), size]));
        for each in &one.uses {
            node.add(line(each));
        }
        more(&mut node, one.use_count - one.uses.len() as i64);
        root.add(node);
    }
    root.draw()
}

fn line(one: &v1::ArtifactUse) -> String {
    let did = match one.role() {
        v1::ArtifactRole::JobInput => "started",
        v1::ArtifactRole::Input => "read by",
        v1::ArtifactRole::Output => "made by",
        v1::ArtifactRole::Checkpoint => "saved by",
        v1::ArtifactRole::Unspecified => "used by",
    };
    let plan = format!("{} version {}", one.plan_name, one.plan_version);
    match one.task_id.as_str() {
        "" => words(&[format!("{did:<8} job {}", one.job_id), plan]),
        task => words(&[format!("{did:<8} {}", one.step_key), item(&one.item_path), format!("task {task}"), plan]),
    }
}
