//! `leak`: no file says where it was written, or where packages come from: both differ from machine to machine.

use super::finding::Finding;
use super::tree::{File, Tree};
use std::path::Path;

const RULE: &str = "leak";

/// Folders that belong to a person or a machine. In parts, so that this file passes its own check.
const HOMES: [&str; 3] = ["root", "home", "Users"];

/// Hosts of package registries, in parts for the same reason.
const REGISTRIES: &[(&str, &str)] = &[
    ("crates", "io"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("proxy.golang", "org"),
    ("sum.golang", "org"),
    ("repo1.maven", "org"),
    ("repo.maven.apache", "org"),
    ("nuget", "org"),
    ("jsr", "io"),
    ("deno", "land"),
    ("deb.debian", "org"),
];

/// Files that a tool writes with a registry's name in them, and that cannot be without.
const WRITTEN_BY_TOOLS: &[&str] = &["Cargo.lock", "tests/peers/restate/Cargo.lock"];

/// Folders in which a checkout may stand without being anybody's.
const SHARED_PARENTS: &[&str] = &["/", "/tmp", "/var/tmp"];

/// Every file, generated ones included.
pub fn check(tree: &Tree, root: &Path) -> Vec<Finding> {
    let mut homes: Vec<String> = HOMES.iter().map(|home| format!("/{home}/")).collect();
    homes.push(root.display().to_string());
    let parent = root.parent().map_or(String::new(), |parent| parent.display().to_string());
    if !parent.is_empty() && !SHARED_PARENTS.contains(&parent.as_str()) {
        homes.push(format!("{parent}/"));
    }
    let registries: Vec<String> = REGISTRIES.iter().map(|(name, domain)| format!("{name}.{domain}")).collect();
    tree.files().iter().flat_map(|file| places(file, &homes, &registries)).collect()
}

fn places(file: &File, homes: &[String], registries: &[String]) -> Vec<Finding> {
    let mut found = Vec::new();
    for home in homes {
        let places = file.text.match_indices(home.as_str()).filter(|(at, _)| begins_a_path(&file.text[..*at]));
        found.extend(places.map(|(at, _)| {
            Finding::failure(&file.path, file.line(at), RULE, "a path of one machine: make it relative to the root")
        }));
    }
    if WRITTEN_BY_TOOLS.contains(&file.path.as_str()) {
        return found;
    }
    for host in registries {
        let places = file.text.match_indices(host.as_str()).filter(|(at, _)| is_host(&file.text, *at, host));
        found.extend(places.map(|(at, _)| {
            let message = "the host of a package registry: each machine's package clients know theirs";
            Finding::failure(&file.path, file.line(at), RULE, message)
        }));
    }
    found
}

/// Whether a `/` after this text begins an absolute path, rather than continuing another one or a URL.
fn begins_a_path(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || "._-~/})>*".contains(c))
}

/// Whether the place is a host or the end of one, rather than a part of a longer word.
fn is_host(text: &str, at: usize, host: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '-';
    !text[..at].ends_with(word) && !text[at + host.len()..].starts_with(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_count(path: &str, text: &str, expected: usize) {
        let found = check(&Tree::of(&[(path, text)]), Path::new("/checkouts/esteira"));
        assert_eq!(found.len(), expected, "{path}: {text:?}: {found:?}");
    }

    #[test]
    fn paths_of_a_machine() {
        for home in HOMES {
            check_count("docs/a.md", &format!("see /{home}/someone/notes"), 1);
            check_count("docs/a.md", &format!("see src/{home}/notes and https://example.com/{home}/a"), 0);
        }
        check_count("docs/a.md", "open /checkouts/notes.md", 1);
        check_count("docs/a.md", "/usr/share, /tmp/x, ./checkouts/x", 0);
    }

    #[test]
    fn hosts_of_registries() {
        for (name, domain) in REGISTRIES {
            check_count("sdk/a.json", &format!("\"https://files.{name}.{domain}/a\""), 1);
            check_count("sdk/a.json", &format!("my{name}.{domain} {name}.{domain}x {name}-{domain}"), 0);
        }
        let (name, domain) = REGISTRIES[0];
        check_count("Cargo.lock", &format!("{name}.{domain}-index"), 0);
        check_count("Cargo.lock", &format!("{name}.{domain}"), 0);
        check_count("tests/peers/restate/Cargo.lock", &format!("{name}.{domain}-index"), 0);
    }
}
