//! What the status of an answer means for a retry.

use crate::egress::{Answer, retry_after::retry_after};
use esteira_sdk::Error;

/// Passes successes on. Bodies of other answers are in no error: they may echo what was sent.
pub(crate) fn check_status(answer: Answer) -> Result<Answer, Error> {
    let status = answer.status.as_u16();
    match status {
        200..=299 => Ok(answer),
        300..=399 => Err(Error::non_retryable(
            "HTTP_REDIRECT",
            format!("the server answered {status}; redirects are not followed"),
        )),
        408 | 425 | 429 | 500..=599 => {
            let error = Error::retryable(format!("HTTP_{status}"), format!("the server answered {status}"));
            Err(match retry_after(&answer.headers) {
                Some(pause) => error.after(pause),
                None => error,
            })
        }
        _ => Err(Error::non_retryable(format!("HTTP_{status}"), format!("the server answered {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::{StatusCode, header::HeaderMap};

    #[test]
    fn statuses_are_mapped() {
        let cases = [
            (200, None),
            (204, None),
            (301, Some(("HTTP_REDIRECT", false))),
            (304, Some(("HTTP_REDIRECT", false))),
            (400, Some(("HTTP_400", false))),
            (404, Some(("HTTP_404", false))),
            (408, Some(("HTTP_408", true))),
            (425, Some(("HTTP_425", true))),
            (429, Some(("HTTP_429", true))),
            (500, Some(("HTTP_500", true))),
            (503, Some(("HTTP_503", true))),
            (599, Some(("HTTP_599", true))),
        ];
        for (status, expected) in cases {
            let answer = Answer {
                status: StatusCode::from_u16(status).expect("status"),
                headers: HeaderMap::new(),
                body: Default::default(),
            };
            let error = check_status(answer).err();
            assert_eq!(error.as_ref().map(|error| (error.code(), error.is_retryable())), expected, "{status}");
        }
    }
}
