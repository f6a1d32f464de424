//! Secrets by reference: plans hold names, only the operator holds values.

use esteira_sdk::Error;
use std::{collections::BTreeMap, fmt, sync::Arc};

/// Prefix of the environment variables that [`Secrets::from_env`] reads unless the operator says otherwise.
pub const SECRET_ENV_PREFIX: &str = "ESTEIRA_SECRET_";

/// Named secrets. Their values appear in no `Debug` text, no log and no error.
#[derive(Clone, Default)]
pub struct Secrets {
    values: Arc<BTreeMap<String, String>>,
}

impl Secrets {
    /// No secrets at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every environment variable that begins with `prefix`, under the rest of its name: `ESTEIRA_SECRET_CRM` is `CRM`.
    pub fn from_env(prefix: &str) -> Self {
        // `vars_os`: a variable of other software that is not UTF-8 must not stop the worker.
        std::env::vars_os()
            .filter_map(|(name, value)| {
                Some((name.to_str()?.strip_prefix(prefix)?.to_owned(), value.to_str()?.to_owned()))
            })
            .collect()
    }

    /// The value of a secret; `SECRET_UNKNOWN` when the operator gave none of this name.
    pub(crate) fn get(&self, name: &str) -> Result<&str, Error> {
        self.find(name)
            .ok_or_else(|| Error::non_retryable("SECRET_UNKNOWN", format!("this worker was given no secret {name:?}")))
    }

    /// The value of a secret, if there is one of this name.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

impl FromIterator<(String, String)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self { values: Arc::new(pairs.into_iter().filter(|(name, _)| !name.is_empty()).collect()) }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_names_only() {
        let secrets = Secrets::from_iter([("CRM".to_owned(), "canary-1".to_owned())]);
        assert_eq!(format!("{secrets:?}"), r#"{"CRM"}"#);
        assert_eq!(secrets.get("CRM").expect("given"), "canary-1");
        assert_eq!(secrets.get("OTHER").expect_err("unknown").code(), "SECRET_UNKNOWN");
    }

    #[test]
    fn the_environment_is_read_by_prefix() {
        let (name, value) = std::env::vars().find(|(name, _)| name.len() > 2).expect("some variable");
        assert_eq!(Secrets::from_env(&name[..1]).find(&name[1..]), Some(value.as_str()));
    }
}
