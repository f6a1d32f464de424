//! What certifies that bodies, or whole jobs, were removed. A row that says so is worth nothing by itself: the leaf to which it leads
//! must be a certificate of just that, and the log must have it.

use super::{job::Left, standing::Against};
use crate::{
    error::Result,
    removal::certificate::{code, in_order, leaves},
};
use esteira_ledger::{Failing, Finding, Hash, Hashes, Leaf, Place, Verdict};
use esteira_model::{AccountId, ArtifactId, DataClass, JobId};
use esteira_store::{Cause, Reader, Removal};
use hashbrown::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};

/// Pages without a place that are looked at: what waits after a verification began is little.
const WAITING_MAX: usize = 1_000;

/// A removal with what stands where its certificate should be.
#[derive(Debug, Clone)]
pub(crate) struct Certified {
    pub removal: Removal,
    pub leaf: Option<Vec<u8>>,
    /// Its place in the log.
    pub index: Option<u64>,
    /// Whether it has no place yet, and will have one.
    waits: bool,
}

impl Certified {
    /// The removals of these jobs.
    pub async fn read(reader: &dyn Reader, jobs: &[JobId]) -> Result<Vec<Self>> {
        let removals = reader.removals(jobs).await?;
        if removals.is_empty() {
            return Ok(Vec::new());
        }
        let leaves = leaves(reader, &removals).await?;
        let waiting: HashSet<_> =
            reader.waiting_pages(None, WAITING_MAX).await?.into_iter().map(|(page, _)| page).collect();
        let pages: Vec<_> =
            removals.iter().map(|removal| removal.leaf_at.page).collect::<BTreeSet<_>>().into_iter().collect();
        let places: HashMap<_, _> =
            reader.ledger_places_of(&pages).await?.into_iter().map(|place| (place.page, place)).collect();
        let with = |(removal, leaf): (Removal, Option<Vec<u8>>)| {
            let at = removal.leaf_at;
            let place = places.get(&at.page).filter(|place| at.ordinal < place.leaf_count);
            let index = place.map(|place| place.first_index + u64::from(at.ordinal));
            Self { leaf, index, waits: index.is_none() && waiting.contains(&at.page), removal }
        };
        Ok(removals.into_iter().zip(leaves).map(with).collect())
    }

    /// Whether the leaf certifies the removal of just these commitments.
    fn names(&self, account: Option<&AccountId>, commitments: Vec<Hash>) -> bool {
        let Some(Leaf::BodiesRemoved(fields)) = self.leaf.as_deref().and_then(|leaf| Leaf::decode(leaf).ok()) else {
            return false;
        };
        let removal = &self.removal;
        fields.job == removal.job
            && account.is_none_or(|account| fields.account == account.as_str())
            && fields.cause == code(removal.cause)
            && fields.data_class == removal.data_class
            && fields.time == removal.time
            && fields.bodies == Hashes::of(&in_order(commitments))
    }

    /// Whether it certifies that the whole job went, with its rows. What waits has a place in a moment.
    fn is_of_whole_job(&self, against: Option<&Against>, nodes: &BTreeMap<Place, Hash>) -> bool {
        let is_whole = self.removal.artifacts.is_empty() && self.removal.cause != Cause::Erasure;
        let is_in_log = match (self.index, against) {
            (Some(index), Some(against)) if index < against.head().0 => self.fault(against, nodes).is_none(),
            (index, _) => index.is_some() || self.waits,
        };
        is_whole && self.names(None, Vec::new()) && is_in_log
    }

    /// What the log says against the certificate.
    fn fault(&self, against: &Against, nodes: &BTreeMap<Place, Hash>) -> Option<Finding> {
        let found = against.find(self.leaf.as_deref().unwrap_or_default(), self.index, nodes);
        let failing = match found.failing? {
            Failing::Inclusion => Failing::CertificateInclusion,
            other => other,
        };
        Some(Finding { verdict: Verdict::NotIncluded, failing: Some(failing) })
    }
}

/// Those of these jobs that went as a whole, as certificates say. With `against` each is proved to be in the log; without, whoever asks
/// makes every hash of the log again.
pub(crate) async fn whole_jobs(
    reader: &dyn Reader,
    jobs: &[JobId],
    against: Option<&Against>,
) -> Result<HashSet<JobId>> {
    let certified = Certified::read(reader, jobs).await?;
    let nodes = match against {
        Some(against) => against.nodes(reader, &indices(&certified)).await?,
        None => BTreeMap::new(),
    };
    let whole = certified.iter().filter(|one| one.is_of_whole_job(against, &nodes));
    Ok(whole.map(|one| one.removal.job).collect())
}

pub(crate) fn indices(certified: &[Certified]) -> Vec<u64> {
    certified.iter().filter_map(|one| one.index).collect()
}

/// What certifies the removal of bodies of one job.
#[derive(Debug, Default)]
pub(crate) struct Certificates {
    all: Vec<Certified>,
    /// Whether the leaf of each names what its row says.
    agrees: Vec<bool>,
    of: HashMap<ArtifactId, usize>,
}

impl Certificates {
    /// Of a job of this account and class, of whose bodies this is left.
    pub fn new(
        all: Vec<Certified>,
        account: &AccountId,
        data_class: DataClass,
        left: impl Fn(ArtifactId) -> Option<Left>,
    ) -> Self {
        let mut certificates = Self::default();
        for one in all.into_iter().filter(|one| one.removal.cause == Cause::Erasure) {
            let commitments: Option<Vec<Hash>> = one
                .removal
                .artifacts
                .iter()
                .map(|id| match left(*id) {
                    Some(Left::Removed(hash)) => Some(hash),
                    _ => None,
                })
                .collect();
            let agrees = one.removal.data_class == data_class
                && commitments.is_some_and(|commitments| one.names(Some(account), commitments));
            let place = certificates.all.len();
            certificates.of.extend(one.removal.artifacts.iter().map(|id| (*id, place)));
            certificates.all.push(one);
            certificates.agrees.push(agrees);
        }
        certificates
    }

    /// Whether the job was erased, or is being.
    pub fn is_erased(&self) -> bool {
        self.any().is_some()
    }

    /// A certificate of the job: on it stands what a verification takes over because its salts are gone.
    pub fn any(&self) -> Option<usize> {
        self.agrees.iter().position(|agrees| *agrees)
    }

    /// Which certificate names this body.
    ///
    /// # Errors
    /// The verdict on a body that went without one, or with another.
    pub fn of(&self, artifact: ArtifactId) -> std::result::Result<usize, (Verdict, Failing)> {
        match self.of.get(&artifact) {
            Some(place) if self.agrees[*place] => Ok(*place),
            Some(_) => Err((Verdict::MismatchContent, Failing::Certificate)),
            None => Err((Verdict::MismatchContent, Failing::Body)),
        }
    }

    /// Where they are in the log.
    pub fn indices(&self) -> Vec<u64> {
        indices(&self.all)
    }

    /// One of them.
    pub fn get(&self, place: usize) -> Option<&Certified> {
        self.all.get(place)
    }

    /// Whether one has a place behind these leaves, or none yet.
    pub fn is_younger(&self, size: u64) -> bool {
        self.all.iter().any(|one| one.leaf.is_some() && one.index.is_none_or(|index| index >= size))
    }

    /// The verdict on a leaf about which the log says this, and which stands on these certificates.
    pub fn judge(
        &self,
        found: Finding,
        used: &BTreeSet<usize>,
        against: &Against,
        nodes: &BTreeMap<Place, Hash>,
    ) -> Finding {
        if found.failing.is_some() || used.is_empty() {
            return found;
        }
        let fault = used.iter().find_map(|place| self.all.get(*place)?.fault(against, nodes));
        fault.unwrap_or(Finding { verdict: Verdict::Erased, failing: None })
    }

    /// What proofs of leaves and of these certificates are made of.
    pub async fn nodes(
        &self,
        reader: &dyn Reader,
        against: &Against,
        leaves: impl IntoIterator<Item = u64>,
    ) -> Result<BTreeMap<Place, Hash>> {
        let indices: Vec<u64> = leaves.into_iter().chain(self.indices()).collect();
        against.nodes(reader, &indices).await
    }
}
