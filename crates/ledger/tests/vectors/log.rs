//! Roots and proofs of logs whose entries are the decimal numbers from 0 on.

use esteira_ledger::{
    Frontier, Hash, leaf_hash,
    proof::{Leaves, consistency, inclusion},
};
use serde_json::{Value, json};

const SIZES: [u64; 12] = [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 1_000];

pub fn build() -> Value {
    let leaves: Vec<Hash> = (0..1_000u64).map(|i| leaf_hash(i.to_string().as_bytes())).collect();
    let nodes = Leaves(&leaves);
    let root = |size: u64| {
        let mut head = Frontier::default();
        leaves[..size as usize].iter().for_each(|leaf| head.append(*leaf, |_, _| ()));
        head.root()
    };
    let mut included = Vec::new();
    let mut consistent = Vec::new();
    for (at, &size) in SIZES.iter().enumerate() {
        for index in [0, size / 3, size / 2, size - 1] {
            let path = inclusion(&nodes, index, size).expect("within the log");
            included.push(json!({ "index": index, "size": size, "path": texts(&path) }));
        }
        for &old in &SIZES[..=at] {
            let path = consistency(&nodes, old, size).expect("within the log");
            consistent.push(json!({ "old": old, "new": size, "path": texts(&path) }));
        }
    }
    let roots: Vec<Value> = SIZES.iter().map(|&size| json!({ "size": size, "root": root(size).to_string() })).collect();
    json!({ "roots": roots, "inclusion": included, "consistency": consistent })
}

pub fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_string).collect()
}
