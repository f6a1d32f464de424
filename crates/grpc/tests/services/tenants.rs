//! Callers of several accounts.

use async_trait::async_trait;
use esteira_coordinator::Principal;
use esteira_grpc::{Caller, PrincipalSource, Refusal};
use esteira_model::{AccountId, DataClass};
use std::{net::SocketAddr, sync::Arc};
use tonic::Request;

/// Whoever names an account may do everything in it.
pub struct ByAccount;

impl ByAccount {
    /// A call of this account.
    pub fn call<T>(account: &str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("x-account", account.parse().expect("a header"));
        request
    }
}

#[async_trait]
impl PrincipalSource for ByAccount {
    async fn caller(&self, headers: &http::HeaderMap, _peer: Option<SocketAddr>) -> Result<Arc<Caller>, Refusal> {
        let account = headers.get("x-account").and_then(|value| value.to_str().ok());
        let account = account.ok_or_else(|| Refusal::token_invalid("who are you"))?;
        let principal = Principal {
            account: AccountId::new(account),
            user_id: "ana".into(),
            credential_id: "test".into(),
            data_class: DataClass::Qa,
        };
        Ok(Arc::new(Caller::unrestricted(principal)))
    }
}
