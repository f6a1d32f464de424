//! Anchors: checkpoints in a file that only grows and lies outside the database, best where its writers cannot reach.
//!
//! One line of JSON a checkpoint: when it was anchored, and the signed note. A line counts when it was synced.

use esteira_model::Time;
use serde_json::json;
use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// A checkpoint that was anchored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchored {
    /// When, by the clock of who did it.
    pub time: Time,
    /// The signed note.
    pub note: String,
}

/// The file. Each coordinator has its own, or several on one machine share one.
#[derive(Debug)]
pub struct AnchorFile {
    path: PathBuf,
    /// The last line that was read.
    newest: Option<Anchored>,
    /// How many lines were read, and how many bytes that is.
    lines: u64,
    read: u64,
}

impl AnchorFile {
    /// Opens the file, or begins one, and reads it.
    ///
    /// # Errors
    /// When it cannot be read, or holds a line that is no anchor: nobody can say then what was anchored.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let mut file = Self { path: path.into(), newest: None, lines: 0, read: 0 };
        let is_new = !file.path.try_exists()?;
        let opened = file.handle()?;
        if is_new {
            opened.sync_all()?;
            sync_folder(&file.path)?;
        }
        file.refresh()?;
        Ok(file)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The newest anchor.
    pub fn newest(&self) -> Option<&Anchored> {
        self.newest.as_ref()
    }

    /// Adds an anchor and syncs it. One that says the same as the newest is not added.
    ///
    /// # Errors
    /// When it may not be there: it does not count then.
    pub fn add(&mut self, time: Time, note: &str) -> io::Result<()> {
        self.refresh()?;
        if self.newest().is_some_and(|newest| newest.note == note) {
            return Ok(());
        }
        let mut file = self.handle()?;
        let line = format!("{}\n", json!({ "time_micros": time.0, "note": note }));
        // What a crash left of a line was never counted.
        let torn = file.metadata()?.len() > self.read;
        if torn {
            file.set_len(self.read)?;
        }
        file.write_all(line.as_bytes())?;
        file.sync_data()?;
        self.refresh()
    }

    /// Reads what was added, by this process or another.
    fn refresh(&mut self) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        if file.metadata()?.len() < self.read {
            return Err(self.broken("it has become shorter"));
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut reader = BufReader::new(file);
        let mut line = String::new();
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some(whole) = line.strip_suffix('\n') else { return Ok(()) };
            let anchored = parse(whole).ok_or_else(|| self.broken(&format!("line {}", self.lines + 1)))?;
            self.newest = Some(anchored);
            self.lines += 1;
            self.read += line.len() as u64;
        }
    }

    fn handle(&self) -> io::Result<File> {
        OpenOptions::new().append(true).create(true).open(&self.path)
    }

    fn broken(&self, what: &str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, format!("{} is no file of anchors: {what}", self.path.display()))
    }
}

/// The newest lines of a file of anchors, the oldest of them first: each with its number, counted from 1, and none for what is no
/// anchor. What a crash left of a line is none of them.
///
/// # Errors
/// When it cannot be read.
pub fn newest_lines(path: &Path, count: usize) -> io::Result<Vec<(u64, Option<Anchored>)>> {
    let mut reader = BufReader::new(File::open(path)?);
    let (mut lines, mut line, mut number) = (VecDeque::with_capacity(count), Vec::new(), 0);
    loop {
        line.clear();
        reader.read_until(b'\n', &mut line)?;
        let Some(whole) = line.strip_suffix(b"\n") else { return Ok(lines.into()) };
        number += 1;
        if lines.len() == count {
            lines.pop_front();
        }
        lines.push_back((number, std::str::from_utf8(whole).ok().and_then(parse)));
    }
}

fn parse(line: &str) -> Option<Anchored> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    let fields = value.as_object().filter(|fields| fields.len() == 2)?;
    Some(Anchored { time: Time(fields.get("time_micros")?.as_i64()?), note: fields.get("note")?.as_str()?.to_owned() })
}

/// A new file is there after a crash when its folder was synced.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in the file's whole lines; the file itself agrees on the last.
    fn notes(file: &AnchorFile) -> Vec<String> {
        let text = std::fs::read_to_string(file.path()).expect("read");
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let notes: Vec<_> = whole.lines().map(|line| parse(line).expect("an anchor").note).collect();
        assert_eq!(file.newest().map(|newest| &newest.note), notes.last());
        notes
    }

    #[test]
    fn what_was_added_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("anchors");
        let mut one = AnchorFile::open(&path).expect("begins");
        one.add(Time(1), "a\n\nsigned\n").expect("added");
        one.add(Time(2), "a\n\nsigned\n").expect("the same");
        let mut other = AnchorFile::open(&path).expect("opens");
        other.add(Time(3), "b").expect("added");
        one.add(Time(4), "c").expect("sees what another added");
        assert_eq!(notes(&one), ["a\n\nsigned\n", "b", "c"]);
        assert_eq!(notes(&AnchorFile::open(&path).expect("opens")), notes(&one));
    }

    #[test]
    fn what_a_crash_left_of_a_line_is_not_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("anchors");
        AnchorFile::open(&path).expect("begins").add(Time(1), "a").expect("added");
        let whole = std::fs::read(&path).expect("read");
        for length in 0..whole.len() {
            let torn: Vec<u8> = [&whole, &whole[..length]].concat();
            std::fs::write(&path, torn).expect("written");
            let mut file = AnchorFile::open(&path).expect("opens");
            assert_eq!(notes(&file), ["a"], "torn at {length}");
            file.add(Time(2), "b").expect("added");
            assert_eq!(notes(&AnchorFile::open(&path).expect("opens")), ["a", "b"], "torn at {length}");
            std::fs::write(&path, &whole).expect("written");
        }
    }

    #[test]
    fn a_line_that_is_no_anchor_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("anchors");
        for bad in ["x\n", "{}\n", "{\"time_micros\":1}\n", "{\"time_micros\":1,\"note\":\"a\",\"more\":1}\n", "\n"] {
            std::fs::write(&path, bad).expect("written");
            assert!(AnchorFile::open(&path).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_file_that_became_shorter_takes_nothing_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("anchors");
        let mut file = AnchorFile::open(&path).expect("begins");
        file.add(Time(1), "a").expect("added");
        std::fs::write(&path, "").expect("written");
        assert!(file.add(Time(2), "b").is_err());
    }
}
