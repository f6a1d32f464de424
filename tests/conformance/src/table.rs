//! The table of `docs/conformance.md`.

use crate::{run::Outcome, scenario::SCENARIOS, sdk::Sdk, variant::Variant};
use std::fmt::Write as _;

/// What stands around the table.
const PAGE: &str = "\
# Conformance

What the worker of each SDK was put through, and what came of it. Made by `make conformance`; do not write into it by hand.

A real coordinator, a worker of the SDK as a process, and between them a proxy that breaks connections and loses answers. What is
looked at is what public RPCs show and what the worker said: never the inside of a worker. The scenarios are functions of
[`tests/conformance/src/scenario`](../tests/conformance/src/scenario/mod.rs); how a worker is started stands in the `sdk.yaml`
beside it.

| sign | meaning |
| --- | --- |
| ✓ | passed |
| ✗ | failed |
| known | fails, as `must_fail` of its `sdk.yaml` says; one that passes all the same is an error |
| – | the variant does not apply |

The variants: **plain**; **tiny-lease**, every lease is the shortest there is, 1 s; **lossy**, every fourth answer is lost with its
connection; **coordinator-kill9**, the coordinator is killed twice while it works; **slots=1**, one task at a time. Each ran on SQLite and
on PostgreSQL, and a sign is for both.

";

/// What stands below it.
const NOT_COVERED: &str = "
Not in the table: values of `tests/vectors` that need no coordinator, which each SDK's own tests read.
";

/// The whole page.
pub fn page(sdks: &[Sdk], outcomes: &[Outcome], relay: &str, not_run: &[String]) -> String {
    let mut page = String::from(PAGE);
    not_run.iter().for_each(|line| write(&mut page, format_args!("**{line}**, so there is no column for it.\n\n")));
    for level in 0..=3 {
        write(&mut page, format_args!("## Level {level}\n\n"));
        let names: Vec<&str> = sdks.iter().map(|sdk| sdk.name.as_str()).collect();
        write(&mut page, format_args!("| scenario | variant | {} |\n", names.join(" | ")));
        write(&mut page, format_args!("| --- | --- |{}\n", " --- |".repeat(names.len())));
        for scenario in SCENARIOS.iter().filter(|scenario| scenario.level == level) {
            for (row, variant) in scenario.variants.iter().enumerate() {
                let about = if row == 0 { format!("**{}**: {}", scenario.name, scenario.about) } else { String::new() };
                let signs: Vec<&str> = names.iter().map(|sdk| sign(outcomes, sdk, scenario.name, *variant)).collect();
                write(&mut page, format_args!("| {about} | {} | {} |\n", variant.name(), signs.join(" | ")));
            }
        }
        page.push('\n');
    }
    write(&mut page, format_args!("## The relay\n\n{relay}\n{NOT_COVERED}"));
    page
}

fn sign(outcomes: &[Outcome], sdk: &str, scenario: &str, variant: Variant) -> &'static str {
    let is_it = |it: &&Outcome| it.sdk == sdk && it.scenario == scenario && it.variant == variant;
    let found: Vec<&Outcome> = outcomes.iter().filter(is_it).collect();
    match found.first() {
        None => "–",
        Some(_) if found.iter().any(|outcome| !outcome.is_as_declared()) => "✗",
        Some(outcome) if outcome.must_fail => "known",
        Some(_) => "✓",
    }
}

fn write(page: &mut String, what: std::fmt::Arguments<'_>) {
    page.write_fmt(what).expect("a string can always be written to");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Database;
    use std::time::Duration;

    #[test]
    fn every_cell_has_its_sign() {
        let on = |database, variant, failure: Option<&str>, must_fail| Outcome {
            sdk: "go".into(),
            scenario: "raw_echo",
            variant,
            database,
            failure: failure.map(str::to_owned),
            must_fail,
            took: Duration::ZERO,
        };
        let outcome = |variant, failure, must_fail| on(Database::Sqlite, variant, failure, must_fail);
        let outcomes = [
            outcome(Variant::Plain, None, false),
            on(Database::Postgresql, Variant::Plain, None, false),
            outcome(Variant::Lossy, Some("why"), false),
            outcome(Variant::TinyLease, Some("why"), true),
            outcome(Variant::OneSlot, None, true),
            outcome(Variant::CoordinatorKill9, None, false),
            on(Database::Postgresql, Variant::CoordinatorKill9, Some("why"), false),
        ];
        let signs = Variant::ALL.map(|variant| sign(&outcomes, "go", "raw_echo", variant));
        assert_eq!(signs, ["✓", "known", "✗", "✗", "✗"]);
        assert_eq!(sign(&outcomes, "rust", "raw_echo", Variant::Plain), "–");
    }
}
