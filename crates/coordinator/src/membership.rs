//! Coordinators over one store: each has a number for the ids that it gives, and says every few seconds that it lives.
//!
//! Membership decides nothing about work: rows and fences do. It keeps numbers apart and lets a poll that comes again at
//! another coordinator find its leases.

use crate::{
    clock::{self, NODES},
    coordinator::{Coordinator, Shared},
    error::{Error, Reason, Result},
    presence::{self, Listed},
};
use esteira_engine::Entropy;
use esteira_model::{Time, Uuid};
use esteira_store::{Kind, Member, Unit, Writer};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// A coordinator that was not heard of for this long is gone, and its number is given again.
const EXPIRE_AFTER: Duration = Duration::from_secs(30);
/// How often it says that it lives.
const RENEW_PERIOD: Duration = Duration::from_secs(5);
/// How often it looks whether its workers are others than it said last.
const LOOK_PERIOD: Duration = Duration::from_secs(1);
/// Between two renewals, whatever others say.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// Two that come at once may want the same number.
const TRIES: usize = 10;

/// This coordinator among those of its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Own {
    pub node: u16,
    pub instance: Uuid,
}

/// What a coordinator learns when it says that it lives.
struct Renewed {
    node: u16,
    /// Whether it has company.
    company: bool,
}

/// Takes the lowest number that is free.
async fn take_number(unit: &mut dyn Unit, instance: Uuid, address: &str, now: Time) -> esteira_store::Result<Renewed> {
    let mut node = 0;
    let mut company = false;
    for member in unit.members().await? {
        if member.expire_time <= now {
            unit.forget_member(member.node, member.instance).await?;
            continue;
        }
        company = true;
        if member.node == node {
            node += 1;
        }
    }
    if i64::from(node) >= NODES {
        return Err(esteira_store::Error::new(Kind::Unavailable, format!("{NODES} coordinators work on this store")));
    }
    let member =
        Member { node, instance, address: address.into(), start_time: now, expire_time: now.after(EXPIRE_AFTER) };
    unit.insert_member(&member).await.map(|()| Renewed { node, company })
}

/// Comes to a store that others may work on; says whether there are any.
pub(crate) async fn join(writer: &mut dyn Writer, address: &str, now: Time) -> Result<(Own, bool)> {
    let mut entropy = clock::Ids::new(Arc::new(clock::SystemClock), 0);
    let instance = entropy.uuid();
    for _ in 0..TRIES {
        let mut unit = writer.begin().await?;
        match take_number(&mut *unit, instance, address, now).await {
            Ok(Renewed { node, company }) => {
                unit.commit().await?;
                return Ok((Own { node, instance }, company));
            }
            Err(error) if matches!(error.kind(), Kind::Duplicate | Kind::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::new(Reason::StoreUnavailable, "no number for this coordinator"))
}

/// Says that this coordinator lives and which workers were seen here, until it stops. One that was away for too long comes anew, with
/// another number.
pub(crate) async fn run(coordinator: Coordinator, mut own: Own, address: String) {
    let mut said: Option<Vec<Listed>> = None;
    let mut renewed = Instant::now();
    loop {
        let woken = tokio::select! {
            () = tokio::time::sleep(LOOK_PERIOD) => false,
            () = coordinator.shared.members_changed.notified() => true,
            () = coordinator.shared.stopping.cancelled() => break,
        };
        let workers = coordinator.shared.listed(coordinator.shared.clock.now());
        let is_new = said.as_ref() != Some(&workers);
        if !woken && !is_new && renewed.elapsed() < RENEW_PERIOD {
            continue;
        }
        renewed = Instant::now();
        match renew(&coordinator, own, address.clone(), is_new.then(|| workers.clone())).await {
            Ok(Renewed { node, company }) => {
                // Another number has another list.
                said = (node == own.node).then_some(workers);
                if is_new {
                    coordinator.shared.news.add(|hints| hints.members = true);
                }
                if node != own.node {
                    let was = own.node;
                    tracing::warn!(was, node, "this coordinator was away for too long; it has another number now");
                    own.node = node;
                    coordinator.shared.ids.set_node(node);
                }
                coordinator.shared.news.set_company(company);
            }
            Err(error) => tracing::warn!(%error, "cannot say that this coordinator lives; trying again"),
        }
        tokio::time::sleep(PAUSE_MIN).await;
    }
    let left = coordinator
        .transact(move |unit| Box::pin(async move { Ok(unit.forget_member(own.node, own.instance).await?) }))
        .await;
    if let Err(error) = left {
        tracing::warn!(%error, "this coordinator could not say that it leaves; its number is free again soon");
    }
}

/// Renews the membership, writes the list of workers when it is new, and reads those of the others.
async fn renew(coordinator: &Coordinator, own: Own, address: String, workers: Option<Vec<Listed>>) -> Result<Renewed> {
    let now = coordinator.shared.clock.now();
    let (renewed, elsewhere) = coordinator
        .transact(move |unit| {
            Box::pin(async move {
                if !unit.renew_member(own.node, own.instance, now.after(EXPIRE_AFTER)).await? {
                    return Ok((take_number(unit, own.instance, &address, now).await?, Vec::new()));
                }
                if let Some(workers) = workers {
                    presence::write(unit, own.node, own.instance, &workers).await?;
                }
                let mut others = unit.members().await?;
                others.retain(|member| member.instance != own.instance && member.expire_time > now);
                let elsewhere = presence::read(unit, &others).await?;
                Ok((Renewed { node: own.node, company: !others.is_empty() }, elsewhere))
            })
        })
        .await?;
    for (account, worker_id) in coordinator.shared.workers.replace_elsewhere(elsewhere) {
        coordinator.shared.dispatcher.end_polls(&account, &worker_id);
    }
    Ok(renewed)
}

impl Shared {
    /// Whether a poll that was sent again may have got its leases elsewhere: its worker is new here.
    pub(crate) fn may_be_elsewhere(&self, last_seen: Option<Time>, now: Time) -> bool {
        self.is_shared && last_seen.is_none_or(|seen| now.since(seen) > RENEW_PERIOD)
    }
}
