//! The results, seen in three places that know nothing of each other: the data file, the database, the job's summary.

use crate::{
    airports::Data,
    compare,
    database::Found,
    destination::{Counts, Destination, Totals, group},
    error::Error,
    text,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the plan's `summary` step builds from what the writes gave back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Summary {
    destinations: i64,
    by_continent: BTreeMap<String, Counts>,
}

/// Everything that is compared.
#[derive(Debug)]
pub struct Results {
    expected: Vec<Destination>,
    expected_totals: Totals,
    expected_tasks: i64,
    found: Found,
    summary_destinations: i64,
    summary_groups: Counts,
    tasks: i64,
}

impl Results {
    /// Counts the data, and reads the summary. `tasks` is how many the job had.
    pub fn new(data: &Data, found: Found, summary_json: &str, tasks: i64) -> Result<Self, Error> {
        let expected: Vec<Destination> = data.airports.iter().filter_map(Destination::of).collect();
        let summary: Summary = serde_json::from_str(summary_json).map_err(|problem| {
            Error::Unexpected(format!("the summary {summary_json} is not what it should be: {problem}"))
        })?;
        let mut groups = Counts::new();
        for (continent, sizes) in summary.by_continent {
            groups.extend(sizes.into_iter().map(|(size, count)| (group(&continent, &size), count)));
        }
        Ok(Self {
            expected_totals: Totals::count(&expected),
            // One `fetch`, one `decide` an item, `shape` and `write` for each that was chosen, one `summary`.
            expected_tasks: (1 + data.airports.len() + 2 * expected.len() + 1) as i64,
            expected,
            found,
            summary_destinations: summary.destinations,
            summary_groups: groups,
            tasks,
        })
    }

    /// How many rows there must be, and are once [`Results::differences`] is empty.
    pub fn written(&self) -> usize {
        self.found.rows.len()
    }

    /// What is not as it must be; empty when all is well.
    pub fn differences(&self) -> Vec<String> {
        let (must, is) = (&self.expected_totals, &self.found.totals);
        let written = self.expected.len() as i64;
        let mut differences = compare::counts("database, rows by group", &must.by_group, &is.by_group);
        differences.extend(compare::counts("summary, rows by group", &must.by_group, &self.summary_groups));
        differences.extend(compare::count("summary, rows", written, self.summary_destinations));
        differences.extend(compare::count("tasks of the job", self.expected_tasks, self.tasks));
        differences.extend(compare::counts("database, rows by country", &must.by_country, &is.by_country));
        differences.extend(compare::rows(&self.expected, &self.found.rows));
        differences
    }

    /// The table of totals.
    pub fn table(&self) -> Vec<String> {
        let line = |continent: &str, size: &str, numbers: [i64; 3]| {
            let [file, database, summary] = numbers.map(text::grouped);
            format!("{continent:<15}{size:<8}{file:>10}{database:>11}{summary:>10}")
        };
        let mut lines = vec![format!("{:<23}{:>10}{:>11}{:>10}", "", "data file", "database", "summary")];
        for (key, count) in &self.expected_totals.by_group {
            let of = |counts: &Counts| counts.get(key).copied().unwrap_or(0);
            let (continent, size) = key.split_once(' ').unwrap_or((key, ""));
            lines.push(line(
                text::continent(continent),
                size,
                [*count, of(&self.found.totals.by_group), of(&self.summary_groups)],
            ));
        }
        lines.push(line(
            "all",
            "",
            [self.expected.len() as i64, self.found.rows.len() as i64, self.summary_destinations],
        ));
        lines
    }

    /// The countries with most destinations: `BR 93, RU 83`.
    pub fn top_countries(&self, many: usize) -> String {
        let mut countries: Vec<(&String, &i64)> = self.found.totals.by_country.iter().collect();
        countries.sort_by_key(|(country, count)| (-**count, (*country).clone()));
        countries.iter().take(many).map(|(country, count)| format!("{country} {count}")).collect::<Vec<_>>().join(", ")
    }

    /// How many countries there are.
    pub fn countries(&self) -> usize {
        self.found.totals.by_country.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = r#"{"destinations":1201,"by_continent":{"AF":{"large":45,"medium":292},"EU":{"large":116,"medium":479},"SA":{"large":22,"medium":247}}}"#;

    fn results(change: impl FnOnce(&mut Vec<Destination>), summary: &str, tasks: i64) -> Result<Results, Error> {
        let data = Data::load().expect("every line is a record");
        let mut rows: Vec<Destination> = data.airports.iter().filter_map(Destination::of).collect();
        change(&mut rows);
        let totals = Totals::count(&rows);
        Results::new(&data, Found { rows, totals }, summary, tasks)
    }

    #[test]
    fn what_agrees_has_no_difference() {
        let results = results(|_| {}, SUMMARY, 5_549).expect("a summary");
        assert_eq!(results.differences(), Vec::<String>::new());
        assert_eq!((results.written(), results.countries()), (1_201, 119));
        assert_eq!(results.top_countries(3), "BR 93, RU 83, FR 59");
        let table = results.table();
        assert_eq!(table[1].split_whitespace().collect::<Vec<_>>(), ["Africa", "large", "45", "45", "45"]);
        assert_eq!(table[7].split_whitespace().collect::<Vec<_>>(), ["all", "1,201", "1,201", "1,201"]);
        assert!(table.iter().all(|line| line.chars().count() == table[0].chars().count()), "{table:#?}");
    }

    #[test]
    fn a_lost_row_shows_in_every_total_and_by_name() {
        let lose = |rows: &mut Vec<Destination>| rows.retain(|row| row.iata != "GRU");
        let differences = results(lose, SUMMARY, 5_549).expect("a summary").differences();
        let expected = [
            "database, rows by group: SA large: 21, must be 22",
            "database, rows by country: BR: 92, must be 93",
            "GRU Guarulhos - Governador André Franco Montoro International Airport is missing in the database",
        ];
        assert_eq!(differences, expected);
    }

    #[test]
    fn a_wrong_summary_or_task_count_shows() {
        let wrong = SUMMARY.replace("1201", "1200").replace("247", "246");
        let differences = results(|_| {}, &wrong, 5_548).expect("a summary").differences();
        let expected = [
            "summary, rows by group: SA medium: 246, must be 247",
            "summary, rows: 1200, must be 1201",
            "tasks of the job: 5548, must be 5549",
        ];
        assert_eq!(differences, expected);
        assert!(results(|_| {}, "[]", 5_549).is_err());
    }
}
