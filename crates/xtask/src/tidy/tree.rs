//! The files that the checks read: all that git tracks or would track, each with its comments, literals and tests found.

use super::source::{self, Class, Language, Span};
use super::test_code;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

/// One file.
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    /// Empty where the file is not UTF-8.
    pub text: String,
    pub language: Language,
    spans: Vec<Span>,
    /// The text with comments and literals blanked.
    code: String,
    tests: Vec<Range<usize>>,
}

impl File {
    fn new(path: String, text: String) -> Self {
        let language = Language::of(&path);
        let spans = source::spans(&text, language);
        let code = source::code_only(&text, &spans);
        let tests = if test_code::is_test_path(&path) {
            std::iter::once(0..text.len() + 1).collect()
        } else if language == Language::Rust {
            test_code::regions(&code)
        } else {
            Vec::new()
        };
        Self { path, text, language, spans, code, tests }
    }

    /// Whether it is written in one of the languages of the product, rather than data or prose.
    pub fn is_source(&self) -> bool {
        self.language != Language::Other
    }

    /// Whether a generator wrote it.
    pub fn is_generated(&self) -> bool {
        self.path.split('/').any(|part| part == "gen")
    }

    /// The text with comments and literals blanked, byte for byte as long.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Where `needle` stands as code. It must begin a word if it begins with a letter.
    pub fn find_code<'a>(&'a self, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
        find(&self.code, needle)
    }

    /// Where `needle` stands at all, under the same rule.
    pub fn find_text<'a>(&'a self, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
        find(&self.text, needle)
    }

    /// The string literals, without their delimiters, with their offsets.
    pub fn literals(&self) -> impl Iterator<Item = (usize, &str)> {
        self.spans
            .iter()
            .filter(|span| span.class == Class::Literal)
            .map(|s| (s.range.start, &self.text[s.body.clone()]))
    }

    /// Whether what stands at this offset is only built for tests.
    pub fn in_test(&self, offset: usize) -> bool {
        self.tests.iter().any(|region| region.contains(&offset))
    }

    /// The line of an offset, from 1.
    pub fn line(&self, offset: usize) -> usize {
        1 + self.text.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count()
    }
}

fn find<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let word = needle.starts_with(is_word);
    text.match_indices(needle).map(|(at, _)| at).filter(move |&at| !(word && text[..at].ends_with(is_word)))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// All files, sorted by path.
pub struct Tree {
    files: Vec<File>,
}

impl Tree {
    /// Reads what git tracks and what it would track: new files count before they are added.
    pub fn load(root: &Path) -> Result<Self, String> {
        let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = Command::new("git")
            .args(arguments)
            .current_dir(root)
            .output()
            .map_err(|error| format!("git, which lists the files to check, did not start: {error}"))?;
        if !listed.status.success() {
            return Err(format!("git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim()));
        }
        let names = String::from_utf8(listed.stdout).map_err(|_| "a file's name is not UTF-8".to_owned())?;
        let mut files = Vec::new();
        for path in names.split_terminator('\0').collect::<BTreeSet<_>>() {
            match std::fs::read(root.join(path)) {
                Ok(bytes) => files.push((path.to_owned(), String::from_utf8(bytes).unwrap_or_default())),
                // Tracked, but deleted in the work tree.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(format!("{path}: {error}")),
            }
        }
        Ok(Self::new(files))
    }

    fn new(files: Vec<(String, String)>) -> Self {
        let mut files: Vec<File> = files.into_iter().map(|(path, text)| File::new(path, text)).collect();
        let modules: BTreeSet<String> = files
            .iter()
            .filter(|file| file.language == Language::Rust)
            .flat_map(|file| test_code::modules(&file.path, &file.code, &file.tests))
            .collect();
        for file in files.iter_mut().filter(|file| modules.contains(&file.path)) {
            file.tests = std::iter::once(0..file.text.len() + 1).collect();
        }
        Self { files }
    }

    /// A tree for a test.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// All files.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The files in the languages of the product, without what a generator wrote.
    pub fn sources(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_source() && !file.is_generated())
    }

    /// The file of that path.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_inside_a_longer_name_is_not_found() {
        let tree = Tree::of(&[("a.rs", "mytodo!() todo!() // todo!()")]);
        let file = tree.file("a.rs").expect("it was put there");
        assert_eq!(file.find_code("todo!").collect::<Vec<_>>(), [10]);
        assert_eq!(file.find_text("todo!").collect::<Vec<_>>(), [10, 21]);
    }

    #[test]
    fn lines_count_from_one() {
        let tree = Tree::of(&[("a.rs", "x\ny\n")]);
        let file = tree.file("a.rs").expect("it was put there");
        assert_eq!([file.line(0), file.line(1), file.line(2)], [1, 1, 2]);
    }

    #[test]
    fn tests_are_known_by_path_by_attribute_and_by_module() {
        let tree = Tree::of(&[
            (
                "crates/a/src/lib.rs",
                "fn product() {}\n#[cfg(test)]\nmod tests { fn inside() {} }\n#[cfg(test)]\nmod other;",
            ),
            ("crates/a/src/other.rs", "fn other() {}"),
            ("crates/a/tests/e2e.rs", "fn path() {}"),
        ]);
        let in_test = |path: &str, needle: &str| {
            let file = tree.file(path).expect("it was put there");
            file.in_test(file.find_code(needle).next().expect("the text has it"))
        };
        assert!(!in_test("crates/a/src/lib.rs", "product"));
        assert!(in_test("crates/a/src/lib.rs", "inside"));
        assert!(in_test("crates/a/src/other.rs", "fn other"));
        assert!(in_test("crates/a/tests/e2e.rs", "path"));
    }

    #[test]
    fn generated_files_are_no_sources() {
        let tree = Tree::of(&[("sdk/go/gen/a.go", ""), ("sdk/go/a.go", ""), ("docs/a.md", "")]);
        assert_eq!(tree.sources().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["sdk/go/a.go"]);
    }
}
