//! Tools that the tests need, and where things lie in the checkout.

use std::path::{Path, PathBuf};

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this package lies two folders deep").into()
}

/// A tool of `.tools/`, or else of the machine. A test that needs it fails without it.
pub fn tool(name: &str) -> PathBuf {
    let tools = root().join(".tools");
    let ours = [tools.join("bin").join(name), tools.join(name).join("bin").join(name)];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let theirs = std::env::split_paths(&path).map(|folder| folder.join(name));
    let found = ours.into_iter().chain(theirs).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("`{name}` is missing, in .tools/ and on PATH: run .ci/setup"))
}
