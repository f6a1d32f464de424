//! What an operator writes after `--allow`.

use reqwest::Url;
use std::{fmt, net::IpAddr, str::FromStr};

/// A host that requests may go to: `api.example.com`, `*.example.com`, `crm.internal:8080`, `127.0.0.1:8080`, `[::1]:8080`.
///
/// | written | port | addresses |
/// | --- | --- | --- |
/// | `host` | the usual port of the scheme, 443 or 80 | public |
/// | `host:port` | this port | public, private and loopback |
/// | `*.domain` or `*.domain:port` | as above, any name below the domain, not the domain itself | public |
/// | `address:port` | this port | exactly this one, whatever it is |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    /// Lower case, without brackets, without the leading `*.` and without a trailing dot.
    host: String,
    below: bool,
    port: Option<u16>,
}

impl HostPattern {
    /// Whether a host and port of a URL are meant. `port` is the one that is connected to, `usual` the one of the scheme.
    pub(crate) fn matches(&self, host: &str, port: u16, usual: u16) -> bool {
        let host_matches = match self.below {
            true => host.strip_suffix(&self.host).is_some_and(|head| head.len() > 1 && head.ends_with('.')),
            false => host == self.host,
        };
        host_matches && port == self.port.unwrap_or(usual)
    }

    /// Whether private addresses are meant as well: the operator named one host and one port.
    pub(crate) fn allows_private(&self) -> bool {
        self.port.is_some() && !self.below
    }
}

/// Host of a URL in the form that patterns are kept in.
pub(crate) fn plain_host(url: &Url) -> Option<&str> {
    let host = url.host_str()?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Some(host.strip_suffix('.').unwrap_or(host)).filter(|host| !host.is_empty())
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || format!("{text:?} is not host, *.domain, host:port or [address]:port");
        if text.contains(['/', '@', '?', '#', '\\', ' ', '%']) {
            return Err(malformed());
        }
        let (below, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        // The URL parser gives each host its one canonical form: lower case, punycode, addresses in dotted form.
        let url = Url::parse(&format!("http://{rest}/")).map_err(|_| malformed())?;
        let port = match rest.rsplit_once(':') {
            // The parser drops port 80, which is the usual one of http.
            Some((_, digits)) if !digits.ends_with(']') => {
                Some(digits.parse().ok().filter(|port| *port > 0).ok_or_else(malformed)?)
            }
            _ => None,
        };
        let host = plain_host(&url).ok_or_else(malformed)?.to_owned();
        if host.contains('*') || (below && host.parse::<IpAddr>().is_ok()) {
            return Err(malformed());
        }
        Ok(Self { host, below, port })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.below { "*." } else { "" };
        match (self.host.contains(':'), self.port) {
            (true, Some(port)) => write!(f, "[{}]:{port}", self.host),
            (true, None) => write!(f, "[{}]", self.host),
            (false, Some(port)) => write!(f, "{star}{}:{port}", self.host),
            (false, None) => write!(f, "{star}{}", self.host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_one_form() {
        let cases = [
            ("API.Example.com", Some("api.example.com")),
            ("example.com.:443", Some("example.com:443")),
            ("*.example.com", Some("*.example.com")),
            ("127.0.0.1:80", Some("127.0.0.1:80")),
            ("0x7f.1:80", Some("127.0.0.1:80")),
            ("[::1]:8080", Some("[::1]:8080")),
            ("[0:0:0:0:0:0:0:1]", Some("[::1]")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("", None),
            ("*", None),
            ("*.", None),
            ("a.*.com", None),
            ("*.10.0.0.1", None),
            ("example.com:0", None),
            ("example.com:99999", None),
            ("example.com:", None),
            ("http://example.com", None),
            ("user@example.com", None),
        ];
        for (text, expected) in cases {
            let shown = text.parse::<HostPattern>().map(|pattern| pattern.to_string());
            assert_eq!(shown.as_deref().ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_pattern_matches_its_host_and_port_only() {
        let cases = [
            ("example.com", "example.com", 443, true),
            ("example.com", "example.com", 8443, false),
            ("example.com", "www.example.com", 443, false),
            ("example.com", "badexample.com", 443, false),
            ("*.example.com", "www.example.com", 443, true),
            ("*.example.com", "a.b.example.com", 443, true),
            ("*.example.com", "example.com", 443, false),
            ("*.example.com", ".example.com", 443, false),
            ("*.example.com", "badexample.com", 443, false),
            ("example.com:8443", "example.com", 8443, true),
            ("example.com:8443", "example.com", 443, false),
        ];
        for (pattern, host, port, expected) in cases {
            let pattern: HostPattern = pattern.parse().expect("pattern");
            assert_eq!(pattern.matches(host, port, 443), expected, "{pattern} {host}:{port}");
        }
    }
}
