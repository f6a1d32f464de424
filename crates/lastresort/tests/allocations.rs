//! Writing a record asks for no memory: when there is none left, results are still kept.
#![expect(unsafe_code, reason = "an allocator that counts")]

use esteira_lastresort::{Cascade, Disk, Held, Level, Lost, Record, Settings};
use esteira_model::Time;
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is handed to the system's allocator as it came; counting touches no memory of the heap.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn no_level_of_the_cascade_asks_for_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let sink = || Box::new(std::fs::File::create(folder.path().join("sink")).expect("a file"));
    let settings = Settings {
        folder: folder.path().join("segments"),
        durable: true,
        segments: 3,
        segment_bytes: 64 << 10,
        payload_bytes: 20_000,
    };
    let mut number = 0;
    let ids = Box::new(move || {
        number += 1;
        [number; 16]
    });
    let cascade = Cascade::open(vec![settings], Time(1), ids, Box::new(Disk)).expect("a folder that can be written");
    let mut cascade = cascade.with_standard_error(sink()).with_log(sink());
    let payload = vec![7; 20_000];
    let record = Record { kind: 1, id: [1; 16], time: Time(2), payload: &payload };

    let before = COUNT.with(Cell::get);
    let held: [Result<Held, Lost>; 12] = std::array::from_fn(|_| cascade.write(record));
    let asked = COUNT.with(Cell::get) - before;

    let on = |level| held.iter().filter(|held| held.is_ok_and(|held| held.level == level)).count();
    assert_eq!(
        (on(Level::Disk), on(Level::StandardError)),
        (9, 3),
        "three segments of three and the level behind them: {held:?}"
    );
    assert_eq!(asked, 0);
    drop(Vec::<u8>::with_capacity(9));
    assert_eq!(COUNT.with(Cell::get) - before, 1, "and the count counts");
}
