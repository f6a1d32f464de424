//! What the index of digests costs an artifact, as the index grows.
//!
//! `cargo run --release -p esteira-store-sql --example digests [where] [artifacts] [keys]`. Where is a file for SQLite, `:memory:`,
//! which leaves the sync out, or the URL of an empty PostgreSQL database; `keys` is what one transaction adds at most.

use esteira_model::{AccountId, Artifact, ArtifactId, DataClass, JobId, Payload, Uuid};
use esteira_store::{Batch, Page, Writer};
use esteira_store_sql::{Options, open};
use std::time::Duration;
use tokio::time::Instant;

/// Artifacts between two lines of output.
const ROUND: u64 = 50_000;

/// Ids as a coordinator gives them that makes 10,000 artifacts a second.
fn id(number: u64) -> ArtifactId {
    ArtifactId(((number * 100) as i64) << 10)
}

/// A digest without an order: an odd factor gives each number another one.
fn digest(number: u64) -> [u8; 32] {
    let mut sha256 = [0; 32];
    sha256[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    sha256
}

async fn write(writer: &mut dyn Writer, numbers: std::ops::Range<u64>) {
    let job = JobId(Uuid::from_bytes([1; 16]));
    let artifact = |number: u64| {
        let payload = Payload::json("x".repeat(200));
        (Artifact { id: id(number), job, data_class: DataClass::Qa, payload }, digest(number))
    };
    for some in numbers.collect::<Vec<_>>().chunks(1_000) {
        let batch = Batch { artifacts: some.iter().copied().map(artifact).collect(), ..Batch::default() };
        let mut unit = writer.begin().await.expect("begins");
        unit.write(&batch).await.expect("writes");
        unit.commit().await.expect("commits");
    }
}

/// CPU time of this process so far, in microseconds.
fn cpu_micros() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = after_name.split(' ').skip(11).take(2).filter_map(|word| word.parse::<u64>().ok());
    ticks.sum::<u64>() * 10_000
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let place = arguments.next().unwrap_or_else(|| ":memory:".into());
    let artifacts: u64 = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(500_000);
    let keys: usize = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(500);
    let url = if place.starts_with("postgres") { place } else { format!("sqlite:{place}") };
    let store = open(&url, Options::default()).await.expect("opens");
    let (mut writer, reader) = (store.writer, store.reader);
    let account = AccountId::new("nobody");
    for first in (1..=artifacts).step_by(ROUND as usize) {
        write(&mut *writer, first..first + ROUND).await;
        let (mut times, began, cpu): (Vec<Duration>, _, _) = (Vec::new(), Instant::now(), cpu_micros());
        let ids: Vec<ArtifactId> = (first..first + ROUND).map(id).collect();
        for chunk in ids.chunks(keys) {
            let at = Instant::now();
            let mut unit = writer.begin().await.expect("begins");
            assert_eq!(unit.index_digests(chunk).await.expect("indexes"), chunk.len());
            unit.commit().await.expect("commits");
            times.push(at.elapsed());
        }
        times.sort_unstable();
        let at = Instant::now();
        // Of another account: all of the index is read through.
        let found = reader.find_artifacts(&account, &digest(1), &Page { size: 10, after: None }).await.expect("reads");
        assert!(found.rows.is_empty());
        let search = at.elapsed();
        println!(
            "{:>9} in the index: {:.1} us an artifact, {:.1} us of this process's CPU; a transaction of {keys}: p50 {} us, p99 {} us; a search {:.1} ms",
            first + ROUND - 1,
            began.elapsed().as_secs_f64() * 1e6 / ROUND as f64,
            (cpu_micros() - cpu) as f64 / ROUND as f64,
            times[times.len() / 2].as_micros(),
            times[times.len() * 99 / 100].as_micros(),
            search.as_secs_f64() * 1e3,
        );
    }
}
