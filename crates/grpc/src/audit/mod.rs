//! Who did what. One file a verb.

mod list_audit_records;

use crate::edge::{Edge, close, open};
use esteira_contract::v1::{self, audit_service_server::AuditService};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service. Its methods only delegate.
pub struct Service(pub Arc<Edge>);

#[tonic::async_trait]
impl AuditService for Service {
    async fn list_audit_records(
        &self,
        request: Request<v1::ListAuditRecordsRequest>,
    ) -> Result<Response<v1::ListAuditRecordsResponse>, Status> {
        let call = open(request)?;
        close(list_audit_records::list_audit_records(&self.0, &call.caller, call.message).await)
    }
}
