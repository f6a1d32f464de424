//! What a record costs on the disk of a folder: `cargo run --release -p esteira-lastresort --example weigh_record FOLDER`.
#![expect(clippy::disallowed_methods, reason = "measures")]

use esteira_lastresort::{Cascade, Disk, Record, Settings};
use esteira_model::Time;
use std::{path::PathBuf, time::Instant};

const RECORDS: usize = 1_000;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder"));
    for bytes in [1_000, 16_000, 256_000] {
        let segment_bytes = 64 << 20;
        let settings = Settings {
            folder: folder.join(bytes.to_string()),
            durable: true,
            segments: 5,
            segment_bytes,
            payload_bytes: bytes,
        };
        let begun = Instant::now();
        let mut number = 0;
        let ids = move || {
            number += 1;
            [number; 16]
        };
        let mut cascade = Cascade::open(vec![settings], Time(1), Box::new(ids), Box::new(Disk)).expect("a folder");
        let opened = begun.elapsed();
        let payload = vec![7; bytes];
        let mut micros: Vec<u128> = (0..RECORDS)
            .map(|_| {
                let begun = Instant::now();
                cascade.write(Record { kind: 1, id: [1; 16], time: Time(2), payload: &payload }).expect("room");
                begun.elapsed().as_micros()
            })
            .collect();
        micros.sort_unstable();
        let [half, most] = [micros[RECORDS / 2], micros[RECORDS * 99 / 100]];
        println!("{bytes:>7} bytes: p50 {half} us, p99 {most} us; 320 MiB of reserve in {} ms", opened.as_millis());
    }
}
