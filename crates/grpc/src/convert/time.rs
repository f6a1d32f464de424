//! Durations and instants.

use crate::{
    convert::at::At,
    status::{Answer, Refusal},
};
use esteira_model::{Time, limits, time::micros};
use std::time::Duration;

const MICROS: i64 = 1_000_000;

/// A duration within bounds; none when it is absent.
pub fn duration(
    value: Option<prost_types::Duration>,
    at: At<'_>,
    min: Duration,
    max: Duration,
) -> Answer<Option<Duration>> {
    let Some(value) = value else { return Ok(None) };
    let read =
        u64::try_from(value.seconds).ok().zip(u32::try_from(value.nanos).ok().filter(|nanos| *nanos < 1_000_000_000));
    let read = read.map(|(seconds, nanos)| Duration::new(seconds, nanos)).filter(|read| (min..=max).contains(read));
    read.map(Some).ok_or_else(|| Refusal::field(at, format!("is not from {} to {}", shown(min), shown(max))))
}

fn shown(duration: Duration) -> String {
    if duration.subsec_nanos() == 0 { format!("{} s", duration.as_secs()) } else { format!("{} us", micros(duration)) }
}

/// How long a call waits.
pub fn wait(value: Option<prost_types::Duration>, at: At<'_>) -> Answer<Duration> {
    Ok(duration(value, at, Duration::ZERO, limits::WAIT_MAX)?.unwrap_or(limits::WAIT_DEFAULT))
}

/// The length of a lease.
pub fn lease_ttl(value: Option<prost_types::Duration>, at: At<'_>) -> Answer<Option<Duration>> {
    duration(value, at, limits::LEASE_TTL_MIN, limits::LEASE_TTL_MAX)
}

/// An instant from the year 1 to 9999; none when it is absent.
pub fn instant(value: Option<prost_types::Timestamp>, at: At<'_>) -> Answer<Option<Time>> {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    let Some(value) = value else { return Ok(None) };
    if !(FIRST..=LAST).contains(&value.seconds) || !(0..1_000_000_000).contains(&value.nanos) {
        return Err(Refusal::field(
            at,
            "is not an instant from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z",
        ));
    }
    Ok(Some(Time(value.seconds * MICROS + i64::from(value.nanos) / 1_000)))
}

/// On the wire.
pub fn duration_out(value: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(value.as_secs()).unwrap_or(i64::MAX),
        nanos: value.subsec_nanos() as i32,
    }
}

/// On the wire.
pub fn instant_out(value: Time) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: value.0.div_euclid(MICROS), nanos: (value.0.rem_euclid(MICROS) * 1_000) as i32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: i64, nanos: i32, expected: Option<Duration>) {
        let read =
            duration(Some(prost_types::Duration { seconds, nanos }), At::Top("wait"), Duration::ZERO, limits::WAIT_MAX);
        assert_eq!(read.ok().flatten(), expected, "{seconds} s {nanos} ns");
    }

    #[test]
    fn durations() {
        check(0, 0, Some(Duration::ZERO));
        check(30, 0, Some(limits::WAIT_MAX));
        check(1, 999_999_999, Some(Duration::new(1, 999_999_999)));
        for (seconds, nanos) in [(30, 1), (-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0), (i64::MIN, i32::MIN)] {
            check(seconds, nanos, None);
        }
        assert_eq!(wait(None, At::Top("wait")), Ok(limits::WAIT_DEFAULT));
    }

    #[test]
    fn instants() {
        for time in [Time(0), Time(-1), Time(1_764_000_000_123_456), Time(-62_135_596_800 * MICROS)] {
            assert_eq!(instant(Some(instant_out(time)), At::Top("t")), Ok(Some(time)));
        }
        for (seconds, nanos) in [(i64::MAX, 0), (i64::MIN, 0), (0, -1), (0, 1_000_000_000), (253_402_300_800, 0)] {
            let refused = instant(Some(prost_types::Timestamp { seconds, nanos }), At::Top("t"));
            assert_eq!(refused.map_err(|refusal| refusal.field), Err("t".to_owned()));
        }
    }
}
