//! Compares what was found with what must be there, and names each difference.

use crate::destination::{Counts, Destination};
use std::collections::BTreeMap;

/// Differences between two sets of rows, by key.
pub fn rows(expected: &[Destination], found: &[Destination]) -> Vec<String> {
    let mut left: BTreeMap<i64, &Destination> = found.iter().map(|row| (row.id, row)).collect();
    let mut differences = Vec::new();
    for row in expected {
        match left.remove(&row.id) {
            None => differences.push(format!("{} {} is missing in the database", row.iata, row.name)),
            Some(other) if other != row => {
                differences.push(format!("{} in the database:\n      {other:?}\n    must be:\n      {row:?}", row.iata))
            }
            Some(_) => {}
        }
    }
    differences.extend(left.values().map(|row| format!("{} {} must not be in the database", row.iata, row.name)));
    differences
}

/// Differences between two sets of counts; `place` says where `found` was found.
pub fn counts(place: &str, expected: &Counts, found: &Counts) -> Vec<String> {
    let keys: std::collections::BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let mut differences = Vec::new();
    for key in keys {
        let (must, is) = (expected.get(key).copied().unwrap_or(0), found.get(key).copied().unwrap_or(0));
        differences.extend(count(&format!("{place}: {key}"), must, is));
    }
    differences
}

/// The difference between two numbers, if there is one.
pub fn count(what: &str, expected: i64, found: i64) -> Option<String> {
    (expected != found).then(|| format!("{what}: {found}, must be {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, name: &str) -> Destination {
        Destination {
            id,
            iata: format!("A{id:02}"),
            name: name.into(),
            city: None,
            country: "PT".into(),
            continent: "EU".into(),
            size: "medium".into(),
            elevation_m: Some(1),
        }
    }

    #[test]
    fn equal_rows_in_any_order_have_no_difference() {
        assert_eq!(rows(&[row(1, "a"), row(2, "b")], &[row(2, "b"), row(1, "a")]), Vec::<String>::new());
    }

    #[test]
    fn each_difference_of_rows_is_named() {
        let found = rows(&[row(1, "a"), row(2, "b")], &[row(2, "c"), row(3, "d")]);
        assert_eq!(found[0], "A01 a is missing in the database");
        assert!(
            found[1].starts_with("A02 in the database:") && found[1].contains("\"c\"") && found[1].contains("\"b\""),
            "{}",
            found[1]
        );
        assert_eq!(found[2], "A03 d must not be in the database");
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn counts_differ_by_key() {
        let counted = |pairs: &[(&str, i64)]| pairs.iter().map(|(key, n)| ((*key).to_owned(), *n)).collect::<Counts>();
        let found = counts(
            "summary",
            &counted(&[("AF", 1), ("EU", 2), ("SA", 3)]),
            &counted(&[("AF", 1), ("EU", 1), ("XX", 4)]),
        );
        assert_eq!(found, ["summary: EU: 1, must be 2", "summary: SA: 0, must be 3", "summary: XX: 4, must be 0"]);
    }
}
