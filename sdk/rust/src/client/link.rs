//! One connection to the coordinator that can be thrown away and opened again.

use crate::client::Error;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tonic::{
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

/// Where the coordinator is, and the channel that is open to it. Clones share the channel.
///
/// A half-open connection answers nothing for minutes; so whoever waited in vain calls [`Link::renew`],
/// and the next request opens another.
#[derive(Clone)]
pub(crate) struct Link {
    endpoint: Endpoint,
    authorization: Option<MetadataValue<Ascii>>,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    generation: u64,
    channel: Option<Channel>,
}

impl Link {
    /// Parses the address; opens nothing yet.
    pub(crate) fn new(endpoint: &str, token: Option<&str>) -> Result<Self, Error> {
        let endpoint = Endpoint::from_shared(endpoint.to_owned())
            .map_err(|error| Error::Endpoint(format!("{endpoint:?}: {error}")))?;
        let endpoint = endpoint
            .connect_timeout(Duration::from_secs(5))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10))
            .keep_alive_while_idle(true);
        let authorization = match token.map(|token| format!("Bearer {token}").parse::<MetadataValue<Ascii>>()) {
            None => None,
            Some(Ok(mut value)) => {
                value.set_sensitive(true);
                Some(value)
            }
            Some(Err(_)) => {
                return Err(Error::Endpoint("the token holds characters that a header may not hold".into()));
            }
        };
        Ok(Self { endpoint, authorization, open: Arc::default() })
    }

    /// The same place over a connection of its own, for another runtime.
    #[cfg(feature = "worker")]
    pub(crate) fn apart(&self) -> Self {
        Self { open: Arc::default(), ..self.clone() }
    }

    /// The open channel and its generation. Must be called within a tokio runtime.
    pub(crate) fn channel(&self) -> (u64, Channel) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = open.generation;
        (generation, open.channel.get_or_insert_with(|| self.endpoint.connect_lazy()).clone())
    }

    /// Forgets the channel of that generation; a newer one stays.
    pub(crate) fn renew(&self, generation: u64) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.generation == generation {
            open.generation += 1;
            open.channel = None;
        }
    }

    /// A request with the caller's credentials.
    pub(crate) fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        if let Some(authorization) = &self.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        request
    }
}
