//! What a step can say about its request.

use crate::{
    argument::Argument,
    config::{BYTES_DEFAULT, BYTES_MAX, Timeout, within},
    pointer::Pointer,
};
use esteira_sdk::{Error, model::OutputType};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most pages that one attempt may fetch.
const PAGES_MAX: usize = 10_000;

/// The configuration of `http.request`; `docs/functions.md` explains each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) path: Vec<Argument>,
    #[serde(default)]
    pub(crate) method: Method,
    #[serde(default)]
    pub(crate) query: BTreeMap<String, Argument>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Header>,
    #[serde(default)]
    pub(crate) body: Option<BodyFrom>,
    #[serde(default)]
    pub(crate) timeout: Timeout,
    #[serde(default = "bytes_default")]
    pub(crate) max_bytes: usize,
    #[serde(default)]
    pub(crate) body_only: bool,
    #[serde(default)]
    pub(crate) items: Option<Pointer>,
    #[serde(default)]
    pub(crate) next: Option<Pointer>,
    #[serde(default)]
    pub(crate) page: Option<Page>,
    #[serde(default)]
    pub(crate) max_pages: Option<usize>,
}

/// The methods that a step may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// Where the body of the request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BodyFrom {
    /// The step's input, byte for byte.
    Input,
}

/// The value of a header.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Header {
    /// Text as it is.
    Text(String),
    /// A secret that only the operator knows.
    Secret(SecretRef),
}

/// `{"secret": "NAME", "prefix": "Bearer "}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretRef {
    pub(crate) secret: String,
    #[serde(default)]
    pub(crate) prefix: String,
}

/// Paging by number, up to the first page that is not full.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    #[serde(default = "page_param")]
    pub(crate) param: String,
    #[serde(default = "page_size_param")]
    pub(crate) size_param: Option<String>,
    #[serde(default = "page_size")]
    pub(crate) size: usize,
    #[serde(default = "page_first")]
    pub(crate) first: u64,
}

fn bytes_default() -> usize {
    BYTES_DEFAULT
}

fn page_param() -> String {
    "page".to_owned()
}

fn page_size_param() -> Option<String> {
    Some("page_size".to_owned())
}

fn page_size() -> usize {
    100
}

fn page_first() -> u64 {
    1
}

impl Config {
    /// Pages that one attempt may fetch.
    pub(crate) fn pages_max(&self) -> usize {
        self.max_pages.unwrap_or(1_000)
    }

    /// Checks what the types cannot say.
    pub(crate) fn checked(self, output: OutputType) -> Result<Self, Error> {
        within("max_bytes", self.max_bytes, 1, BYTES_MAX)?;
        within("max_pages", self.pages_max(), 1, PAGES_MAX)?;
        if let Some(page) = &self.page {
            within("page.size", page.size, 1, 10_000)?;
        }
        let paged =
            [("next", self.next.is_some()), ("page", self.page.is_some()), ("max_pages", self.max_pages.is_some())];
        if output == OutputType::Multiple {
            if self.body_only {
                return Err(Error::config_invalid(
                    "body_only: is for output single; with output multiple the items are the outputs",
                ));
            }
            if self.next.is_some() && self.page.is_some() {
                return Err(Error::config_invalid("page: next and page exclude each other"));
            }
            if self.method != Method::Get && paged.iter().any(|(_, set)| *set) {
                return Err(Error::config_invalid("method: only GET can be fetched page by page"));
            }
        } else if let Some((field, _)) = paged.iter().chain([&("items", self.items.is_some())]).find(|(_, set)| *set) {
            return Err(Error::config_invalid(format!("{field}: is for output multiple")));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, output: OutputType, expected: Option<&str>) {
        let checked = serde_json::from_str::<Config>(json)
            .map_err(Error::config_invalid)
            .and_then(|config| config.checked(output));
        match (checked.err(), expected) {
            (None, None) => {}
            (Some(error), Some(field)) => {
                assert!(error.code() == "CONFIG_INVALID" && error.message().contains(field), "{json}: {error}")
            }
            (error, expected) => panic!("{json}: {error:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn fields_are_checked_by_name() {
        let (single, multiple) = (OutputType::Single, OutputType::Multiple);
        check(r#"{"url":"https://a"}"#, single, None);
        check(r#"{}"#, single, Some("url"));
        check(r#"{"url":"https://a","uri":1}"#, single, Some("uri"));
        check(r#"{"url":"https://a","method":"TRACE"}"#, single, Some("TRACE"));
        check(r#"{"url":"https://a","body":"text"}"#, single, Some("text"));
        check(r#"{"url":"https://a","max_bytes":0}"#, single, Some("max_bytes"));
        check(r#"{"url":"https://a","items":""}"#, single, Some("items"));
        check(r#"{"url":"https://a","next":"/next"}"#, OutputType::None, Some("next"));
        check(r#"{"url":"https://a","items":"/data","next":"/next","max_pages":7}"#, multiple, None);
        check(r#"{"url":"https://a","page":{}}"#, multiple, None);
        check(r#"{"url":"https://a","page":{"sise":1}}"#, multiple, Some("sise"));
        check(r#"{"url":"https://a","page":{"size":0}}"#, multiple, Some("page.size"));
        check(r#"{"url":"https://a","page":{},"next":"/n"}"#, multiple, Some("page"));
        check(r#"{"url":"https://a","page":{},"method":"POST"}"#, multiple, Some("method"));
        check(r#"{"url":"https://a","body_only":true}"#, multiple, Some("body_only"));
        check(r#"{"url":"https://a","max_pages":0}"#, multiple, Some("max_pages"));
    }
}
