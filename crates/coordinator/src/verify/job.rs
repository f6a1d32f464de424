//! A job: its rows and bodies give its leaves again, and the log has them.

use super::{
    certified::{Certificates, Certified, whole_jobs},
    report::{Flaw, Report},
    standing::Against,
};
use crate::{
    coordinator::Coordinator,
    error::{Reason, Result},
    leaves::{
        commit,
        rebuild::{Rebuilt, Recorded},
    },
};
use esteira_ledger::{Failing, Finding, Hash, Hashes, Leaf, Verdict};
use esteira_model::{ArtifactId, Job, JobId, JobState, LeafAt, PageId, TaskId};
use esteira_store::{BodyDigest, Filter, Page, Reader, TaskRecord};
use hashbrown::{HashMap, HashSet};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Rows that are read at once.
const PAGE: usize = 500;
/// Bodies that are read at once: each has up to 1 MiB.
const BODIES: usize = 32;

/// The verdict of the first check that failed.
type Checked<T> = std::result::Result<T, (Verdict, Failing)>;

/// Which bodies a leaf speaks of, by their artifacts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub inputs: Vec<ArtifactId>,
    pub outputs: Vec<ArtifactId>,
}

/// What is left of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// The commitment that its bytes give.
    Body(Hash),
    /// It was removed, and this commitment stays.
    Removed(Hash),
    /// It belongs to another tree, and what this job's leaves say of it cannot be made again since the salts of this one are gone.
    Elsewhere,
    /// Nothing.
    Gone,
}

/// A task as far as a verification needs it.
struct TaskRow {
    input: Option<ArtifactId>,
    /// Number of its last attempt and its outputs, once it has ended.
    ended: Option<(u32, Vec<ArtifactId>)>,
}

/// What the rows of a job say of its bodies.
pub(crate) struct Bodies {
    pub job: Job,
    /// Of the document of its plan version; none when there is none.
    plan_digest: Option<Hash>,
    tasks: HashMap<TaskId, TaskRow>,
    results: Vec<ArtifactId>,
    /// What was given when the job went on from another.
    given: Option<ArtifactId>,
    pub left: HashMap<ArtifactId, Left>,
    /// What certifies that bodies were removed.
    pub certificates: Certificates,
}

impl Bodies {
    /// Reads the rows, and each body.
    pub async fn read(reader: &dyn Reader, id: JobId) -> Result<Option<Self>> {
        let Some(job) = reader.jobs(&[id]).await?.pop() else { return Ok(None) };
        let (mut tasks, mut ends) = (HashMap::new(), Vec::new());
        let mut page = Page { size: PAGE, after: None };
        loop {
            let found = reader.list_tasks(id, &Filter::default(), &page).await?;
            for task in found.rows {
                let (id, row) = match task {
                    TaskRecord::Live(live) => (live.task.id, TaskRow { input: live.task.input, ended: None }),
                    TaskRecord::Ended(ended) => {
                        if ended.leaf {
                            let place = (ended.task.item_path.clone(), ended.task.step, ended.task.id);
                            ends.push((place, ended.outputs.clone()));
                        }
                        let last = Some((ended.task.attempts, ended.outputs));
                        (ended.task.id, TaskRow { input: ended.task.input, ended: last })
                    }
                };
                tasks.insert(id, row);
            }
            let Some(next) = found.next else { break };
            page.after = Some(next);
        }
        ends.sort();
        let results = ends.into_iter().flat_map(|(_, outputs)| outputs).collect();
        // From the text, whatever digest stands beside it.
        let plan = reader.plan_version(&job.account, job.plan_version).await?;
        let plan_digest = plan.map(|plan| Hash::of_bytes(plan.definition_json.as_bytes()));
        let given = reader.reprocess(id).await?.and_then(|record| record.input);
        let (left, certificates) = (HashMap::new(), Certificates::default());
        let mut bodies = Self { job, plan_digest, tasks, results, given, left, certificates };
        // Before the bodies: one that goes in between is missed with its certificate, and not without.
        bodies.read_left(reader).await?;
        let certified = Certified::read(reader, &[id]).await?;
        bodies.read_certified(reader, &certified).await?;
        let Self { job, left, .. } = &bodies;
        let certificates =
            Certificates::new(certified, &job.account, job.data_class, |id: ArtifactId| left.get(&id).copied());
        bodies.certificates = certificates;
        Ok(Some(bodies))
    }

    /// What is left of bodies that certificates name and no row refers to; and what an erased job has from others.
    async fn read_certified(&mut self, reader: &dyn Reader, certified: &[Certified]) -> Result<()> {
        if certified.is_empty() {
            return Ok(());
        }
        let named: BTreeSet<ArtifactId> =
            certified.iter().flat_map(|one| one.removal.artifacts.iter().copied()).collect();
        // Again: one of them may have gone since.
        let named: Vec<ArtifactId> = named.into_iter().collect();
        for ids in named.chunks(PAGE) {
            for (id, digest) in reader.digests(ids).await? {
                if let BodyDigest::Removed(Some(commitment)) = digest {
                    self.left.insert(id, Left::Removed(Hash(commitment)));
                }
            }
        }
        if self.job.provenance.seed.is_some() {
            return Ok(());
        }
        let ids: Vec<ArtifactId> = self.left.keys().copied().filter(|id| named.binary_search(id).is_err()).collect();
        for ids in ids.chunks(PAGE) {
            let heads = reader.artifact_heads(ids).await?;
            let owners: BTreeSet<JobId> = heads.iter().map(|head| head.job).collect();
            let owners = reader.jobs(&owners.into_iter().collect::<Vec<_>>()).await?;
            let own: HashSet<JobId> =
                owners.iter().filter(|job| job.lineage.root == self.job.lineage.root).map(|job| job.id).collect();
            for head in heads.iter().filter(|head| !own.contains(&head.job)) {
                self.left.insert(head.id, Left::Elsewhere);
            }
        }
        Ok(())
    }

    async fn read_left(&mut self, reader: &dyn Reader) -> Result<()> {
        let of_tasks = self.tasks.values().flat_map(|task| {
            task.input.into_iter().chain(task.ended.iter().flat_map(|(_, outputs)| outputs.iter().copied()))
        });
        let of_job = self.given.into_iter().chain([self.job.input]);
        let all: BTreeSet<ArtifactId> = of_tasks.chain(self.results.iter().copied()).chain(of_job).collect();
        let all: Vec<ArtifactId> = all.into_iter().collect();
        for ids in all.chunks(BODIES) {
            for (id, payload, _) in reader.artifacts(ids).await? {
                // From the bytes, whatever digest stands beside them.
                let sha256: [u8; 32] = Sha256::digest(payload.bytes()).into();
                let seed = self.job.provenance.seed.as_ref();
                let left = seed.map_or(Left::Gone, |seed| Left::Body(commit(seed, id, sha256)));
                self.left.insert(id, left);
            }
            let gone: Vec<ArtifactId> = ids.iter().filter(|id| !self.left.contains_key(*id)).copied().collect();
            for (id, digest) in reader.digests(&gone).await? {
                if let BodyDigest::Removed(Some(commitment)) = digest {
                    self.left.insert(id, Left::Removed(Hash(commitment)));
                }
            }
        }
        Ok(())
    }

    /// The bodies of which a leaf speaks.
    pub fn spoken(&self, recorded: Recorded) -> Spoken {
        match recorded {
            Recorded::Link(_) => Spoken { inputs: self.given.into_iter().collect(), outputs: Vec::new() },
            Recorded::Start(_) => Spoken { inputs: vec![self.job.input], outputs: Vec::new() },
            Recorded::End(_) => Spoken { inputs: Vec::new(), outputs: self.results.clone() },
            Recorded::Attempt(task, number) => {
                let Some(row) = self.tasks.get(&task) else { return Spoken::default() };
                let outputs = row.ended.as_ref().filter(|(last, _)| *last == number);
                let outputs = outputs.map(|(_, outputs)| outputs.clone()).unwrap_or_default();
                Spoken { inputs: row.input.into_iter().collect(), outputs }
            }
        }
    }

    /// What is left of some bodies: the commitments in order, and the certificates of those that were removed. Of a body from
    /// elsewhere nothing can be said.
    ///
    /// # Errors
    /// The verdict on a body that is not there, and whose removal nothing certifies.
    pub fn commitments(&self, ids: &[ArtifactId]) -> Checked<(Vec<Option<Hash>>, BTreeSet<usize>)> {
        let mut used = BTreeSet::new();
        let hashes = ids.iter().map(|id| match self.left.get(id) {
            Some(Left::Body(hash)) => Ok(Some(*hash)),
            Some(Left::Removed(hash)) => {
                used.insert(self.certificates.of(*id)?);
                Ok(Some(*hash))
            }
            Some(Left::Elsewhere) if self.certificates.is_erased() => Ok(None),
            Some(Left::Gone | Left::Elsewhere) | None => Err((Verdict::MismatchContent, Failing::Body)),
        });
        let hashes = hashes.collect::<Checked<Vec<_>>>()?;
        Ok((hashes, used))
    }

    /// All tasks.
    pub fn tasks(&self) -> impl Iterator<Item = TaskId> {
        self.tasks.keys().copied()
    }

    /// Attempts of tasks that ended, of which there must be rows.
    fn expected(&self) -> impl Iterator<Item = (TaskId, u32)> {
        self.tasks.iter().flat_map(|(task, row)| {
            let last = row.ended.as_ref().map_or(0, |(last, _)| *last);
            (1..=last).map(|number| (*task, number))
        })
    }
}

impl Coordinator {
    /// Verifies all leaves of a job, or of what has ended of it; none when there is no such job.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn check_job(&self, id: JobId, against: &mut Against) -> Result<Option<Report>> {
        // What had ended when it was made again is whole in whatever is read after it.
        let reader = &*self.shared.reader;
        if whole_jobs(reader, &[id], None).await?.contains(&id) {
            return Ok(None);
        }
        let rebuilt = self.made_again(id).await?;
        let bodies = readable(Bodies::read(reader, id).await)?;
        let (rebuilt, bodies) = match (rebuilt, bodies) {
            (Some(Some(rebuilt)), Some(Some(bodies))) => (rebuilt, bodies),
            (Some(None), _) | (_, Some(None)) => return Ok(None),
            _ => {
                let mut report = Report::default();
                let (verdict, failing) = (Verdict::MismatchLeaf, Failing::Rows);
                report.flaw(Flaw { index: None, job: Some(id), about: "rows".into(), verdict, failing });
                return Ok(Some(report));
            }
        };
        let mut indices = indices(reader, &rebuilt).await?;
        let size = against.head().0;
        let is_younger = rebuilt
            .iter()
            .zip(&indices)
            .any(|(one, index)| one.stored.is_some() && index.is_none_or(|index| index >= size));
        let bodies = if is_younger || bodies.certificates.is_younger(size) {
            // Younger than the checkpoint.
            *against = self.stand().await?;
            indices = self::indices(reader, &rebuilt).await?;
            match readable(Bodies::read(reader, id).await)?.flatten() {
                Some(bodies) => bodies,
                None => return Ok(None),
            }
        } else {
            bodies
        };
        let known: Vec<u64> = indices.iter().copied().flatten().collect();
        let nodes = bodies.certificates.nodes(reader, against, known).await?;
        let mut report = Report::default();
        let there: HashSet<Recorded> = rebuilt.iter().map(|one| one.recorded).collect();
        let has_ended = there.contains(&Recorded::End(id));
        let missing = bodies.expected().map(|(task, number)| Recorded::Attempt(task, number));
        for recorded in missing.filter(|recorded| has_ended && !there.contains(recorded)) {
            let (verdict, failing) = (Verdict::MismatchLeaf, Failing::Rows);
            report.flaw(Flaw { index: None, job: Some(id), about: about(recorded), verdict, failing });
        }
        for (one, index) in rebuilt.iter().zip(indices) {
            let found = match check_rows(one, &bodies) {
                Err((verdict, failing)) => Finding { verdict, failing: Some(failing) },
                Ok(used) => {
                    let found = against.find(one.stored.as_deref().unwrap_or_default(), index, &nodes);
                    bodies.certificates.judge(found, &used, against, &nodes)
                }
            };
            report.add(found, || (index, Some(id), about(one.recorded)));
        }
        // What began to be removed in the middle of it is no flaw.
        let is_there = report.failed == 0 || !whole_jobs(reader, &[id], None).await?.contains(&id);
        Ok(is_there.then_some(report))
    }
}

impl Coordinator {
    /// The leaves that rows give; none when the rows are such that nothing can be made of them. Somebody may have written anything
    /// there: what cannot happen happens to this task alone.
    pub(crate) async fn made_again(&self, id: JobId) -> Result<Option<Option<Vec<Rebuilt>>>> {
        let coordinator = self.clone();
        match tokio::spawn(async move { coordinator.rebuild_leaves(id).await }).await {
            Ok(made) => readable(made),
            Err(error) => {
                tracing::warn!(%error, job = %id, "the rows of a job make no sense");
                Ok(None)
            }
        }
    }
}

/// What was read; none when it makes no sense. A store that cannot be read says nothing about what is in it.
fn readable<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.reason == Reason::StoreUnavailable => Err(error),
        Err(error) => {
            tracing::warn!(%error, "rows make no sense");
            Ok(None)
        }
    }
}

async fn indices(reader: &dyn Reader, rebuilt: &[Rebuilt]) -> Result<Vec<Option<u64>>> {
    let pages: BTreeSet<PageId> = rebuilt.iter().filter_map(|one| Some(one.leaf_at?.page)).collect();
    let pages: Vec<PageId> = pages.into_iter().collect();
    let mut places = HashMap::new();
    for pages in pages.chunks(PAGE) {
        let found = reader.ledger_places_of(pages).await?;
        places.extend(found.into_iter().map(|place| (place.page, place)));
    }
    let index = |at: LeafAt| {
        let place = places.get(&at.page).filter(|place| at.ordinal < place.leaf_count)?;
        Some(place.first_index + u64::from(at.ordinal))
    };
    Ok(rebuilt.iter().map(|one| one.leaf_at.and_then(index)).collect())
}

/// All checks before those of the log; the certificates of bodies that were removed.
pub(crate) fn check_rows(one: &Rebuilt, bodies: &Bodies) -> Checked<BTreeSet<usize>> {
    let recorded = one.stored.as_deref().ok_or((Verdict::Unknown, Failing::Leaf))?;
    let leaf = decode(recorded)?;
    let mut spoken = bodies.spoken(one.recorded);
    if matches!(&leaf, Leaf::JobEnded(fields) if fields.state != JobState::Succeeded) {
        spoken.outputs.clear();
    }
    let (inputs, mut used) = bodies.commitments(&spoken.inputs)?;
    let (outputs, of_outputs) = bodies.commitments(&spoken.outputs)?;
    used.extend(of_outputs);
    used.extend(bodies.certificates.any());
    for (named, found) in [(leaf.inputs(), &inputs), (leaf.outputs(), &outputs)] {
        if named.is_some_and(|named| !agrees(named, found)) {
            return Err((Verdict::MismatchContent, Failing::Content));
        }
    }
    let plan = match &leaf {
        Leaf::JobStarted(fields) => Some(fields.plan_digest),
        Leaf::AttemptEnded(fields) => Some(fields.plan_digest),
        Leaf::JobEnded(fields) => Some(fields.plan_digest),
        Leaf::JobReprocessed(fields) => Some(fields.plan_digest),
        _ => None,
    };
    if plan.is_some() && plan != bodies.plan_digest {
        return Err((Verdict::MismatchLeaf, Failing::Field("plan_digest")));
    }
    let rebuilt = one.leaf.as_deref().ok_or((Verdict::MismatchLeaf, Failing::Rows))?;
    if rebuilt != recorded {
        let mut rebuilt = decode(rebuilt)?;
        if bodies.certificates.is_erased() {
            as_erased(&mut rebuilt, &leaf, inputs.contains(&None), outputs.contains(&None));
        }
        // What the rows say of parents is compared with the leaves that the leaf names, and has a verdict of its own.
        if let Some(field) = leaf.first_difference(&rebuilt.clone().with_parents(leaf.parents().clone())) {
            return Err((Verdict::MismatchLeaf, Failing::Field(field)));
        }
        check_parents(leaf.parents(), rebuilt.parents())?;
    }
    Ok(used)
}

/// Whether a leaf names just these commitments, as far as they are known.
fn agrees(named: &Hashes, found: &[Option<Hash>]) -> bool {
    match found.iter().copied().collect::<Option<Vec<Hash>>>() {
        Some(known) => *named == Hashes::of(&known),
        None => {
            let is_same =
                |listed: &[Hash]| listed.iter().zip(found).all(|(one, found)| found.is_none_or(|f| f == *one));
            named.count() == found.len() as u64 && named.listed().is_none_or(is_same)
        }
    }
}

/// Takes over what an erasure has made impossible to make again: commitments to texts, and to bodies of other trees.
fn as_erased<'a>(rebuilt: &mut Leaf<'a>, recorded: &Leaf<'a>, inputs: bool, outputs: bool) {
    match (rebuilt, recorded) {
        (Leaf::JobReprocessed(made), Leaf::JobReprocessed(said)) => {
            made.reason = said.reason;
            if inputs {
                made.overrides = said.overrides.clone();
            }
        }
        (Leaf::JobStarted(made), Leaf::JobStarted(said)) if inputs => made.inputs = said.inputs.clone(),
        (Leaf::AttemptEnded(made), Leaf::AttemptEnded(said)) => {
            made.texts = said.texts;
            if inputs {
                made.inputs = said.inputs.clone();
            }
            if outputs {
                made.outputs = said.outputs.clone();
            }
        }
        (Leaf::JobEnded(made), Leaf::JobEnded(said)) => {
            made.texts = said.texts;
            if outputs {
                made.results = said.results.clone();
            }
        }
        _ => {}
    }
}

fn decode(bytes: &[u8]) -> Checked<Leaf<'_>> {
    Leaf::decode(bytes).map_err(|error| (Verdict::MismatchLeaf, Failing::LeafForm(error)))
}

fn check_parents(named: &Hashes, found: &Hashes) -> Checked<()> {
    let failed = |failing| Err((Verdict::ChainBroken, failing));
    if named.count() != found.count() {
        return failed(Failing::ParentCount);
    }
    let (Some(listed), Some(others)) = (named.listed(), found.listed()) else {
        return if named == found { Ok(()) } else { failed(Failing::Parent(0)) };
    };
    match listed.iter().zip(others).position(|(one, other)| one != other) {
        Some(index) => failed(Failing::Parent(index)),
        None => Ok(()),
    }
}

/// What a leaf is about, for a person.
pub(crate) fn about(recorded: Recorded) -> String {
    match recorded {
        Recorded::Link(_) => "link".to_owned(),
        Recorded::Start(_) => "start".to_owned(),
        Recorded::Attempt(task, number) => format!("attempt {task} {number}"),
        Recorded::End(_) => "end".to_owned(),
    }
}
