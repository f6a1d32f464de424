//! A client's log: a file of lines, each written before what it tells of can have an effect, so that a client that is killed
//! leaves behind all that it said.

use super::{Answer, Delivery, Line, Said, Window};
use crate::clock;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// The log of one client; its clones write to the same file.
#[derive(Debug, Clone)]
pub struct Log {
    /// The client.
    pub client: String,
    file: Arc<Mutex<File>>,
    calls: Arc<AtomicU64>,
}

impl Log {
    /// Begins the log of a client in this folder.
    pub fn create(folder: &Path, client: &str) -> io::Result<Self> {
        let file = File::create(folder.join(format!("{client}.history")))?;
        Ok(Self { client: client.into(), file: Arc::new(Mutex::new(file)), calls: Arc::default() })
    }

    /// A call is about to be sent; its number.
    pub fn sent(&self, said: Said) -> u64 {
        let call = self.calls.fetch_add(1, Relaxed);
        self.write(&Line::Sent { call, at: clock::now(), said });
        call
    }

    /// A call has its answer.
    pub fn heard(&self, call: u64, answer: Answer) {
        self.write(&Line::Heard { call, at: clock::now(), answer });
    }

    /// A broker takes a message.
    pub fn delivered(&self, delivery: Delivery) {
        self.write(&Line::Delivered(delivery));
    }

    /// The client begins to misbehave, from `begin` on until an end that may lie ahead.
    pub fn own(&self, what: &str, scope: &str, begin: u64, end: u64) {
        self.write(&Line::Own(Window { what: what.into(), scope: Some(scope.into()), begin, end }));
    }

    fn write(&self, line: &Line) {
        let mut text = serde_json::to_vec(line).expect("a line is plain data");
        text.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&text).expect("the history can be written: without it nothing is shown");
    }

    /// The logs of a folder, each with its client. The last line of a client that was killed may be torn.
    pub fn read_all(folder: &Path) -> io::Result<Vec<(String, Vec<Line>)>> {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "history"));
        paths.sort();
        let read = |path: PathBuf| {
            let text = fs::read_to_string(&path)?;
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            let lines: Result<Vec<Line>, _> = text[..whole].lines().map(serde_json::from_str).collect();
            let client = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
            Ok((client, lines?))
        };
        paths.into_iter().map(read).collect()
    }
}
