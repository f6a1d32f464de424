//! Plans: create, update, validate, publish, retire. One file a verb.

mod create_plan;
mod publish_plan_version;
mod retire_plan_version;
mod update_plan;
mod validate_plan;

pub use create_plan::CreatePlan;
pub use publish_plan_version::{PublishPlanVersion, Published};
pub use retire_plan_version::RetirePlanVersion;
pub use update_plan::UpdatePlan;
pub use validate_plan::Validated;

use crate::{
    error::{Error, Reason, Result},
    work::RequestKey,
};
use esteira_model::{Time, Uuid};
use esteira_store::{AnsweredRequest, Batch, Unit};

/// The id that answered this request before; an error when the id was used for another request (INV-REPLAY).
pub(crate) async fn answered(unit: &mut dyn Unit, request: Option<&RequestKey>) -> Result<Option<Uuid>> {
    let Some(key) = request else { return Ok(None) };
    let Some(row) = unit.answered_requests(&[(key.account.clone(), key.id.clone())]).await?.into_iter().next() else {
        return Ok(None);
    };
    if row.digest != key.digest {
        return Err(Error {
            field: "request_id".into(),
            ..Error::new(Reason::RequestIdReused, "this request_id was used for another request")
        });
    }
    let id: [u8; 16] = row
        .answer
        .try_into()
        .map_err(|_| Error::new(Reason::Internal, "an answered request names nothing that an id stands for"))?;
    Ok(Some(Uuid::from_bytes(id)))
}

/// Remembers the id that answers this request.
async fn remember(unit: &mut dyn Unit, request: Option<RequestKey>, id: Uuid, now: Time) -> Result<()> {
    let Some(key) = request else { return Ok(()) };
    let row = AnsweredRequest {
        account: key.account,
        request_id: key.id,
        digest: key.digest,
        answer: id.as_bytes().to_vec(),
        time: now,
    };
    Ok(unit.write(&Batch { requests: vec![row], ..Batch::default() }).await?)
}
