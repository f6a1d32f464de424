//! The last resort for results that cannot be delivered: a directory with one file a report, in the same format in every SDK.
//!
//! `<uuid7>.report` is one line of JSON, `{"format":"esteira.spool.v1","sha256":..,"bytes":..,"target":..,"created":..}`, and behind
//! it the bytes of the `ReportTasksRequest` of one task. It is written under another name, synced, renamed, and the directory is
//! synced: a file that has its name is whole.

use crate::{client::new_id, model::clock, worker::rpc::Rpc};
use esteira_contract::v1;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};
use tonic::{Code, Status};

const FORMAT: &str = "esteira.spool.v1";
/// How long one file is sent before it is kept for later.
const PATIENCE: Duration = Duration::from_secs(5);

/// A directory of reports. Several workers may share it: a report that is sent twice is applied once.
#[derive(Debug)]
pub(crate) struct Spool {
    directory: PathBuf,
    target: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    sha256: String,
    bytes: usize,
    target: String,
    created: String,
}

/// What became of a file.
enum Sent {
    /// The coordinator has it, or will never take it.
    Settled,
    /// Another time.
    NotNow,
    /// Nobody answers, so nobody will answer the next one either.
    Away,
}

impl Spool {
    /// Opens a directory, and makes it when it is not there.
    pub(crate) fn open(directory: PathBuf, target: &str) -> io::Result<Self> {
        fs::create_dir_all(&directory)?;
        Ok(Self { directory, target: target.to_owned() })
    }

    /// Keeps a report; it is on the disk when this returns.
    pub(crate) fn write(&self, worker_id: &str, report: v1::TaskReport) -> io::Result<()> {
        let request = v1::ReportTasksRequest { worker_id: worker_id.to_owned(), reports: vec![report], lease: None };
        let request = request.encode_to_vec();
        let header = Header {
            format: FORMAT.to_owned(),
            sha256: hex(&request),
            bytes: request.len(),
            target: self.target.clone(),
            created: prost_types::Timestamp::from(clock::wall()).to_string(),
        };
        let path = self.directory.join(format!("{}.report", new_id()));
        let unfinished = path.with_extension("tmp");
        let mut file = File::create(&unfinished)?;
        serde_json::to_writer(&mut file, &header)?;
        file.write_all(b"\n")?;
        file.write_all(&request)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        self.sync()
    }

    /// Sends what is kept, oldest first. What is left is for another time.
    pub(crate) async fn send(&self, rpc: &Rpc) -> io::Result<()> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "report") {
                paths.push(path);
            }
        }
        // The names are ordered by time.
        paths.sort();
        for path in paths {
            let Some(request) = read(&path)? else { continue };
            match sent(rpc, request, &path).await {
                Sent::Settled => {
                    fs::remove_file(&path)?;
                    self.sync()?;
                }
                Sent::NotNow => {}
                Sent::Away => break,
            }
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }
}

async fn sent(rpc: &Rpc, request: v1::ReportTasksRequest, path: &Path) -> Sent {
    let name = path.display();
    match rpc.report_within(&request, PATIENCE).await {
        Ok(answer) => match answer.value.outcomes.first().map(|outcome| outcome.error_reason.as_str()) {
            None | Some("STORE_UNAVAILABLE" | "OVERLOADED") => Sent::NotNow,
            Some(reason) => {
                tracing::info!(%name, reason, "a report of the spool is settled");
                Sent::Settled
            }
        },
        Err(status) if is_final(&status) => {
            tracing::warn!(%name, code = %status.code(), message = status.message(), "a report of the spool was refused and is dropped");
            Sent::Settled
        }
        Err(status) => {
            tracing::warn!(%name, code = %status.code(), message = status.message(), "a report of the spool is kept");
            Sent::Away
        }
    }
}

/// No other attempt will have another end.
fn is_final(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::FailedPrecondition
            | Code::Aborted
            | Code::OutOfRange
    )
}

/// The request in a file; one that is not whole is set aside.
fn read(path: &Path) -> io::Result<Option<v1::ReportTasksRequest>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        // Another worker on the same spool sent it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let whole = whole(&bytes);
    if whole.is_none() {
        tracing::error!(name = %path.display(), "a report of the spool is not whole and is set aside");
        let mut aside = path.as_os_str().to_owned();
        aside.push(".corrupt");
        fs::rename(path, aside)?;
    }
    Ok(whole)
}

fn whole(file: &[u8]) -> Option<v1::ReportTasksRequest> {
    let end = file.iter().position(|byte| *byte == b'\n')?;
    let (line, request) = (&file[..end], &file[end + 1..]);
    let header: Header = serde_json::from_slice(line).ok()?;
    let same = header.format == FORMAT && header.bytes == request.len() && header.sha256 == hex(request);
    same.then(|| v1::ReportTasksRequest::decode(request).ok()).flatten()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
