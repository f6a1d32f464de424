//! All functions in the box.

use crate::{DatabaseQuery, HttpRequest, RdStationGetLeads, Settings, Transform};
use esteira_sdk::Function;
use std::sync::Arc;

/// Every function of this crate, ready for `WorkerBuilder::functions`.
///
/// Nothing is opened or sent before a task asks for it. Whoever hosts them keeps a clone of
/// [`Settings::connections`](Settings) and awaits [`Connections::drain`](crate::Connections::drain) after its worker has
/// ended: writes with `confirm: false` wait there.
pub fn all(settings: Settings) -> Vec<Arc<dyn Function>> {
    vec![
        Arc::new(HttpRequest::new(settings.http, settings.secrets.clone())),
        Arc::new(RdStationGetLeads::new(settings.rdstation, settings.secrets)),
        Arc::new(DatabaseQuery::new(settings.connections)),
        Arc::new(Transform::new()),
    ]
}
