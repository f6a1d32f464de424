//! `rdstation.get_leads`: the contacts of a segmentation of RD Station Marketing, one output a lead.

mod config;
mod leads;
mod token;

use crate::{
    config::until_cancelled,
    egress::{Guard, HostPattern},
    secrets::Secrets,
};
use esteira_sdk::{
    Context, Error, Function, FunctionSpec, Outcome,
    model::{BoxFuture, OutputType, Payload},
};
use reqwest::Url;
use std::{fmt, str::FromStr};
use token::Tokens;

/// Where the public API of RD Station answers.
pub const RD_STATION_URL: &str = "https://api.rd.services";

/// The server that the operator lets `rdstation.get_leads` talk to, and no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RdStation {
    base_url: Url,
}

impl Default for RdStation {
    fn default() -> Self {
        RD_STATION_URL.parse().expect("the address of the public API is a URL")
    }
}

impl FromStr for RdStation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("{text:?} is no URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https")
            || !url.has_host()
            || !url.username().is_empty()
            || url.query().is_some()
        {
            return Err(format!("{text:?} is not http(s)://host[:port][/path]"));
        }
        Ok(Self { base_url: url })
    }
}

impl fmt::Display for RdStation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.base_url.fmt(f)
    }
}

impl RdStation {
    /// A guard that lets requests out to this server only. The operator named it, so it may be on a private network.
    fn guard(&self) -> Guard {
        let host = self.base_url.host_str().unwrap_or_default();
        let port = self.base_url.port_or_known_default().unwrap_or_default();
        // A public name stays public unless the operator wrote a port or another server than the public one.
        let pattern = if *self == Self::default() { host.to_owned() } else { format!("{host}:{port}") };
        Guard::new(pattern.parse::<HostPattern>().into_iter().collect())
    }

    /// The URL of an endpoint.
    fn endpoint(&self, segments: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

/// The function `rdstation.get_leads`; see `docs/functions.md`.
pub struct RdStationGetLeads {
    server: RdStation,
    guard: Guard,
    tokens: Tokens,
}

impl RdStationGetLeads {
    /// A function that asks this server, with credentials from these secrets.
    pub fn new(server: RdStation, secrets: Secrets) -> Self {
        Self { guard: server.guard(), tokens: Tokens::new(secrets), server }
    }
}

impl Function for RdStationGetLeads {
    fn spec(&self) -> FunctionSpec {
        FunctionSpec::new("rdstation.get_leads", OutputType::Multiple)
            .version(env!("CARGO_PKG_VERSION"))
            .summary("Reads the contacts of a segmentation of RD Station Marketing, one output a lead")
    }

    fn execute<'a>(&'a self, cx: &'a Context, input: Payload) -> BoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(until_cancelled(cx, async move { Ok(Outcome::many(leads::leads(self, cx, &input).await?)) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_http_and_has_no_credentials() {
        assert_eq!(RdStation::default().to_string(), "https://api.rd.services/");
        for text in ["ftp://a", "https://user@a/", "a", "https://a/?x=1"] {
            assert!(text.parse::<RdStation>().is_err(), "{text}");
        }
        let server: RdStation = "http://127.0.0.1:8080/rd".parse().expect("server");
        assert_eq!(server.endpoint(&["auth", "token"]).as_str(), "http://127.0.0.1:8080/rd/auth/token");
    }
}
