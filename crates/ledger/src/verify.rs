//! Verification: from bytes, a leaf, its parents, a proof, a checkpoint and an anchor to one of eight verdicts.
//!
//! Nothing is believed because it is stored: each digest is computed again from the bytes that are given. The checks stand
//! in one order, and the finding names the first that failed.

use crate::{
    checkpoint::Checkpoint,
    hash::{Hash, Salt, commitment, leaf_hash},
    hashes::Hashes,
    key::VerifierKey,
    leaf::Leaf,
    proof::{root_from_inclusion, verify_consistency},
    verdict::{Failing, Finding, Verdict},
};

/// Whom the verifier trusts. Comes from outside the database, or it is worth nothing.
#[derive(Debug, Clone, Copy)]
pub struct Trust<'a> {
    /// The log's name.
    pub origin: &'a str,
    /// The keys that may sign for it.
    pub keys: &'a [VerifierKey],
}

/// Which bodies of the leaf a body is among.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// What a job started with, or an attempt read.
    Input,
    /// What an attempt produced, or a job resulted in.
    Output,
}

/// What is at hand of a body.
#[derive(Debug, Clone, Copy)]
pub enum Held<'a> {
    /// The bytes.
    Bytes(&'a [u8], Salt),
    /// Its digest, computed by whoever has the bytes.
    Digest(Hash, Salt),
    /// Nothing, with the certificate of its removal, if there is one.
    Removed(Option<Certificate<'a>>),
}

/// A body of which the leaf speaks.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    /// Among which.
    pub role: Role,
    /// Counts from 0.
    pub position: u64,
    /// Proof of the position when the leaf folds its hashes; else empty.
    pub path: &'a [Hash],
    /// What is at hand.
    pub held: Held<'a>,
}

/// A leaf's place in the log.
#[derive(Debug, Clone, Copy)]
pub struct Included<'a> {
    /// Counts from 0.
    pub index: u64,
    /// Proof against the checkpoint.
    pub path: &'a [Hash],
}

/// The certificate of a removal: a leaf [`crate::kinds::BodiesRemoved`] and the place of the body in it.
#[derive(Debug, Clone, Copy)]
pub struct Certificate<'a> {
    /// The leaf's bytes.
    pub leaf: &'a [u8],
    /// The commitment that is left of the body.
    pub commitment: Hash,
    /// Its position in the certificate.
    pub position: u64,
    /// Proof of the position when the leaf folds its hashes; else empty.
    pub path: &'a [Hash],
    /// The leaf's place in the log.
    pub included: Included<'a>,
}

/// A checkpoint from outside the database.
#[derive(Debug, Clone, Copy)]
pub struct Anchor<'a> {
    /// The signed note.
    pub note: &'a str,
    /// Proof between the checkpoint and the anchor, from the smaller to the larger.
    pub consistency: &'a [Hash],
}

/// The rows of which the leaf speaks.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    /// Not at hand, as in an export, or removed by the retention policy with the whole job.
    Elsewhere,
    /// They should be there, and are not.
    Gone,
    /// The leaf made again from them.
    Leaf(&'a [u8]),
}

/// All that a verification looks at.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The leaf as it was recorded; none when the ledger has none.
    pub leaf: Option<&'a [u8]>,
    /// What the rows say.
    pub rows: Rows<'a>,
    /// The body to verify; none to verify the leaf alone.
    pub body: Option<Body<'a>>,
    /// The recorded leaves of the parents, in order.
    pub parents: &'a [&'a [u8]],
    /// The leaf's place; none while it has none.
    pub included: Option<Included<'a>>,
}

/// The log's head and how far it is anchored: signatures and consistency are checked once, for any number of leaves.
#[derive(Debug, Clone)]
pub struct Standing {
    checkpoint: Option<Checkpoint>,
    /// How many leaves are anchored, or what is wrong with the anchor.
    anchored: Result<u64, Failing>,
}

impl Standing {
    /// From the signed note of the log's head and the newest anchor; none of either before the first.
    pub fn new(checkpoint: Option<&str>, anchor: Option<Anchor<'_>>, trust: &Trust<'_>) -> Self {
        let checkpoint = checkpoint.and_then(|note| Checkpoint::open(note, trust.origin, trust.keys).ok());
        let anchored = match (&checkpoint, anchor) {
            (Some(checkpoint), Some(anchor)) => check_anchor(&anchor, checkpoint, trust),
            _ => Ok(0),
        };
        Self { checkpoint, anchored }
    }
}

/// Verifies.
pub fn verify(evidence: &Evidence<'_>, standing: &Standing) -> Finding {
    match check(evidence, standing) {
        Ok(verdict) => Finding { verdict, failing: None },
        Err((verdict, failing)) => Finding { verdict, failing: Some(failing) },
    }
}

type Failed = (Verdict, Failing);

fn check(evidence: &Evidence<'_>, standing: &Standing) -> Result<Verdict, Failed> {
    let recorded = evidence.leaf.ok_or((Verdict::Unknown, Failing::Leaf))?;
    let leaf = decode(recorded)?;
    let certificate = match &evidence.body {
        Some(body) => check_body(&leaf, body)?,
        None => None,
    };
    match evidence.rows {
        Rows::Elsewhere => {}
        Rows::Gone => return Err((Verdict::MismatchLeaf, Failing::Rows)),
        Rows::Leaf(rebuilt) => check_rebuilt(&leaf, recorded, rebuilt)?,
    }
    check_parents(leaf.parents(), evidence.parents)?;
    let checkpoint = standing.checkpoint.as_ref().ok_or((Verdict::NotIncluded, Failing::Checkpoint))?;
    let included = evidence.included.filter(|included| is_included(recorded, included, checkpoint));
    let index = included.ok_or((Verdict::NotIncluded, Failing::Inclusion))?.index;
    if certificate.is_some_and(|certificate| !is_included(certificate.leaf, &certificate.included, checkpoint)) {
        return Err((Verdict::NotIncluded, Failing::CertificateInclusion));
    }
    let anchored = standing.anchored.map_err(|failing| (Verdict::NotIncluded, failing))?;
    Ok(match certificate {
        Some(_) => Verdict::Erased,
        None if index < anchored => Verdict::Valid,
        None => Verdict::ValidNotAnchored,
    })
}

fn decode(bytes: &[u8]) -> Result<Leaf<'_>, Failed> {
    Leaf::decode(bytes).map_err(|error| (Verdict::MismatchLeaf, Failing::LeafForm(error)))
}

/// Answers with the certificate when the body was removed.
fn check_body<'a>(leaf: &Leaf<'_>, body: &Body<'a>) -> Result<Option<Certificate<'a>>, Failed> {
    let failed = |failing| (Verdict::MismatchContent, failing);
    let hashes = match body.role {
        Role::Input => leaf.inputs(),
        Role::Output => leaf.outputs(),
    };
    let hashes = hashes.ok_or(failed(Failing::Role))?;
    let expected = match body.held {
        Held::Bytes(bytes, salt) => commitment(&salt, &Hash::of_bytes(bytes)),
        Held::Digest(digest, salt) => commitment(&salt, &digest),
        Held::Removed(None) => return Err(failed(Failing::Body)),
        Held::Removed(Some(certificate)) => return check_certificate(leaf, hashes, body, certificate).map(Some),
    };
    if hashes.holds(body.position, &expected, body.path) { Ok(None) } else { Err(failed(Failing::Content)) }
}

/// The body's commitment is all that is left of it: the leaf must list it, and the certificate must name it.
fn check_certificate<'a>(
    leaf: &Leaf<'_>,
    hashes: &Hashes,
    body: &Body<'a>,
    certificate: Certificate<'a>,
) -> Result<Certificate<'a>, Failed> {
    let failed = (Verdict::MismatchContent, Failing::Certificate);
    let Ok(Leaf::BodiesRemoved(removed)) = Leaf::decode(certificate.leaf) else { return Err(failed) };
    let is_of_this_body = leaf.job() == Some(removed.job)
        && hashes.holds(body.position, &certificate.commitment, body.path)
        && removed.bodies.holds(certificate.position, &certificate.commitment, certificate.path);
    if is_of_this_body { Ok(certificate) } else { Err(failed) }
}

fn check_rebuilt(leaf: &Leaf<'_>, recorded: &[u8], rebuilt: &[u8]) -> Result<(), Failed> {
    if recorded == rebuilt {
        return Ok(());
    }
    let differing = leaf.first_difference(&decode(rebuilt)?).unwrap_or("kind");
    Err((Verdict::MismatchLeaf, Failing::Field(differing)))
}

fn check_parents(named: &Hashes, parents: &[&[u8]]) -> Result<(), Failed> {
    let failed = |failing| Err((Verdict::ChainBroken, failing));
    if named.count() != parents.len() as u64 {
        return failed(Failing::ParentCount);
    }
    let hashes: Vec<Hash> = parents.iter().map(|parent| leaf_hash(parent)).collect();
    if let Some(listed) = named.listed() {
        return match listed.iter().zip(&hashes).position(|(listed, hash)| listed != hash) {
            Some(index) => failed(Failing::Parent(index)),
            None => Ok(()),
        };
    }
    if Hashes::of(&hashes) == *named { Ok(()) } else { failed(Failing::Parent(0)) }
}

fn is_included(leaf: &[u8], included: &Included<'_>, checkpoint: &Checkpoint) -> bool {
    root_from_inclusion(&leaf_hash(leaf), included.index, checkpoint.size, included.path) == Some(checkpoint.root)
}

fn check_anchor(anchor: &Anchor<'_>, checkpoint: &Checkpoint, trust: &Trust<'_>) -> Result<u64, Failing> {
    let opened = Checkpoint::open(anchor.note, trust.origin, trust.keys).map_err(|_| Failing::Anchor)?;
    let (old, new) = if opened.size < checkpoint.size { (&opened, checkpoint) } else { (checkpoint, &opened) };
    if verify_consistency(old.size, &old.root, new.size, &new.root, anchor.consistency) {
        Ok(opened.size)
    } else {
        Err(Failing::Consistency)
    }
}
