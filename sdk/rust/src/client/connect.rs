//! Where the coordinator is, and how patient the client is with it.

use crate::client::{
    AdminClient, AuditClient, Error, JobClient, OutboxClient, PlanClient, TraceClient, link::Link, rpc::Caller,
    send::Call,
};
use std::time::Duration;

/// A client of one coordinator. Cheap to clone; clones share the connection, which opens with the first call.
#[derive(Clone)]
pub struct Client {
    caller: Caller,
}

/// Sets a [`Client`] up.
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    endpoint: String,
    token: Option<String>,
    timeout: Duration,
    patience: Duration,
}

impl Client {
    /// A client with the default settings; opens nothing yet.
    pub fn connect(endpoint: impl Into<String>) -> Result<Self, Error> {
        Self::builder(endpoint).build()
    }

    /// Sets a client of the coordinator at `endpoint` up, for example `http://127.0.0.1:7440`.
    pub fn builder(endpoint: impl Into<String>) -> ClientBuilder {
        ClientBuilder {
            endpoint: endpoint.into(),
            token: None,
            timeout: Duration::from_secs(10),
            patience: Duration::from_secs(60),
        }
    }

    /// Plans and their versions.
    pub fn plans(&self) -> PlanClient {
        PlanClient { caller: self.caller.clone() }
    }

    /// Jobs and their tasks.
    pub fn jobs(&self) -> JobClient {
        JobClient { caller: self.caller.clone() }
    }

    /// Committed messages that wait to be delivered.
    pub fn outbox(&self) -> OutboxClient {
        OutboxClient { caller: self.caller.clone() }
    }

    /// Where jobs and data come from, and what became of them.
    pub fn traces(&self) -> TraceClient {
        TraceClient { caller: self.caller.clone() }
    }

    /// The coordinator itself, its workers and queues.
    pub fn admin(&self) -> AdminClient {
        AdminClient { caller: self.caller.clone() }
    }

    /// Who did what, and whether what is recorded is what happened.
    pub fn audit(&self) -> AuditClient {
        AuditClient { caller: self.caller.clone() }
    }
}

impl ClientBuilder {
    /// Sends `authorization: Bearer <token>` with every call.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// How long to wait for one answer before the request is sent again; 10 s by default. A wait that the request
    /// itself asks for comes on top.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long to go on sending the same request; 60 s by default.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Parses the endpoint and the token; opens nothing yet.
    pub fn build(self) -> Result<Client, Error> {
        let link = Link::new(&self.endpoint, self.token.as_deref())?;
        Ok(Client { caller: Caller { link, call: Call { timeout: self.timeout, patience: Some(self.patience) } } })
    }
}
