//! Who may call.

use crate::harness::*;
use async_trait::async_trait;
use esteira_contract::v1;
use esteira_coordinator::Principal;
use esteira_grpc::{Allowed, Caller, Options, PrincipalSource, Refusal};
use esteira_model::{AccountId, DataClass};
use std::{net::SocketAddr, sync::Arc};
use tonic::{Code, Request};

/// Callers by name: `reader` may read jobs, `runner` may run one function.
pub struct ByHeader;

#[async_trait]
impl PrincipalSource for ByHeader {
    async fn caller(&self, headers: &http::HeaderMap, _peer: Option<SocketAddr>) -> Result<Arc<Caller>, Refusal> {
        let user = headers.get("x-user").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let only = |names: &[&str]| Allowed::Only(names.iter().map(|name| name.to_string()).collect());
        let (permissions, functions) = match user {
            "admin" => (Allowed::All, Allowed::All),
            "reader" => (only(&["job.read"]), only(&[])),
            "runner" => (only(&["worker.run"]), only(&["kit.a"])),
            _ => return Err(Refusal::token_invalid("who are you")),
        };
        let principal = Principal {
            account: AccountId::new("acme"),
            user_id: user.into(),
            credential_id: format!("{user}-key"),
            data_class: DataClass::Qa,
        };
        Ok(Arc::new(Caller { principal, permissions, functions }))
    }
}

/// A request of this caller's.
pub fn by<T>(user: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-user", user.parse().expect("a header"));
    request
}

#[tokio::test]
async fn callers_do_what_they_may() {
    let server = Harness::with(Options::new(Arc::new(ByHeader))).await;
    let list = v1::ListJobsRequest::default;
    check_refused(server.jobs().list_jobs(list()).await, Code::Unauthenticated, "TOKEN_INVALID", "");
    check_refused(server.jobs().list_jobs(by("nobody", list())).await, Code::Unauthenticated, "TOKEN_INVALID", "");
    server.jobs().list_jobs(by("reader", list())).await.expect("may read");
    let start = || start_of("one", "1");
    check_refused(server.jobs().start_job(by("reader", start())).await, Code::PermissionDenied, "ROLE_MISSING", "");
    check_refused(server.jobs().list_jobs(by("runner", list())).await, Code::PermissionDenied, "ROLE_MISSING", "");
    let poll = |function| v1::LeaseTasksRequest { wait: seconds(0), ..poll_of("w", function) };
    server.workers().lease_tasks(by("runner", poll("kit.a"))).await.expect("may run");
    check_refused(
        server.workers().lease_tasks(by("runner", poll("kit.b"))).await,
        Code::PermissionDenied,
        "FUNCTION_NOT_ALLOWED",
        "function_names[0]",
    );
    let mut for_another = start();
    let actor = v1::Actor { account_id: "other".into(), ..Default::default() };
    for_another.packet.as_mut().expect("a packet").actor = Some(actor);
    check_refused(
        server.jobs().start_job(by("admin", for_another)).await,
        Code::PermissionDenied,
        "ACCOUNT_MISMATCH",
        "packet.actor.account_id",
    );
    server.stop().await;
}
