//! A file system with no space left: what was reserved is written all the same, and no reserve is claimed that is not there.

use crate::{open, settings};
use esteira_lastresort::{Held, Ingest, Level, OpenError, Record, Settings};
use esteira_model::Time;
use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::Path,
    process::Command,
};

pub fn tmpfs() {
    run("tmpfs");
}

pub fn ext4() {
    run("ext4");
}

/// Starts this program again in a mount namespace of its own: what it mounts ends with it.
fn run(kind: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let program = std::env::current_exe().expect("a program has a path");
    let mut unshare = Command::new("unshare");
    let unshare = unshare.args(["--mount", "--propagation", "private"]).arg(program);
    let output = unshare.args(["full", kind]).arg(folder.path()).output().expect("unshare is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "a mount namespace needs root; {kind}: {said}");
    print!("{}", String::from_utf8_lossy(&output.stdout));
}

fn mount(arguments: &[&str], what: &Path, at: &Path) {
    std::fs::create_dir(at).expect("a folder");
    let status = Command::new("mount").args(arguments).arg(what).arg(at).status().expect("mount is installed");
    assert!(status.success(), "mounting needs root");
}

pub fn in_namespace(kind: &str, folder: &Path) {
    let small = folder.join("small");
    match kind {
        "tmpfs" => mount(&["-t", "tmpfs", "-o", "size=8m"], Path::new("none"), &small),
        _ => {
            let image = folder.join("image");
            File::create(&image).and_then(|file| file.set_len(16 << 20)).expect("a file");
            let made = Command::new("mkfs.ext4").arg("-q").arg(&image).status().expect("mkfs.ext4 is installed");
            assert!(made.success());
            mount(&["-o", "loop"], &image, &small);
        }
    }
    check(kind, &small, &folder.join("behind"));
}

fn check(kind: &str, small: &Path, behind: &Path) {
    let first = Settings { segments: 4, ..settings(&small.join("reserve")) };
    let mut cascade = open(vec![first, settings(behind)]).expect("there is still space");
    let payload = vec![9; 100_000];
    // Promises on the first folder alone: both are durable, the second has two segments.
    let promised = 4 * ((1 << 20) - 4096 - 98_304) / 102_400;
    fill(&small.join("filler"));
    File::create(small.join("one-more")).and_then(|mut file| file.write_all(&payload)).expect_err("the disk is full");

    let record = |number: u8| Record { kind: 1, id: [number; 16], time: Time(3), payload: &payload };
    let mut written = 0;
    loop {
        let held = cascade.write(record(written)).expect("there is a second folder");
        if held.place == Some(1) {
            break;
        }
        written += 1;
        assert_eq!(held, Held { level: Level::Disk, place: Some(0), sequence: u64::from(written) });
    }
    assert!(i32::from(written) >= promised, "{written} of {promised} that were promised");
    assert!(!cascade.status()[0].failed, "used up is no failure");

    // The same disk gives no second reserve, and keeps no half of one.
    let second = small.join("second");
    match open(vec![settings(&second)]) {
        Err(OpenError::Io { source, .. }) => assert_eq!(source.kind(), ErrorKind::StorageFull),
        other => panic!("a reserve on a full disk: {other:?}"),
    }
    // Where not even a folder can be made, there is nothing to look through.
    let mut left = std::fs::read_dir(&second).into_iter().flatten().filter_map(Result::ok);
    let is_segment = |entry: &std::fs::DirEntry| entry.path().extension().is_some_and(|extension| extension == "lr");
    assert!(!left.any(|entry| is_segment(&entry)));

    // The way back needs no space either.
    let mut ingest = Ingest::open(cascade.seal()).expect("readable");
    assert_eq!(ingest.waiting(), usize::from(written) + 1);
    ingest.done(u64::from(written) + 1).expect("the cursor has its space");
    assert_eq!(ingest.remove_ingested().expect("removable"), 5);
    cascade.refill(Time(4)).expect("the space that was given back");
    assert_eq!(cascade.status()[0].fresh_segments, 4);
    println!("full {kind}: {written} records of 100,000 bytes written without a free block, {promised} were promised");
}

fn fill(path: &Path) {
    let mut file = File::create(path).expect("a file");
    for bytes in [1 << 16, 4096, 512, 1] {
        let zeros = vec![1; bytes];
        while file.write_all(&zeros).is_ok() {}
    }
    _ = file.sync_all();
}
