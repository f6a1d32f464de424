//! Who calls, and what they may do. The seam at which a login comes in.

use crate::status::{Answer, Refusal};
use async_trait::async_trait;
use esteira_coordinator::Principal;
use esteira_model::{AccountId, DataClass};
use http::HeaderMap;
use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// A set of names, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Every name.
    All,
    /// These names.
    Only(BTreeSet<String>),
}

impl Allowed {
    fn contains(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(name),
        }
    }
}

/// An authenticated caller. The services find it in the request's extensions, as `Arc<Caller>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// The permissions of [`crate::permission`] that it has.
    pub permissions: Allowed,
    /// The functions that it may serve.
    pub functions: Allowed,
}

impl Caller {
    /// One who may do everything in its account.
    pub fn unrestricted(principal: Principal) -> Self {
        Self { principal, permissions: Allowed::All, functions: Allowed::All }
    }

    /// Whether it has this permission.
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.contains(permission)
    }

    /// Whether it may serve this function.
    pub fn may_run(&self, function: &str) -> bool {
        self.functions.contains(function)
    }
}

/// Tells who calls: from the request's headers, or from where the connection comes.
#[async_trait]
pub trait PrincipalSource: Send + Sync + 'static {
    /// The caller, or [`Refusal::token_invalid`].
    async fn caller(&self, headers: &HeaderMap, peer: Option<SocketAddr>) -> Answer<Arc<Caller>>;
}

/// No login: whoever reaches this machine's loopback address is one and the same operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalOperator {
    /// The account that everything belongs to.
    pub account: String,
    /// The operator's name in the records.
    pub user_id: String,
    /// The data class of its jobs, unless a start says otherwise.
    pub data_class: DataClass,
}

/// The credential of who shows none.
const LOCAL: &str = "local";

impl LocalOperator {
    fn as_caller(&self) -> Caller {
        let principal = Principal {
            account: AccountId::new(&self.account),
            user_id: self.user_id.clone(),
            credential_id: LOCAL.into(),
            data_class: self.data_class,
        };
        Caller::unrestricted(principal)
    }
}

#[async_trait]
impl PrincipalSource for LocalOperator {
    async fn caller(&self, _headers: &HeaderMap, peer: Option<SocketAddr>) -> Answer<Arc<Caller>> {
        match peer {
            Some(peer) if is_loopback(peer.ip()) => Ok(Arc::new(self.as_caller())),
            _ => Err(Refusal::token_invalid("no login is configured: only callers on the loopback address are known")),
        }
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_loopback_address_is_the_local_operator() {
        let operator = LocalOperator { account: "default".into(), user_id: "me".into(), data_class: DataClass::Qa };
        for (peer, known) in [
            (Some("127.0.0.1:1"), true),
            (Some("127.8.9.1:1"), true),
            (Some("[::1]:1"), true),
            (Some("[::ffff:127.0.0.1]:1"), true),
            (Some("10.0.0.1:1"), false),
            (Some("[::ffff:10.0.0.1]:1"), false),
            (None, false),
        ] {
            let peer = peer.map(|text| text.parse().expect("an address"));
            let caller = operator.caller(&HeaderMap::new(), peer).await;
            assert_eq!(caller.is_ok(), known, "{peer:?}");
        }
    }

    #[test]
    fn what_a_caller_may() {
        let mut caller =
            LocalOperator { account: "a".into(), user_id: "u".into(), data_class: DataClass::Qa }.as_caller();
        assert!(caller.may("job.start") && caller.may_run("f"));
        caller.permissions = Allowed::Only(["job.read".to_owned()].into());
        caller.functions = Allowed::Only(["g".to_owned()].into());
        assert!(caller.may("job.read") && !caller.may("job.start"));
        assert!(caller.may_run("g") && !caller.may_run("f"));
    }
}
