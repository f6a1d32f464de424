//! A folder that is written whole or not at all.

use super::Error;
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// Writes the files into a folder beside the new one, which then takes its name.
pub fn write(directory: &Path, files: &[(&str, String)]) -> Result<(), Error> {
    let target = free(directory)?;
    // What cannot be renamed into its place, or is cut off, is left beside it and removed.
    let beside = target.parent().unwrap_or(Path::new("."));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    let staging = tempfile::Builder::new().prefix(".esteira-init-").tempdir_in(beside).map_err(failed(beside))?;
    // One deeper: the folder for the time being is nobody else's to read, the project is as others are.
    let project = staging.path().join("project");
    for (path, text) in files {
        write_file(&project.join(path), text).map_err(failed(&directory.join(path)))?;
    }
    match fs::rename(&project, &target) {
        // Somebody else has come first.
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Err(Error::NotEmpty(directory.into())),
        renamed => renamed.map_err(failed(directory)),
    }
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// The absolute path of a folder that is empty or not there, in one that is.
fn free(directory: &Path) -> Result<PathBuf, Error> {
    let failed = |source| Error::Write { path: directory.into(), source };
    match directory.canonicalize() {
        Ok(there) if !there.is_dir() => Err(Error::NotAFolder(directory.into())),
        Ok(there) if fs::read_dir(&there).map_err(failed)?.next().is_some() => Err(Error::NotEmpty(directory.into())),
        Ok(there) if std::env::current_dir().and_then(fs::canonicalize).is_ok_and(|current| current == there) => {
            Err(Error::Current(directory.into()))
        }
        Ok(there) => Ok(there),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // `symlink_metadata`: a link that leads nowhere is something, too.
            if directory.symlink_metadata().is_ok() {
                return Err(Error::NotAFolder(directory.into()));
            }
            let parent = match directory.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            match (parent.canonicalize(), directory.file_name()) {
                (Ok(parent), Some(name)) if parent.is_dir() => Ok(parent.join(name)),
                _ => Err(Error::NoParent(parent.into())),
            }
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    const FILES: [(&str, &str); 2] = [("a", "1\n"), ("b/c", "2\n")];

    fn files() -> Vec<(&'static str, String)> {
        FILES.map(|(path, text)| (path, text.to_owned())).into()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_folder_that_is_new_or_empty_is_filled() {
        let home = tempfile::tempdir().expect("a directory");
        let empty = home.path().join("empty");
        fs::create_dir(&empty).expect("made");
        symlink(&empty, home.path().join("link")).expect("linked");
        for name in ["new", "link"] {
            let folder = home.path().join(name);
            write(&folder, &files()).expect("written");
            assert!(FILES.iter().all(|(path, text)| fs::read_to_string(folder.join(path)).is_ok_and(|it| it == *text)));
            let others = fs::create_dir(home.path().join(format!("{name}-other")));
            others.expect("made");
            let mode = |path: PathBuf| fs::metadata(path).expect("it is there").permissions().mode();
            assert_eq!(mode(folder), mode(home.path().join(format!("{name}-other"))));
        }
        assert!(names(home.path()).iter().all(|name| !name.starts_with('.')), "{:?}", names(home.path()));
    }

    #[test]
    fn what_is_there_stays_as_it_is() {
        let home = tempfile::tempdir().expect("a directory");
        let at = |name: &str| home.path().join(name);
        fs::create_dir(at("full")).expect("made");
        fs::write(at("full/mine"), "mine").expect("written");
        fs::write(at("file"), "mine").expect("written");
        symlink(at("nowhere"), at("broken")).expect("linked");
        let refused = |name: &str| write(&at(name), &files()).expect_err("refused");
        assert!(matches!(refused("full"), Error::NotEmpty(path) if path == at("full")));
        assert!(matches!(refused("file"), Error::NotAFolder(_)));
        assert!(matches!(refused("broken"), Error::NotAFolder(_)));
        assert!(matches!(refused("missing/new"), Error::NoParent(path) if path == at("missing")));
        assert_eq!(names(&at("full")), ["mine"]);
        assert_eq!(names(home.path()).len(), 3);
    }

    #[test]
    fn what_fails_half_way_leaves_nothing() {
        let home = tempfile::tempdir().expect("a directory");
        // A file cannot be a folder as well: the second one fails.
        let files = [("a", String::new()), ("a/b", String::new())];
        let refused = write(&home.path().join("new"), &files);
        assert!(matches!(refused, Err(Error::Write { path, .. }) if path == home.path().join("new/a/b")));
        assert!(names(home.path()).is_empty());
    }
}
