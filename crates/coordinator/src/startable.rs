//! Whether a version may still be started when its start is committed. Other coordinators publish and retire versions: a start is
//! prepared on what is known here, and one read for all starts of a batch says whether that still holds.

use crate::{
    catalog::ToStart,
    error::{Error, Reason, Result},
    round::Round,
    work::Work,
};
use esteira_model::PlanVersionId;
use std::{collections::BTreeSet, time::Duration};

/// When a start whose plan changes again and again may be worth another try.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Reads the versions that the work starts jobs on.
pub(crate) async fn look(round: &mut Round<'_>, works: &[Work]) -> Result<()> {
    let versions: BTreeSet<PlanVersionId> = works.iter().filter_map(version).collect();
    if versions.is_empty() {
        return Ok(());
    }
    let found = round.unit.startable(&versions.into_iter().collect::<Vec<_>>()).await?;
    round.startable = found.into_iter().map(|startable| (startable.version, startable)).collect();
    Ok(())
}

fn version(work: &Work) -> Option<PlanVersionId> {
    match work {
        Work::Start(start, _) => start.to_start.plan_revision.map(|_| start.to_start.compiled.record.id),
        _ => None,
    }
}

/// The error when what a start was prepared on is no longer so; the caller prepares it anew.
pub(crate) fn changed(round: &Round<'_>, to_start: &ToStart) -> Option<Error> {
    let expected = to_start.plan_revision?;
    let now = round.startable.get(&to_start.compiled.record.id);
    let holds = now.is_some_and(|now| now.plan_revision == expected && !now.retired);
    (!holds).then(|| Error {
        overtaken: true,
        retry_after: Some(RETRY_AFTER),
        ..Error::new(Reason::StoreUnavailable, "the plan was changed again and again while the job was started")
    })
}
