//! A body of whichever job: did this plan produce, or read, these bytes? The index of digests leads to the jobs.

use super::{
    artifact::{VerifyArtifact, Wanted},
    report::Report,
    standing::Against,
};
use crate::{
    catalog::PlanKey,
    coordinator::Coordinator,
    error::{Reason, Result},
    work::Principal,
};
use esteira_ledger::{Failing, Finding, Verdict};
use esteira_model::{AccountId, JobId};
use esteira_store::Page;

/// Artifacts that are looked at, the newest: each is of a job, and many may have the same bytes.
const ARTIFACTS_MAX: usize = 500;
/// Jobs that are verified at most: each takes all of its rows.
const JOBS_MAX: usize = 16;

/// What is said of bytes, and of which job.
#[derive(Debug, Clone)]
pub struct FoundBody {
    /// The answer: the first good one, else that on the newest job.
    pub report: Report,
    /// The job whose leaf speaks of the bytes; none when there is none.
    pub job: Option<JobId>,
}

impl Coordinator {
    /// Verifies bytes of this digest in the jobs that made them or began with them, the newest first, until one is good.
    ///
    /// # Errors
    /// [`Reason::PlanNotFound`], [`Reason::PlanVersionNotFound`].
    pub async fn check_anywhere(
        &self,
        who: &Principal,
        sha256: [u8; 32],
        claimed: Option<(PlanKey, i32)>,
        against: &mut Against,
    ) -> Result<FoundBody> {
        if let Some((plan, _)) = &claimed {
            // Of a plan that does not exist nobody can say that it made something, whether there is a job or not.
            self.catalog().plan(&*self.shared.reader, &who.account, plan).await?;
        }
        let mut first = None;
        for job in self.jobs_with(&who.account, &sha256).await? {
            let (plan, version) = claimed.clone().unzip();
            let found = async {
                let plan_sha256 = self.claimed_plan(who, job, plan, version.unwrap_or(0)).await?;
                let ask = VerifyArtifact { job, wanted: Wanted::Digest(sha256), sha256: None, plan_sha256 };
                self.check_artifact(&who.account, &ask, against).await
            };
            let report = match found.await {
                // Removed in between.
                Err(error) if error.reason == Reason::JobNotFound => continue,
                found => found?,
            };
            if matches!(report.verdict(), Verdict::Valid | Verdict::ValidNotAnchored) {
                return Ok(FoundBody { report, job: Some(job) });
            }
            first.get_or_insert(FoundBody { report, job: Some(job) });
        }
        Ok(first.unwrap_or_else(|| {
            let mut report = Report::default();
            let unknown = Finding { verdict: Verdict::Unknown, failing: Some(Failing::Leaf) };
            report.add(unknown, || (None, None, "body".into()));
            FoundBody { report, job: None }
        }))
    }

    /// The jobs of artifacts with these bytes, each once.
    async fn jobs_with(&self, account: &AccountId, sha256: &[u8; 32]) -> Result<Vec<JobId>> {
        let reader = &*self.shared.reader;
        let (mut jobs, mut seen) = (Vec::new(), 0);
        let mut page = Page { size: ARTIFACTS_MAX, after: None };
        // A page may be short, or empty, although there are more.
        while seen < ARTIFACTS_MAX && jobs.len() < JOBS_MAX {
            let found = reader.find_artifacts(account, sha256, &page).await?;
            seen += found.rows.len();
            for head in found.rows {
                if !jobs.contains(&head.job) && jobs.len() < JOBS_MAX {
                    jobs.push(head.job);
                }
            }
            let Some(next) = found.next else { break };
            page.after = Some(next);
        }
        Ok(jobs)
    }
}
