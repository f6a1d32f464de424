//! Which pictures there are, and which rows they show.

use super::{
    bars::Bars,
    figures::{Figures, Row},
    lines::{Line, Lines},
};

/// A file's name and its text.
pub type File = (&'static str, String);

const DATABASES: [(&str, &str); 2] = [("sqlite", "SQLite"), ("postgres", "PostgreSQL")];

/// All pictures that there are rows for.
pub fn draw(figures: &Figures) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    let drawn = [
        ("curve.svg", curve(figures)),
        ("history.svg", history(figures)),
        ("backlog.svg", backlog(figures)),
        ("replicas.svg", replicas(figures)),
        ("ablation.svg", ablation(figures)),
    ];
    for (name, picture) in drawn {
        if let Some(text) = picture.transpose()? {
            files.push((name, text));
        }
    }
    Ok(files)
}

type Picture = Option<Result<String, String>>;

fn rows<'f>(figures: &'f Figures, scenario: &str, database: &str) -> Vec<&'f Row> {
    figures.rows.iter().filter(|row| row.scenario == scenario && row.database == database).collect()
}

fn curve(figures: &Figures) -> Picture {
    let mut series = Vec::new();
    let mut colour = 0;
    for (database, shown) in DATABASES {
        for reports in ["unary", "batched"] {
            let rows: Vec<&Row> =
                rows(figures, "b4", database).into_iter().filter(|row| row.reports == reports).collect();
            if rows.is_empty() {
                continue;
            }
            for (percentile, thin) in [("p50", false), ("p99", true)] {
                let points = rows.iter().filter_map(|row| {
                    let latency = row.number(&format!("latency_{percentile}_us"))? / 1000.0;
                    let label = if thin { String::new() } else { format!("{:.0}", row.number("in_flight")?) };
                    Some((row.number("jobs_per_second")?, latency, label))
                });
                let name = format!("{shown}, {reports}, {percentile}");
                series.push(Line { name, points: points.collect(), colour, thin });
            }
            colour += 1;
        }
    }
    let lines = Lines {
        title: "Jobs of 3 steps: throughput and latency at 1 to 256 in flight".into(),
        x: "jobs per second".into(),
        y: "latency, ms (logarithmic)".into(),
        logarithmic: true,
        series,
    };
    (!lines.series.is_empty()).then(|| lines.draw())
}

fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let numbers: Vec<f64> = numbers.collect();
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}

/// Bars with a group for each variant in the order of the rows, and a series for each database.
fn by_variant(figures: &Figures, scenario: &str, column: &str, title: String, y: &str) -> Picture {
    let mut groups: Vec<String> = Vec::new();
    for row in figures.rows.iter().filter(|row| row.scenario == scenario && row.number(column).is_some()) {
        if !groups.contains(&row.variant) {
            groups.push(row.variant.clone());
        }
    }
    let height = |database: &str, group: &String| {
        let rows = rows(figures, scenario, database);
        mean(rows.iter().filter(|row| row.variant == *group).filter_map(|row| row.number(column)))
    };
    let series: Vec<(String, Vec<Option<f64>>)> = DATABASES
        .iter()
        .map(|(database, shown)| {
            ((*shown).to_owned(), groups.iter().map(|group| height(database, group)).collect::<Vec<_>>())
        })
        .filter(|(_, heights)| heights.iter().any(Option::is_some))
        .collect();
    (!groups.is_empty()).then(|| Bars { title, y: y.into(), groups, series }.draw())
}

fn history(figures: &Figures) -> Picture {
    let title = "A store full of history against an empty one (1-step jobs, 256 in flight)";
    by_variant(figures, "b7", "steps_per_second", title.into(), "steps per second")
}

fn replicas(figures: &Figures) -> Picture {
    let title = "Coordinators on one PostgreSQL (1-step jobs, 256 in flight, one machine)";
    by_variant(figures, "b12", "steps_per_second", title.into(), "steps per second")
}

fn backlog(figures: &Figures) -> Picture {
    let series = DATABASES.iter().enumerate().flat_map(|(colour, (database, shown))| {
        let drains = rows(figures, "b8", database).into_iter().filter(|row| !row.series.is_empty());
        drains.map(move |row| {
            let tenth = |(index, us): (usize, &f64)| ((index + 1) as f64 * 10.0, us / 1000.0, String::new());
            let points = row.series.iter().enumerate().map(tenth).collect();
            Line { name: format!("{shown}, {}", row.variant), points, colour, thin: false }
        })
    });
    let lines = Lines {
        title: "A backlog is worked off: the call that brings a task".into(),
        x: "worked off, %".into(),
        y: "99th percentile, ms".into(),
        logarithmic: false,
        series: series.collect(),
    };
    (!lines.series.is_empty()).then(|| lines.draw())
}

fn ablation(figures: &Figures) -> Picture {
    let title = "What each technique is worth: rate with it, divided by rate without";
    by_variant(figures, "b16", "worth", title.into(), "factor")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::figures::read;

    fn row(scenario: &str, database: &str, variant: &str, rest: &str) -> String {
        format!(
            r#"{{"scenario":"{scenario}","database":"{database}","variant":"{variant}","steps_per_second":1234,
                "jobs_per_second":411,"latency_p50_us":900,"latency_p99_us":4000,"in_flight":16,"reports":"unary"{rest}}}"#
        )
    }

    #[test]
    fn every_picture_shows_its_rows() {
        let rows = [
            row("b4", "sqlite", "16 in flight, unary", ""),
            row("b7", "postgres", "empty", ""),
            row("b8", "sqlite", "100000 pending tasks", r#","series":[1000,2000]"#),
            row("b12", "postgres", "2 coordinators", ""),
            row("b16", "sqlite", "no hand-off", r#","figures":{"worth":1.5}"#),
        ];
        let figures = read(&format!(r#"{{"rows":[{}]}}"#, rows.join(","))).expect("figures");
        let files = draw(&figures).expect("drawn");
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["curve.svg", "history.svg", "backlog.svg", "replicas.svg", "ablation.svg"]);
        let shown = ["SQLite, unary, p99", "1,234", "SQLite, 100000 pending tasks", "2 coordinators", "1.50"];
        for ((name, text), shown) in files.iter().zip(shown) {
            assert!(text.starts_with("<svg") && text.contains(shown), "{name} has no {shown:?}");
        }
    }

    #[test]
    fn without_rows_there_is_no_picture() {
        assert_eq!(draw(&Figures::default()).expect("drawn").len(), 0);
    }
}
