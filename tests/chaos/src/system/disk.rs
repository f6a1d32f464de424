//! A small file system in memory, of this run alone: it can be filled to the last byte. It lies in a mount namespace that ends
//! with the run, however the run ends.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Its size. The data of a run takes a part of it.
const SIZE: &str = "256m";
const MOUNT: &str = r#"mount -t tmpfs -o size="$1" chaos "$2" && echo mounted && exec cat"#;

/// A mounted file system.
pub(crate) struct Disk {
    folder: PathBuf,
    holder: Child,
}

/// What a namespace is entered with: a run without rights has them in a namespace of users.
fn user() -> &'static [&'static str] {
    if fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) { &[] } else { &["--user", "--preserve-credentials"] }
}

/// The arguments of `nsenter`.
pub(crate) fn enter(holder: u32) -> Vec<String> {
    let own = ["--mount".to_owned(), "--target".to_owned(), holder.to_string()];
    own.into_iter().chain(user().iter().map(|&it| it.to_owned())).collect()
}

impl Disk {
    /// Mounts it under the folder.
    pub fn mount(folder: &Path) -> Self {
        let folder = folder.join("disk");
        fs::create_dir_all(&folder).expect("a folder can be made");
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if !user().is_empty() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["sh", "-c", MOUNT, "disk", SIZE]).arg(&folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command.spawn().expect("unshare (util-linux) can be run");
        let mut line = String::new();
        let said = holder.stdout.take().map(|out| BufReader::new(out).read_line(&mut line));
        assert!(
            said.is_some_and(|said| said.is_ok()) && line == "mounted\n",
            "a file system cannot be mounted: {line:?}"
        );
        Self { folder, holder }
    }

    /// The process whose namespace it is.
    pub fn holder(&self) -> u32 {
        self.holder.id()
    }

    /// A path as a process in the namespace sees it.
    pub fn inside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The same for a process that is not.
    pub fn outside(&self, name: &str) -> PathBuf {
        let inside = self.inside(name);
        let relative = inside.strip_prefix("/").unwrap_or(&inside);
        Path::new("/proc").join(self.holder().to_string()).join("root").join(relative)
    }

    /// Fills it; how many bytes that took.
    pub fn fill(&self) -> std::io::Result<usize> {
        let mut ballast = File::create(self.outside("ballast"))?;
        let mut taken = 0;
        for size in [1 << 20, 1 << 12, 1] {
            let block = vec![1; size];
            while ballast.write(&block).is_ok_and(|written| {
                taken += written;
                written > 0
            }) {}
        }
        Ok(taken)
    }

    /// Whether nothing more can be written.
    pub fn is_full(&self) -> bool {
        let path = self.outside("probe");
        let full = File::create(&path).and_then(|mut file| file.write_all(&[1; 4096])).is_err();
        let _ = fs::remove_file(path);
        full
    }

    /// Makes room again.
    pub fn empty(&self) -> std::io::Result<()> {
        fs::remove_file(self.outside("ballast"))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
