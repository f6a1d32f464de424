//! The data set: places with an IATA code on three continents. `data/README.md` tells where it comes from.

use crate::error::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The shipped file, one JSON object a line.
const FILE: &str = include_str!("../data/airports.ndjson");

/// One record of the file. A field that is not named here is refused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Airport {
    /// OurAirports' own number of the place; unique.
    pub id: i64,
    /// IATA code as the source has it: not unique, and not always a code.
    pub iata: String,
    /// Name for people.
    pub name: String,
    /// What kind of place it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// City that it serves, where known.
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// `AF`, `EU` or `SA`.
    pub continent: String,
    /// North is positive.
    #[serde(rename = "latitude")]
    pub latitude_degrees: f64,
    /// East is positive.
    #[serde(rename = "longitude")]
    pub longitude_degrees: f64,
    /// Above the sea, where known.
    pub elevation_ft: Option<i64>,
    /// Whether scheduled flights call there.
    pub scheduled: bool,
}

/// Kinds of places in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Hub with intercontinental flights.
    LargeAirport,
    /// Regional airport.
    MediumAirport,
    /// Airfield.
    SmallAirport,
    /// For helicopters only.
    Heliport,
    /// No longer there.
    Closed,
}

/// The whole file, twice over: as values to count, and as the very bytes to serve.
#[derive(Debug)]
pub struct Data {
    /// Every record, in the order of the file.
    pub airports: Vec<Airport>,
    /// The same records as they stand in the file.
    pub lines: Vec<Box<RawValue>>,
}

impl Data {
    /// Reads the file that is built into the binary.
    pub fn load() -> Result<Self, Error> {
        Self::parse(FILE)
    }

    /// Where the record with that number stands, from 0. This is also the index of its item in the fan-out.
    pub fn position(&self, id: i64) -> Option<usize> {
        self.airports.iter().position(|airport| airport.id == id)
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let mut data = Self { airports: Vec::new(), lines: Vec::new() };
        for (index, line) in text.lines().enumerate() {
            let bad = |source| Error::Data { line: index + 1, source };
            data.airports.push(serde_json::from_str(line).map_err(bad)?);
            data.lines.push(serde_json::from_str(line).map_err(bad)?);
        }
        Ok(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_shipped_file_loads() {
        let data = Data::load().expect("every line is a record");
        assert_eq!((data.airports.len(), data.lines.len()), (3_145, 3_145));
        let ids: HashSet<i64> = data.airports.iter().map(|airport| airport.id).collect();
        assert_eq!(ids.len(), 3_145, "ids are unique");
        assert!(data.airports.is_sorted_by_key(|airport| airport.id));
        for airport in &data.airports {
            assert!(["AF", "EU", "SA"].contains(&airport.continent.as_str()), "{airport:?}");
            assert!(airport.latitude_degrees.abs() <= 90.0 && airport.longitude_degrees.abs() <= 180.0, "{airport:?}");
        }
    }

    #[test]
    fn a_record_is_read_field_by_field() {
        let data = Data::load().expect("every line is a record");
        let position = data.position(5910).expect("Guarulhos is there");
        let expected = Airport {
            id: 5910,
            iata: "GRU".into(),
            name: "Guarulhos - Governador André Franco Montoro International Airport".into(),
            kind: Kind::LargeAirport,
            city: Some("São Paulo".into()),
            country: "BR".into(),
            continent: "SA".into(),
            latitude_degrees: -23.4319,
            longitude_degrees: -46.4678,
            elevation_ft: Some(2461),
            scheduled: true,
        };
        assert_eq!(data.airports[position], expected);
        assert!(data.lines[position].get().starts_with(r#"{"id":5910,"iata":"GRU""#));
        assert_eq!(data.position(-1), None);
    }

    #[test]
    fn a_bad_line_is_named() {
        let problem = Data::parse("{\"id\":1}\n").expect_err("fields are missing").to_string();
        assert!(problem.starts_with("line 1 of the data"), "{problem}");
        let unknown = format!("{{\"colour\":\"red\",{}", &FILE[1..FILE.find('\n').expect("has lines")]);
        assert!(Data::parse(&unknown).is_err(), "an unknown field is refused");
    }
}
