//! The independent count: what the plan must arrive at, straight from the data and in plain Rust.
//!
//! The rule stands twice on purpose: in `plan.yaml` as conditions and templates, and here. Neither knows of the other.

use crate::airports::{Airport, Kind};
use std::collections::BTreeMap;

/// A row of the client's table: a place that freight can be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Key of the table.
    pub id: i64,
    /// IATA code.
    pub iata: String,
    /// Name for people.
    pub name: String,
    /// City, where known.
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// `AF`, `EU` or `SA`.
    pub continent: String,
    /// `large` or `medium`.
    pub size: String,
    /// Whole metres above the sea, cut towards zero, where known.
    pub elevation_m: Option<i64>,
}

impl Destination {
    /// The row of an airport; none when freight cannot be sent there.
    pub fn of(airport: &Airport) -> Option<Self> {
        let size = match airport.kind {
            Kind::LargeAirport => "large",
            Kind::MediumAirport => "medium",
            Kind::SmallAirport | Kind::Heliport | Kind::Closed => return None,
        };
        airport.scheduled.then(|| Self {
            id: airport.id,
            iata: airport.iata.clone(),
            name: airport.name.clone(),
            city: airport.city.clone(),
            country: airport.country.clone(),
            continent: airport.continent.clone(),
            size: size.to_owned(),
            elevation_m: airport.elevation_ft.map(|feet| (feet as f64 * 0.3048) as i64),
        })
    }
}

/// How many rows there are for each value of something.
pub type Counts = BTreeMap<String, i64>;

/// Counts of a set of destinations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// By continent and size: `AF large`.
    pub by_group: Counts,
    /// By country.
    pub by_country: Counts,
}

impl Totals {
    /// Counts one by one.
    pub fn count(destinations: &[Destination]) -> Self {
        let mut totals = Self::default();
        for row in destinations {
            *totals.by_group.entry(group(&row.continent, &row.size)).or_default() += 1;
            *totals.by_country.entry(row.country.clone()).or_default() += 1;
        }
        totals
    }
}

/// The key of [`Totals::by_group`].
pub fn group(continent: &str, size: &str) -> String {
    format!("{continent} {size}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::airports::Data;

    fn airport(kind: Kind, scheduled: bool, elevation_ft: Option<i64>) -> Airport {
        Airport {
            id: 1,
            iata: "XXX".into(),
            name: "Somewhere".into(),
            kind,
            city: None,
            country: "BR".into(),
            continent: "SA".into(),
            latitude_degrees: 0.0,
            longitude_degrees: 0.0,
            elevation_ft,
            scheduled,
        }
    }

    #[test]
    fn only_large_and_medium_airports_with_scheduled_flights_are_destinations() {
        let cases = [
            (Kind::LargeAirport, true, Some("large")),
            (Kind::MediumAirport, true, Some("medium")),
            (Kind::LargeAirport, false, None),
            (Kind::MediumAirport, false, None),
            (Kind::SmallAirport, true, None),
            (Kind::Heliport, true, None),
            (Kind::Closed, true, None),
        ];
        for (kind, scheduled, expected) in cases {
            let found = Destination::of(&airport(kind, scheduled, None));
            assert_eq!(found.as_ref().map(|row| row.size.as_str()), expected, "{kind:?} {scheduled}");
        }
    }

    #[test]
    fn feet_become_whole_metres() {
        for (feet, metres) in [
            (Some(2461), Some(750)),
            (Some(-72), Some(-21)),
            (Some(0), Some(0)),
            (Some(13355), Some(4070)),
            (None, None),
        ] {
            let found = Destination::of(&airport(Kind::LargeAirport, true, feet)).expect("a destination");
            assert_eq!(found.elevation_m, metres, "{feet:?}");
        }
    }

    /// Figures found with another program, in another language, when the data was chosen.
    #[test]
    fn the_shipped_data_has_these_totals() {
        let data = Data::load().expect("every line is a record");
        let rows: Vec<Destination> = data.airports.iter().filter_map(Destination::of).collect();
        let totals = Totals::count(&rows);
        assert_eq!(rows.len(), 1_201);
        let groups = [
            ("AF large", 45),
            ("AF medium", 292),
            ("EU large", 116),
            ("EU medium", 479),
            ("SA large", 22),
            ("SA medium", 247),
        ];
        assert_eq!(totals.by_group, groups.map(|(key, count)| (key.to_owned(), count)).into());
        assert_eq!(totals.by_country.len(), 119);
        assert_eq!((totals.by_country["BR"], totals.by_country["AR"], totals.by_country["ES"]), (93, 44, 40));
    }
}
