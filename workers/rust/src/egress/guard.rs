//! What requests may leave, and the clients that send them.

use crate::egress::{
    address::{Reach, reach},
    pattern::{HostPattern, plain_host},
    resolver::{GuardedResolver, Lookup, SystemLookup},
};
use esteira_sdk::Error;
use reqwest::{Client, Url, redirect};
use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// Code of every refusal of this module.
pub(crate) const EGRESS_REFUSED: &str = "EGRESS_REFUSED";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const IDLE_MAX: usize = 16;

/// The operator's list of hosts, and the clients that keep to it. An empty list permits nothing. Cheap to clone.
#[derive(Clone)]
pub struct Guard {
    allow: Arc<[HostPattern]>,
    clients: Arc<Clients>,
}

/// One client for each reach, because a resolver does not learn the port: each resolves and filters by itself.
struct Clients {
    lookup: Arc<dyn Lookup>,
    public: OnceLock<Result<Client, String>>,
    private: OnceLock<Result<Client, String>>,
}

impl Guard {
    /// A guard that lets requests out to these hosts and to no others.
    pub fn new(allow: Vec<HostPattern>) -> Self {
        Self::with_lookup(allow, Arc::new(SystemLookup))
    }

    /// The hosts on the list.
    pub fn allow(&self) -> &[HostPattern] {
        &self.allow
    }

    pub(crate) fn with_lookup(allow: Vec<HostPattern>, lookup: Arc<dyn Lookup>) -> Self {
        let clients = Clients { lookup, public: OnceLock::new(), private: OnceLock::new() };
        Self { allow: allow.into(), clients: Arc::new(clients) }
    }

    /// The client that may fetch this URL, or `EGRESS_REFUSED`.
    pub(crate) fn client(&self, url: &Url) -> Result<Client, Error> {
        let most = self.check(url)?;
        let cell = if most == Reach::Public { &self.clients.public } else { &self.clients.private };
        let client = cell.get_or_init(|| build(most, &self.clients.lookup).map_err(|error| error.to_string()));
        client.clone().map_err(|error| {
            Error::retryable("EGRESS_UNAVAILABLE", format!("the HTTP client cannot be built: {error}"))
        })
    }

    /// The farthest reach that the addresses of this URL's host may have, or `EGRESS_REFUSED`.
    fn check(&self, url: &Url) -> Result<Reach, Error> {
        let (Some(host), Some(port), "http" | "https") = (plain_host(url), url.port_or_known_default(), url.scheme())
        else {
            return Err(Error::non_retryable(EGRESS_REFUSED, "only http and https URLs with a host are permitted"));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::non_retryable(
                EGRESS_REFUSED,
                "a URL may not hold a user name or a password; send a secret in a header",
            ));
        }
        let usual = if url.scheme() == "https" { 443 } else { 80 };
        let mut matching = self.allow.iter().filter(|pattern| pattern.matches(host, port, usual)).peekable();
        if matching.peek().is_none() {
            let shown = shown(url, host, port, usual);
            return Err(Error::non_retryable(
                EGRESS_REFUSED,
                format!("{shown} is not on the operator's list of hosts; start the worker with --allow {shown}"),
            ));
        }
        let private = matching.any(HostPattern::allows_private);
        let most = if private { Reach::Private } else { Reach::Public };
        // The client connects to an address in a URL without asking the resolver, so it is judged here. Named with its port it
        // is permitted whatever it is: nobody but the operator can have chosen it.
        match host.parse::<IpAddr>() {
            Ok(address) if !private && reach(address) > Reach::Public => Err(self.refused_address(url)),
            _ => Ok(most),
        }
    }

    /// The refusal of a host that is on the list and has no address that may be connected to.
    pub(crate) fn refused_address(&self, url: &Url) -> Error {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        Error::non_retryable(
            EGRESS_REFUSED,
            format!(
                "{host} is a private, loopback, link-local or reserved address, or resolves to such addresses only; \
                 --allow {host}:{port} permits private and loopback addresses, the address itself with its port any other"
            ),
        )
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("allow", &self.allow).finish_non_exhaustive()
    }
}

/// The host as the operator would write it after `--allow`.
fn shown(url: &Url, host: &str, port: u16, usual: u16) -> String {
    match (url.host_str().is_some_and(|host| host.starts_with('[')), port == usual) {
        (true, true) => format!("[{host}]"),
        (true, false) => format!("[{host}]:{port}"),
        (false, true) => host.to_owned(),
        (false, false) => format!("{host}:{port}"),
    }
}

fn build(most: Reach, lookup: &Arc<dyn Lookup>) -> reqwest::Result<Client> {
    Client::builder()
        .dns_resolver(Arc::new(GuardedResolver { most, lookup: lookup.clone() }))
        .redirect(redirect::Policy::none())
        // Another attempt is the coordinator's decision.
        .retry(reqwest::retry::never())
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .referer(false)
        .user_agent(concat!("esteira/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_MAX)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allow: &[&str], url: &str, expected: Option<Reach>) {
        let guard = Guard::new(allow.iter().map(|pattern| pattern.parse().expect("pattern")).collect());
        let reached = guard.check(&Url::parse(url).expect("url"));
        if let Err(error) = &reached {
            assert_eq!((error.code(), error.is_retryable()), (EGRESS_REFUSED, false));
        }
        assert_eq!(reached.ok(), expected, "{allow:?} {url}");
    }

    #[test]
    fn nothing_is_permitted_unless_it_is_listed() {
        check(&[], "https://example.com/", None);
        check(&["example.com"], "https://example.com/", Some(Reach::Public));
        check(&["example.com"], "http://example.com/", Some(Reach::Public));
        check(&["example.com"], "https://EXAMPLE.com./x", Some(Reach::Public));
        check(&["example.com"], "https://example.com:8443/", None);
        check(&["example.com:443"], "https://example.com/", Some(Reach::Private));
        check(&["*.example.com:8443"], "https://a.example.com:8443/", Some(Reach::Public));
        check(&["example.com"], "ftp://example.com/", None);
        check(&["example.com"], "https://user:pass@example.com/", None);
        check(&["example.com"], "https://example.com@evil.example/", None);
    }

    #[test]
    fn addresses_in_urls_are_judged_in_every_spelling() {
        for url in
            ["http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/"]
        {
            check(&["127.0.0.1"], url, None);
            check(&["127.0.0.1:80"], url, Some(Reach::Private));
        }
        check(&["[::ffff:127.0.0.1]"], "http://[::ffff:7f00:1]/", None);
        check(&["169.254.169.254"], "http://169.254.169.254/latest/", None);
        check(&["169.254.169.254:80"], "http://169.254.169.254/latest/", Some(Reach::Private));
        check(&["1.1.1.1"], "https://1.1.1.1/", Some(Reach::Public));
        check(&["[2606:4700::1]"], "https://[2606:4700::1]/", Some(Reach::Public));
    }

    #[test]
    fn a_refusal_names_the_host_and_the_flag() {
        let error = Guard::new(vec![])
            .check(&Url::parse("https://api.example.com:8443/x?y=secret").expect("url"))
            .expect_err("refused");
        assert!(error.message().contains("--allow api.example.com:8443"), "{error}");
        assert!(!error.message().contains("secret"), "{error}");
    }
}
