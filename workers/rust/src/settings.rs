//! What the operator decides: where functions may go, and what they may know.

use crate::{Connections, Guard, HostPattern, RD_STATION_URL, RdStation, SECRET_ENV_PREFIX, Secrets};
use std::{convert::Infallible, fmt, str::FromStr};

/// Everything that the functions in the box get from their operator.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where `http.request` may go.
    pub http: Guard,
    /// The databases of `database.query`.
    pub connections: Connections,
    /// The secrets of `http.request` and `rdstation.get_leads`.
    pub secrets: Secrets,
    /// The server of `rdstation.get_leads`.
    pub rdstation: RdStation,
}

/// The same on a command line; `#[command(flatten)]` puts it into any other.
#[derive(Debug, Clone, clap::Args)]
pub struct Flags {
    /// A host that http.request may send to: host, *.domain, or host:port (which permits private addresses, too)
    #[arg(long = "allow", value_name = "HOST[:PORT]")]
    pub allow: Vec<HostPattern>,
    /// A database of database.query: alias=sqlite:.. or alias=postgres:.., or alias=env:NAME to read the URL from a variable
    #[arg(long = "connection", value_name = "ALIAS=URL")]
    pub connections: Vec<NamedUrl>,
    /// Environment variables that begin with this are secrets, named by the rest of their names
    #[arg(long, value_name = "PREFIX", default_value = SECRET_ENV_PREFIX)]
    pub secret_env: String,
    /// The server of rdstation.get_leads
    #[arg(long, value_name = "URL", default_value = RD_STATION_URL)]
    pub rdstation_url: RdStation,
}

/// `alias=url` as it was written. A URL may hold a password: it is in no `Debug` text.
#[derive(Clone, PartialEq, Eq)]
pub struct NamedUrl(String);

impl FromStr for NamedUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        // Checked in `Flags::settings`: a message from here would repeat the text.
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for NamedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alias = self.0.split_once('=').map_or("", |(alias, _)| alias);
        f.debug_tuple("NamedUrl").field(&alias).finish()
    }
}

impl NamedUrl {
    fn read(&self) -> Result<(String, String), String> {
        let (alias, url) = self.0.split_once('=').ok_or("--connection: expected alias=url")?;
        let url = match url.strip_prefix("env:") {
            Some(name) => {
                std::env::var(name).map_err(|_| format!("--connection {alias}: there is no variable {name:?}"))?
            }
            None => url.to_owned(),
        };
        Ok((alias.to_owned(), url))
    }
}

impl Flags {
    /// Reads the environment and checks everything; opens nothing.
    ///
    /// Errors: one line for the operator, without passwords.
    pub fn settings(&self) -> Result<Settings, String> {
        if self.secret_env.is_empty() {
            return Err(
                "--secret-env: an empty prefix would make every variable a secret that plans can send".to_owned()
            );
        }
        let named = self.connections.iter().map(NamedUrl::read).collect::<Result<Vec<_>, _>>()?;
        Ok(Settings {
            http: Guard::new(self.allow.clone()),
            connections: Connections::new(named)?,
            secrets: Secrets::from_env(&self.secret_env),
            rdstation: self.rdstation_url.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        flags: Flags,
    }

    fn settings(arguments: &[&str]) -> Result<Settings, String> {
        let line = Line::try_parse_from([&["x"], arguments].concat()).map_err(|error| error.to_string())?;
        assert!(!format!("{line:?}").contains("canary"), "{line:?}");
        let settings = line.flags.settings()?;
        assert!(!format!("{settings:?}").contains("canary"), "{settings:?}");
        Ok(settings)
    }

    #[test]
    fn nothing_is_permitted_by_default() {
        let settings = settings(&[]).expect("defaults");
        assert!(settings.http.allow().is_empty());
        assert_eq!(settings.rdstation, RdStation::default());
    }

    #[test]
    fn flags_become_settings() {
        let settings = settings(&[
            "--allow=api.example.com",
            "--allow=127.0.0.1:8080",
            "--connection=crm=postgres://u:canary@localhost/d",
            "--connection=out=sqlite://x.db?mode=rwc",
        ]);
        assert_eq!(settings.expect("settings").http.allow().len(), 2);
    }

    #[test]
    fn mistakes_are_named_without_passwords() {
        let cases = [
            (&["--allow=http://a"][..], "--allow"),
            (&["--connection=postgres://u:canary@h/d"], "alias"),
            (&["--connection=crm"], "alias=url"),
            (&["--connection=crm=env:ESTEIRA_NO_SUCH_VARIABLE"], "ESTEIRA_NO_SUCH_VARIABLE"),
            (&["--connection=crm=mysql://u:canary@h/d"], "crm"),
            (&["--secret-env="], "--secret-env"),
            (&["--rdstation-url=ftp://x"], "--rdstation-url"),
        ];
        for (arguments, named) in cases {
            let why = settings(arguments).expect_err(named);
            assert!(why.contains(named) && !why.contains("canary"), "{arguments:?}: {why}");
        }
    }
}
