//! What a step can say about the leads it wants.

use crate::{
    argument::Argument,
    config::{BYTES_DEFAULT, BYTES_MAX, Timeout, within},
};
use esteira_sdk::Error;
use serde::Deserialize;

/// Largest page that the API gives.
pub(crate) const PAGE_SIZE_MAX: usize = 125;

/// The configuration of `rdstation.get_leads`; `docs/functions.md` explains each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) segmentation: Argument,
    #[serde(default = "credentials")]
    pub(crate) credentials: String,
    #[serde(default = "page_size")]
    pub(crate) page_size: usize,
    #[serde(default = "max_pages")]
    pub(crate) max_pages: usize,
    #[serde(default)]
    pub(crate) timeout: Timeout,
    #[serde(default = "max_bytes")]
    pub(crate) max_bytes: usize,
}

fn credentials() -> String {
    "RDSTATION".to_owned()
}

fn page_size() -> usize {
    PAGE_SIZE_MAX
}

fn max_pages() -> usize {
    800
}

fn max_bytes() -> usize {
    BYTES_DEFAULT
}

impl Config {
    /// Checks what the types cannot say.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        within("page_size", self.page_size, 1, PAGE_SIZE_MAX)?;
        within("max_pages", self.max_pages, 1, 10_000)?;
        within("max_bytes", self.max_bytes, 1, BYTES_MAX)?;
        Ok(self)
    }
}
