//! Purge what was tried out: jobs of the class QA or DEVTEST, never real work. First a dry run, then what it found.

use super::{Certificate, Order, certificate};
use crate::{
    coordinator::Coordinator,
    error::{Error, Result},
    purge::{Applied, Choice},
    work::Principal,
};
use esteira_model::{DataClass, Job, JobId};
use esteira_store::{Cause, Filter, Page, Tree};

/// What a dry run found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WouldPurge {
    /// The jobs at the roots of trees, those too that stay for now.
    pub roots: Vec<JobId>,
    /// What would be removed.
    pub applied: Applied,
    /// Cursor of the next page; none on the last.
    pub next: Option<Vec<u8>>,
}

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct PurgeJobs {
    /// Their class.
    pub data_class: DataClass,
    /// What a dry run found, [`esteira_store::TREES_MAX`] at most.
    pub roots: Vec<JobId>,
    /// Why.
    pub reason: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgedJobs {
    /// What is gone, and what stays.
    pub applied: Applied,
    /// What certifies the removal of roots.
    pub certificates: Vec<Certificate>,
}

impl Coordinator {
    /// Counts what a purge of a page of jobs would remove. Jobs of sub-plans are left out: they go with their roots.
    ///
    /// # Errors
    /// [`crate::Reason::FieldInvalid`] for real work.
    pub async fn would_purge(
        &self,
        principal: &Principal,
        data_class: DataClass,
        filter: &Filter,
        page: &Page,
    ) -> Result<WouldPurge> {
        refuse_production(data_class)?;
        let listed = self.shared.reader.list_jobs(&principal.account, filter, page).await?;
        let is_one = |job: &&Job| job.lineage.parent.is_none() && job.data_class == data_class;
        let trees: Vec<Tree> = listed.rows.iter().filter(is_one).map(tree).collect();
        let roots = trees.iter().map(|tree| tree.root).collect();
        let applied = self.purge_some(&trees, true, Choice::Due).await?;
        Ok(WouldPurge { roots, applied, next: listed.next })
    }

    /// Purges these trees, as far as they are the caller's and of this class (INV-LABEL) and nothing is in the way.
    ///
    /// # Errors
    /// [`crate::Reason::FieldInvalid`] for real work.
    pub async fn purge_jobs(&self, principal: &Principal, ask: PurgeJobs) -> Result<PurgedJobs> {
        refuse_production(ask.data_class)?;
        let jobs = self.shared.reader.jobs(&ask.roots).await?;
        let is_own = |job: &&Job| {
            job.account == principal.account && job.data_class == ask.data_class && job.lineage.parent.is_none()
        };
        let trees: Vec<Tree> = jobs.iter().filter(is_own).map(tree).collect();
        let order = Order {
            cause: Cause::Purge,
            user_id: principal.user_id.clone(),
            account: principal.account.clone(),
            reason: Some(Order::commit(&ask.reason, self.deed.as_deref())?),
            time: self.shared.clock.now(),
        };
        let choice = Choice::Class { account: principal.account.clone(), data_class: ask.data_class, order };
        // It takes several transactions: whoever calls has recorded it before it begins.
        let applied = self.unrecorded().purge_some(&trees, false, choice).await?;
        let mut certificates = certificate::certificates(&*self.shared.reader, &ask.roots).await?;
        certificates.retain(|certificate| certificate.removal.cause == Cause::Purge);
        Ok(PurgedJobs { applied, certificates })
    }
}

/// Whether jobs of a class may be purged.
///
/// # Errors
/// [`crate::Reason::FieldInvalid`] for real work.
pub fn refuse_production(data_class: DataClass) -> Result<()> {
    match data_class {
        DataClass::Qa | DataClass::Devtest => Ok(()),
        DataClass::Production => Err(Error::field("data_class", "must be QA or DEVTEST: real work is not purged")),
    }
}

fn tree(job: &Job) -> Tree {
    Tree {
        root: job.id,
        account: job.account.clone(),
        // Who says which jobs go needs no policy of a project.
        project: String::new(),
        data_class: job.data_class,
        end_time: job.end_time,
    }
}
