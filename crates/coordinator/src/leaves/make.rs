//! From values to leaves. Whoever makes a leaf makes it here, whether the values come from facts or from rows.

use crate::catalog::Compiled;
use esteira_ledger::{
    Hash, Hashes, Salt, commitment,
    kinds::{AttemptEnded, FailureMark, JobEnded, JobReprocessed, JobStarted, Operator, PolicyVerdict},
    text_commitment,
};
use esteira_model::{
    Actor, ArtifactId, Attempt, EndedTask, Failure, ItemPath, Job, Point, Reprocess, Run, Seed, Verdict,
};

/// A commitment: of which artifact, with the seed of which tree of jobs. A job that goes on from another carries artifacts of a tree
/// whose seed is not its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Salted {
    pub artifact: ArtifactId,
    /// The beginning of the seed.
    tree: [u8; 8],
}

impl Salted {
    pub fn by(seed: &Seed, artifact: ArtifactId) -> Self {
        let mut tree = [0; 8];
        tree.copy_from_slice(&seed.0[..8]);
        Self { artifact, tree }
    }
}

/// What leaves say of an artifact's body.
pub(crate) fn commit(seed: &Seed, artifact: ArtifactId, sha256: [u8; 32]) -> Hash {
    commitment(&salt(seed, artifact), &Hash(sha256))
}

/// The salt of an artifact.
pub(crate) fn salt(seed: &Seed, artifact: ArtifactId) -> Salt {
    Salt::of_artifact(&seed.0, artifact.0)
}

/// A job of the ledger with what it executes.
#[derive(Clone, Copy)]
pub(crate) struct Of<'a> {
    pub job: &'a Job,
    pub compiled: &'a Compiled,
    pub seed: &'a Seed,
}

impl<'a> Of<'a> {
    fn plan_digest(&self) -> Hash {
        Hash(self.compiled.record.definition_sha256)
    }

    /// The texts of a task take the salt of its input; a task without one takes that of its job.
    fn text_salt(&self, input: Option<ArtifactId>) -> Salt {
        salt(self.seed, input.unwrap_or(self.job.input))
    }

    pub fn started(&self, input: Hash, parents: &[Hash]) -> JobStarted<'a> {
        let job = self.job;
        JobStarted {
            account: job.account.as_str(),
            plan_version: job.plan_version,
            plan_digest: self.plan_digest(),
            job: job.id,
            lineage: job.lineage.kind,
            request_digest: job.provenance.request_digest.map(Hash),
            inputs: Hashes::of(&[input]),
            create_time: job.create_time,
            operator: operator(&job.actor),
            data_class: job.data_class,
            parents: Hashes::of(parents),
        }
    }

    /// `from_step` is [`from_step`] of the record.
    pub fn reprocessed(
        &self,
        record: &'a Reprocess,
        from_step: &'a str,
        overrides: &[Hash],
        parents: &[Hash],
    ) -> JobReprocessed<'a> {
        let job = self.job;
        JobReprocessed {
            account: job.account.as_str(),
            plan_digest: self.plan_digest(),
            job: job.id,
            source_job: record.source,
            from_step,
            overrides: Hashes::of(overrides),
            reason: text_commitment(&self.text_salt(None), &[&record.reason]),
            create_time: record.time,
            operator: operator(&record.actor),
            data_class: job.data_class,
            parents: Hashes::of(parents),
        }
    }

    pub fn attempt(&self, attempted: &Attempted<'a>, parents: &[Hash]) -> AttemptEnded<'a> {
        let (job, attempt) = (self.job, attempted.attempt);
        let (verdicts, outputs) = match attempted.ended {
            Some(ended) => (ended.verdicts.as_slice(), Hashes::of(attempted.outputs)),
            None => (&[][..], Hashes::default()),
        };
        let step = &self.compiled.graph.node(attempted.step).step;
        let failure = attempt.failure.as_ref();
        let texts = (failure.is_some() || !verdicts.is_empty()).then(|| {
            let details = verdicts.iter().map(|verdict| verdict.detail.as_str());
            text_commitment(&self.text_salt(attempted.input), &texts(failure).chain(details).collect::<Vec<_>>())
        });
        AttemptEnded {
            account: job.account.as_str(),
            plan_digest: self.plan_digest(),
            job: job.id,
            step: &step.step_key,
            item_path: attempted.item_path.clone(),
            task: attempt.task,
            attempt: attempt.number,
            fence: attempt.fence,
            function: match &step.run {
                Run::Function(name) => name,
                Run::Condition | Run::Wait(_) | Run::SubPlan { .. } => "",
            },
            function_version: &attempt.function_version,
            inputs: attempted.committed.map_or_else(Hashes::default, |input| Hashes::of(&[input])),
            outputs,
            policies: policies(verdicts),
            start_time: attempt.start_time,
            end_time: attempt.end_time,
            worker_start_time: attempt.worker_start_time,
            worker_end_time: attempt.worker_end_time,
            worker: &attempt.worker_id,
            operator: &job.actor.user_id,
            data_class: job.data_class,
            failure: mark(failure),
            texts,
            parents: Hashes::of(parents),
        }
    }

    pub fn ended(&self, results: &[Hash], parents: &[Hash]) -> JobEnded<'a> {
        let job = self.job;
        let failure = job.failure.as_ref();
        let note = (!job.note.is_empty()).then_some(job.note.as_str());
        let texts = (failure.is_some() || note.is_some())
            .then(|| text_commitment(&self.text_salt(None), &texts(failure).chain(note).collect::<Vec<_>>()));
        JobEnded {
            account: job.account.as_str(),
            plan_digest: self.plan_digest(),
            job: job.id,
            state: job.state,
            failure: mark(failure),
            texts,
            results: Hashes::of(results),
            start_time: job.start_time,
            // A job that ends has its end (INV-DATES).
            end_time: job.end_time.unwrap_or(job.create_time),
            operator: &job.actor.user_id,
            data_class: job.data_class,
            parents: Hashes::of(parents),
        }
    }
}

fn operator(actor: &Actor) -> Operator<'_> {
    Operator { user: &actor.user_id, account: &actor.account_id, on_behalf_of: &actor.on_behalf_of }
}

/// From where a job goes on, as its link says it: "" for the last step, `*` for what did not succeed, else the keys of the steps with
/// commas between them, of which a key has none.
pub(crate) fn from_step(point: &Point) -> String {
    match point {
        Point::LastStep => String::new(),
        Point::FailedItems => "*".to_owned(),
        Point::Steps(keys) => keys.join(","),
    }
}

/// An attempt with what its task adds.
pub(crate) struct Attempted<'a> {
    pub attempt: &'a Attempt,
    pub step: u16,
    pub item_path: &'a ItemPath,
    pub input: Option<ArtifactId>,
    /// What leaves say of the input.
    pub committed: Option<Hash>,
    /// The task, when this attempt ended it.
    pub ended: Option<&'a EndedTask>,
    /// What leaves say of the task's outputs, when this attempt ended it.
    pub outputs: &'a [Hash],
}

fn texts(failure: Option<&Failure>) -> impl Iterator<Item = &str> {
    failure.into_iter().flat_map(|failure| [failure.message.as_str(), failure.stack_trace.as_str()])
}

fn mark(failure: Option<&Failure>) -> Option<FailureMark<'_>> {
    failure.map(|failure| FailureMark { kind: failure.kind, code: &failure.code })
}

/// Names and versions of policies in one leaf, at most: what a plan and a function may name together in the longest names that
/// they may have would not fit a leaf.
const POLICIES_BYTES_MAX: usize = 32 << 10;

/// Each policy once, as it was first heard: passed when it held for all that it was asked of. A fan-out has a verdict for each
/// item; what each says is in the texts.
fn policies(verdicts: &[Verdict]) -> Vec<PolicyVerdict<'_>> {
    let mut policies: Vec<PolicyVerdict<'_>> = Vec::new();
    let mut bytes = 0;
    for verdict in verdicts {
        let known =
            policies.iter_mut().find(|known| known.policy == verdict.policy && known.version == verdict.version);
        match known {
            Some(known) => known.passed &= verdict.passed,
            None => {
                bytes += verdict.policy.len() + verdict.version.len();
                if bytes <= POLICIES_BYTES_MAX {
                    let Verdict { policy, version, passed, .. } = verdict;
                    policies.push(PolicyVerdict { policy, version, passed: *passed });
                }
            }
        }
    }
    policies
}
