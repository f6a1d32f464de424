//! What a leaf weighs: bytes and nanoseconds for an attempt of a job of three steps.
//!
//! `cargo run --release -p esteira-ledger --example weigh_leaf`, on an idle machine.
#![expect(clippy::disallowed_methods, reason = "measures")]

use esteira_ledger::{Frontier, Hash, Hashes, Leaf, Salt, commitment, kinds::AttemptEnded, leaf_hash};
use esteira_model::{DataClass, ItemPath, JobId, TaskId, Time, Uuid};
use std::{hint::black_box, time::Instant};

const LEAVES: u64 = 1_000_000;

fn attempt(number: u64, parent: Hash, input: Hash, output: Hash) -> Leaf<'static> {
    let mut id = [0x01; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    AttemptEnded {
        account: "default",
        plan_digest: Hash([7; 32]),
        job: JobId(Uuid::from_bytes(id)),
        step: "enrich",
        item_path: ItemPath::default(),
        task: TaskId(Uuid::from_bytes(id)),
        attempt: 1,
        fence: number as i64,
        function: "customers.enrich",
        function_version: "1.0.0",
        inputs: Hashes::of(&[input]),
        outputs: Hashes::of(&[output]),
        policies: Vec::new(),
        start_time: Time(1_795_415_400_000_000),
        end_time: Time(1_795_415_400_004_000),
        worker_start_time: Some(Time(1_795_415_400_001_000)),
        worker_end_time: Some(Time(1_795_415_400_003_000)),
        worker: "worker-01932c07",
        operator: "local",
        data_class: DataClass::Production,
        failure: None,
        texts: None,
        parents: Hashes::of(&[parent]),
    }
    .into()
}

fn main() {
    let (salt, digest) = (Salt([3; 16]), Hash([5; 32]));
    let mut bytes = Vec::new();
    attempt(1, digest, digest, digest).encode_into(&mut bytes).expect("a small leaf");
    println!("bytes of an attempt's leaf        {}", bytes.len());

    let per_leaf = |what: &str, mut run: Box<dyn FnMut(u64)>| {
        let begun = Instant::now();
        (0..LEAVES).for_each(&mut run);
        println!("{what:<34}{} ns", begun.elapsed().as_nanos() as u64 / LEAVES);
    };
    let mut out = Vec::new();
    per_leaf(
        "make and encode",
        Box::new(move |number| {
            out.clear();
            attempt(number, digest, digest, digest).encode_into(&mut out).expect("a small leaf");
            black_box(&out);
        }),
    );
    let mut out = Vec::new();
    per_leaf(
        "make, encode and hash",
        Box::new(move |number| {
            out.clear();
            attempt(number, digest, digest, digest).encode_into(&mut out).expect("a small leaf");
            black_box(leaf_hash(&out));
        }),
    );
    let mut parent = digest;
    let mut out = Vec::new();
    per_leaf(
        "all of it, with one commitment",
        Box::new(move |number| {
            out.clear();
            let output = commitment(&salt, &parent);
            attempt(number, parent, digest, output).encode_into(&mut out).expect("a small leaf");
            parent = leaf_hash(&out);
        }),
    );
    let mut head = Frontier::default();
    per_leaf("append to the log's head", Box::new(move |_| head.append(digest, |_, hash| _ = black_box(hash))));
}
