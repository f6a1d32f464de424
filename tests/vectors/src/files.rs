//! The files: sources that people write, and the vectors that SDKs read.

use crate::{Case, File, generate, layout::layout, must, run};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

/// Why the files cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has another form.
    #[error("{path}: {why}", path = path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A case is not as it should be.
    #[error("{topic}: {case}: {why}")]
    Case {
        /// The file, without its ending.
        topic: String,
        /// The case.
        case: String,
        /// What is wrong.
        why: String,
    },
}

/// `tests/vectors` of this tree.
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All vectors, by topic.
pub fn vectors() -> Result<BTreeMap<String, File>, Error> {
    let read = |text: &str| serde_json::from_str(text).map_err(|error| error.to_string());
    read_all(folder(), "json", read)
}

/// What people wrote and what is generated, by topic, with nothing filled in.
pub fn sources() -> Result<BTreeMap<String, File>, Error> {
    let read = |text: &str| serde_yaml_ng::from_str(text).map_err(|error| error.to_string());
    let mut files = read_all(&folder().join("sources"), "yaml", read)?;
    files.insert(generate::TOPIC.into(), generate::file());
    Ok(files)
}

/// The text of each file as it must be.
pub fn written() -> Result<BTreeMap<String, String>, Error> {
    let mut names = BTreeSet::new();
    let mut texts = BTreeMap::new();
    for (topic, file) in sources()? {
        let mut cases = Vec::with_capacity(file.cases.len());
        for case in &file.cases {
            let wrong = |why: String| Error::Case { topic: topic.clone(), case: case.name().to_owned(), why };
            if !names.insert(case.name().to_owned()) {
                return Err(wrong("another case has the same name".into()));
            }
            let filled = run::run(case).map_err(wrong)?;
            promised(case, &filled).map_err(wrong)?;
            cases.push(filled);
        }
        let text = serde_json::to_string(&File { about: file.about, cases }).expect("vectors are JSON");
        texts.insert(topic, layout(&text));
    }
    Ok(texts)
}

/// What an author wrote by hand must be what came.
fn promised(source: &Case, filled: &Case) -> Result<(), String> {
    if let (Case::Trace(source), Case::Trace(filled)) = (source, filled) {
        let broken = source.must.as_ref().zip(filled.expected.as_ref()).and_then(|(must, it)| must::broken(must, it));
        return broken.map_or(Ok(()), Err);
    }
    let json = |case: &Case| serde_json::to_value(case).expect("vectors are JSON");
    let (source, filled) = (json(source), json(filled));
    match source.get("expected") {
        Some(by_hand) if Some(by_hand) != filled.get("expected") => {
            Err(format!("promised {by_hand}, found {}", filled["expected"]))
        }
        _ => Ok(()),
    }
}

/// Where a topic's vectors lie.
pub fn path_of(topic: &str) -> PathBuf {
    folder().join(format!("{topic}.json"))
}

/// Topics whose files are not as they must be, each with what is wrong.
pub fn stale() -> Result<Vec<String>, Error> {
    let written = written()?;
    let mut wrong = Vec::new();
    for topic in read_names(folder(), "json")? {
        if !written.contains_key(&topic) {
            wrong.push(format!("{topic}.json: nothing is its source"));
        }
    }
    for (topic, text) in &written {
        match fs::read_to_string(path_of(topic)) {
            Ok(found) if found == *text => {}
            Ok(found) => wrong.push(format!("{topic}.json: {}", first_line(text, &found))),
            Err(error) => wrong.push(format!("{topic}.json: {error}")),
        }
    }
    Ok(wrong)
}

fn first_line(expected: &str, found: &str) -> String {
    let lines = expected.lines().map(Some).chain([None]).zip(found.lines().map(Some).chain([None])).enumerate();
    let differs = lines.into_iter().find(|(_, (expected, found))| expected != found);
    differs.map_or_else(String::new, |(line, (expected, found))| {
        format!("line {} is {:?} and must be {:?}", line + 1, found.unwrap_or_default(), expected.unwrap_or_default())
    })
}

/// Writes all files.
pub fn write() -> Result<usize, Error> {
    let written = written()?;
    for topic in read_names(folder(), "json")?.iter().filter(|topic| !written.contains_key(*topic)) {
        let path = path_of(topic);
        fs::remove_file(&path).map_err(|source| Error::Io { path, source })?;
    }
    for (topic, text) in &written {
        let path = path_of(topic);
        fs::write(&path, text).map_err(|source| Error::Io { path, source })?;
    }
    Ok(written.len())
}

fn read_names(folder: &Path, ending: &str) -> Result<BTreeSet<String>, Error> {
    let failed = |source| Error::Io { path: folder.to_owned(), source };
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|it| it == ending) {
            names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
        }
    }
    Ok(names)
}

fn read_all(
    folder: &Path,
    ending: &str,
    read: impl Fn(&str) -> Result<File, String>,
) -> Result<BTreeMap<String, File>, Error> {
    let mut files = BTreeMap::new();
    for topic in read_names(folder, ending)? {
        let path = folder.join(format!("{topic}.{ending}"));
        let text = fs::read_to_string(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
        files.insert(topic, read(&text).map_err(|why| Error::Form { path, why })?);
    }
    Ok(files)
}
