//! What an installation may choose about its edge.

use crate::principal::PrincipalSource;
use std::{fmt, sync::Arc};

/// What an installation may choose about its edge.
#[derive(Clone)]
pub struct Options {
    /// Who tells who calls.
    pub principals: Arc<dyn PrincipalSource>,
    /// Origins whose pages may call over gRPC-web, as browsers send them (`https://console.example.com`). Default: none.
    pub web_origins: Vec<String>,
    /// Whether messages may be compressed with gzip. Default: no.
    pub gzip: bool,
}

impl Options {
    /// The defaults, with this source of principals.
    pub fn new(principals: Arc<dyn PrincipalSource>) -> Self {
        Self { principals, web_origins: Vec::new(), gzip: false }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("web_origins", &self.web_origins)
            .field("gzip", &self.gzip)
            .finish_non_exhaustive()
    }
}
