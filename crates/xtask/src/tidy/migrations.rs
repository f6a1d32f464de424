//! `migrations`: both databases get the same migrations, by number and by name, without a gap.

use super::finding::Finding;
use super::tree::Tree;
use std::collections::BTreeMap;

const RULE: &str = "migrations";
const ROOT: &str = "migrations/";

/// Files in `migrations/<database>/`, named `<number>_<name>.sql`.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    // By database, then by number: the file's name.
    let mut databases: BTreeMap<&str, BTreeMap<u32, &str>> = BTreeMap::new();
    for path in tree.files().iter().map(|file| file.path.as_str()) {
        let Some((database, name)) = path.strip_prefix(ROOT).and_then(|rest| rest.split_once('/')) else { continue };
        let Some(number) = number(name) else {
            found.push(Finding::failure(path, 1, RULE, "not named `<number>_<lower_case_name>.sql`"));
            continue;
        };
        if let Some(twin) = databases.entry(database).or_default().insert(number, name) {
            found.push(Finding::failure(path, 1, RULE, format!("has the number of {twin}")));
        }
    }
    for (database, migrations) in &databases {
        for (expected, (number, name)) in (1..).zip(migrations) {
            if *number != expected {
                let message = format!("number {number} where {expected} comes next: no gaps");
                found.push(Finding::failure(format!("{ROOT}{database}/{name}"), 1, RULE, message));
                break;
            }
        }
        for (other, theirs) in databases.iter().filter(|(other, _)| *other != database) {
            for name in migrations.values().filter(|name| !theirs.values().any(|their| their == *name)) {
                let message = format!("{ROOT}{other}/{name} is missing: same numbers, same names");
                found.push(Finding::failure(format!("{ROOT}{database}/{name}"), 1, RULE, message));
            }
        }
    }
    found
}

fn number(name: &str) -> Option<u32> {
    let (number, rest) = name.split_once('_')?;
    let title = rest.strip_suffix(".sql")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (!title.is_empty() && title.chars().all(plain)).then(|| number.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_count(paths: &[&str], expected: usize) {
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (*path, "")).collect();
        let found = check(&Tree::of(&files));
        assert_eq!(found.len(), expected, "{paths:?}: {found:?}");
    }

    #[test]
    fn alike_and_without_gaps() {
        check_count(&["migrations/sqlite/0001_jobs.sql", "migrations/sqlite/0002_outbox.sql"], 0);
        check_count(&["migrations/sqlite/0001_jobs.sql", "migrations/postgres/0001_jobs.sql"], 0);
    }

    #[test]
    fn every_way_to_differ() {
        check_count(&["migrations/sqlite/0002_jobs.sql"], 1);
        check_count(&["migrations/sqlite/0001_a.sql", "migrations/sqlite/0003_b.sql"], 1);
        check_count(&["migrations/sqlite/0001_a.sql", "migrations/sqlite/0001_b.sql"], 1);
        check_count(&["migrations/sqlite/0001_a.sql", "migrations/postgres/0001_b.sql"], 2);
        check_count(
            &["migrations/sqlite/0001_a.sql", "migrations/sqlite/0002_b.sql", "migrations/postgres/0001_a.sql"],
            1,
        );
        check_count(&["migrations/sqlite/jobs.sql", "migrations/sqlite/0001_Jobs.sql"], 2);
    }
}
