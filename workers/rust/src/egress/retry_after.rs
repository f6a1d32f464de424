//! The header `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use std::time::Duration;

/// Longest pause that a server may ask for.
const PAUSE_MAX: Duration = Duration::from_secs(24 * 3600);

/// The pause that the server asks for, at most a day.
///
/// A date counts from the `Date` of the same answer: the server's own clock, so that no clock of ours has to agree with it.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = match text.bytes().all(|b| b.is_ascii_digit()) {
        true => text.parse().unwrap_or(u64::MAX),
        false => {
            let now = http_date(headers.get(DATE)?.to_str().ok()?)?;
            u64::try_from(http_date(text)? - now).unwrap_or(0)
        }
    };
    (!text.is_empty()).then(|| Duration::from_secs(seconds).min(PAUSE_MAX))
}

/// Seconds since 1970 of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`; the two obsolete forms are not read.
fn http_date(text: &str) -> Option<i64> {
    let mut parts = text.split_once(", ")?.1.split(' ');
    let day: i64 = parts.next()?.parse().ok()?;
    let name = parts.next()?;
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = i64::try_from(names.iter().position(|month| *month == name)?).ok()? + 1;
    let year: i64 = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let mut clock = parts.next()?.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    (parts.next() == Some("GMT"))
        .then(|| crate::civil::days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(retry: &str, date: Option<&str>, expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry.parse().expect("header"));
        if let Some(date) = date {
            headers.insert(DATE, date.parse().expect("header"));
        }
        assert_eq!(retry_after(&headers).map(|pause| pause.as_secs()), expected, "{retry} {date:?}");
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        check("7", None, Some(7));
        check("0", None, Some(0));
        check("99999999999999999999999", None, Some(86_400));
        check("Sun, 06 Nov 1994 08:50:07 GMT", Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some(30));
        check("Sun, 06 Nov 1994 08:49:07 GMT", Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
        check("Sun, 06 Nov 1994 08:50:07 GMT", None, None);
        check("soon", Some("Sun, 06 Nov 1994 08:49:37 GMT"), None);
        check("", None, None);
        check("-1", None, None);
    }
}
