//! How long jobs are kept, as a person writes it.

use std::{fmt, str::FromStr, time::Duration};

/// A length of time, or for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep(pub Option<Duration>);

/// Units, the longest first, with their seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl FromStr for Keep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "forever" {
            return Ok(Self(None));
        }
        let wrong = || "is not like 90d, 12h, 30m, 45s or forever".to_owned();
        let unit = UNITS.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, seconds)));
        let (number, seconds) = unit.ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let keep = number.checked_mul(*seconds).map(Duration::from_secs).ok_or_else(wrong)?;
        match keep <= esteira_model::limits::KEEP_MAX {
            true => Ok(Self(Some(keep))),
            false => Err("is more than 100 years; take forever".into()),
        }
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(keep) = self.0 else { return f.write_str("forever") };
        let seconds = keep.as_secs();
        let (unit, length) =
            UNITS.into_iter().find(|(_, length)| seconds >= *length && seconds % length == 0).unwrap_or(('s', 1));
        write!(f, "{}{unit}", seconds / length)
    }
}

/// How long jobs are kept in projects for which nobody set it.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// How long PRODUCTION jobs are kept after their end, unless a project says otherwise: 90d, 12h, .. or forever
    #[arg(long, env = "ESTEIRA_KEEP_PRODUCTION", default_value = "forever")]
    keep_production: Keep,
    /// The same for QA
    #[arg(long, env = "ESTEIRA_KEEP_QA", default_value = "30d")]
    keep_qa: Keep,
    /// The same for DEVTEST
    #[arg(long, env = "ESTEIRA_KEEP_DEVTEST", default_value = "30d")]
    keep_devtest: Keep,
}

impl Arguments {
    /// As the coordinator takes it.
    pub fn keep(&self) -> esteira_coordinator::retention::Keep {
        esteira_coordinator::retention::Keep {
            production: self.keep_production.0,
            qa: self.keep_qa.0,
            devtest: self.keep_devtest.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_reads_as_it_is_written() {
        for (text, seconds) in
            [("0s", Some(0)), ("90d", Some(7_776_000)), ("36h", Some(129_600)), ("45s", Some(45)), ("forever", None)]
        {
            let keep: Keep = text.parse().expect("a length of time");
            assert_eq!(keep.0.map(|keep| keep.as_secs()), seconds);
            assert_eq!(keep.to_string(), text);
        }
        for bad in [
            "",
            "d",
            "1",
            "-1d",
            "1.5d",
            "1w",
            "d1",
            "always",
            "36601d",
            "99999999999999999999d",
            "18446744073709551615d",
        ] {
            assert!(bad.parse::<Keep>().is_err(), "{bad}");
        }
    }
}
