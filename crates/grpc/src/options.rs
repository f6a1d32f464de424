//! What an installation may choose about its edge.

use crate::principal::PrincipalSource;
use std::{fmt, sync::Arc, time::Duration};

/// What an installation may choose about its edge.
#[derive(Clone)]
pub struct Options {
    /// Who tells who calls.
    pub principals: Arc<dyn PrincipalSource>,
    /// Origins whose pages may call over gRPC-web, as browsers send them (`https://console.example.com`). Default: none.
    pub web_origins: Vec<String>,
    /// Whether messages may be compressed with gzip. Default: no.
    pub gzip: bool,
    /// A connection that is older takes no new calls, so that clients spread over replicas. What runs on it ends in peace,
    /// however long that takes. Default: 30 min.
    pub connection_age_max: Duration,
    /// Whether health says SERVING. Default: yes. No while only results are taken.
    pub is_ready: bool,
}

/// See [`Options::connection_age_max`].
const CONNECTION_AGE_MAX: Duration = Duration::from_secs(30 * 60);

impl Options {
    /// The defaults, with this source of principals.
    pub fn new(principals: Arc<dyn PrincipalSource>) -> Self {
        Self {
            principals,
            web_origins: Vec::new(),
            gzip: false,
            connection_age_max: CONNECTION_AGE_MAX,
            is_ready: true,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("web_origins", &self.web_origins)
            .field("gzip", &self.gzip)
            .field("connection_age_max", &self.connection_age_max)
            .finish_non_exhaustive()
    }
}
