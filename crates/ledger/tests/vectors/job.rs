//! A job of three steps with a fan-out and a join, its leaves in the order of the log, and what happened to it afterwards.

use esteira_ledger::{
    Frontier, Hash, Hashes, Leaf, Salt, SignerKey, Verdict,
    codes::{Decision, RemovalCause},
    commitment,
    kinds::{
        AttemptEnded, BodiesRemoved, EpochDeclared, FailureMark, JobEnded, JobReprocessed, JobStarted, Operator,
        OperatorActed, PolicyVerdict, VerificationPerformed,
    },
    leaf_hash, text_commitment,
};
use esteira_model::{
    DataClass, FailureKind, ItemPath, JobId, JobState, LineageKind, PlanVersionId, TaskId, Time, Uuid,
};

pub const ORIGIN: &str = "ledger.example/acme";
pub const ITEMS: u32 = 18;
const MINUTE: i64 = 1_795_415_400_000_000;

pub fn key(number: u8) -> SignerKey {
    SignerKey::from_seed(ORIGIN, &[number; 32]).expect("a name without spaces")
}

pub fn salt(number: u8) -> Salt {
    Salt([number; 16])
}

pub fn uuid(number: u8) -> Uuid {
    let mut bytes = [0x11; 16];
    (bytes[6], bytes[15]) = (0x70, number);
    Uuid::from_bytes(bytes)
}

pub const INPUT: &[u8] = br#"{"order":1042,"lines":["a","b"]}"#;

pub fn item(index: u32) -> Vec<u8> {
    format!(r#"{{"line":{index}}}"#).into_bytes()
}

pub fn hidden(body: &[u8], number: u8) -> Hash {
    commitment(&salt(number), &Hash::of_bytes(body))
}

/// The commitments of the items: so many that a leaf folds them.
pub fn items() -> Vec<Hash> {
    (0..ITEMS).map(|index| hidden(&item(index), 10 + index as u8)).collect()
}

pub fn operator() -> Operator<'static> {
    Operator { user: "ana", account: "acme", on_behalf_of: "" }
}

pub fn started() -> JobStarted<'static> {
    JobStarted {
        account: "acme",
        plan_version: PlanVersionId(uuid(1)),
        plan_digest: Hash::of_bytes(b"plan"),
        job: JobId(uuid(2)),
        lineage: LineageKind::Direct,
        request_digest: Some(Hash::of_bytes(b"request")),
        inputs: Hashes::of(&[hidden(INPUT, 1)]),
        create_time: Time(MINUTE),
        operator: operator(),
        data_class: DataClass::Production,
        parents: Hashes::default(),
    }
}

pub fn attempt(task: u8, step: &'static str, item_path: Vec<u32>) -> AttemptEnded<'static> {
    AttemptEnded {
        account: "acme",
        plan_digest: Hash::of_bytes(b"plan"),
        job: JobId(uuid(2)),
        step,
        item_path: ItemPath(item_path),
        task: TaskId(uuid(task)),
        attempt: 1,
        fence: 7,
        function: "orders.split",
        function_version: "1.4.0",
        inputs: Hashes::default(),
        outputs: Hashes::default(),
        policies: Vec::new(),
        start_time: Time(MINUTE + 1_000),
        end_time: Time(MINUTE + 9_500),
        worker_start_time: Some(Time(MINUTE + 1_400)),
        worker_end_time: Some(Time(MINUTE + 9_100)),
        worker: "worker-7f3a",
        operator: "ana",
        data_class: DataClass::Production,
        failure: None,
        texts: None,
        parents: Hashes::default(),
    }
}

/// The leaves, as bytes: start, a failed split, the split, each item, the join, the end, a verification, a certificate of
/// removal, the link of a reprocess, an operator, an epoch, the start that the link leads to.
pub fn log() -> Vec<Vec<u8>> {
    let mut log = vec![encode(started())];
    let mut failed = attempt(3, "split", vec![]);
    failed.inputs = Hashes::of(&[hidden(INPUT, 1)]);
    failed.failure = Some(FailureMark { kind: FailureKind::Retryable, code: "UPSTREAM_BUSY" });
    failed.texts = Some(text_commitment(&salt(1), &["upstream said 503", ""]));
    failed.parents = Hashes::of(&[leaf_hash(&log[0])]);
    log.push(encode(failed.clone()));

    let parents = Hashes::of(&[leaf_hash(&log[0]), leaf_hash(&log[1])]);
    let policies = vec![PolicyVerdict { policy: "has_lines", version: "2", passed: true }];
    let outputs = Hashes::of(&items());
    log.push(encode(AttemptEnded { attempt: 2, failure: None, texts: None, outputs, policies, parents, ..failed }));

    let split = Hashes::of(&[leaf_hash(&log[2])]);
    for (index, hidden) in (0..).zip(items()) {
        let hidden = Hashes::of(&[hidden]);
        let fields = attempt(20 + index as u8, "price", vec![index]);
        log.push(encode(AttemptEnded { inputs: hidden.clone(), outputs: hidden, parents: split.clone(), ..fields }));
    }
    let parents: Vec<Hash> = log[3..].iter().map(|leaf| leaf_hash(leaf)).collect();
    let total = Hashes::of(&[hidden(b"{\"total\":18}", 2)]);
    let fields = AttemptEnded { function: "", function_version: "", worker: "", ..attempt(4, "sum", vec![]) };
    log.push(encode(AttemptEnded { outputs: total.clone(), parents: Hashes::of(&parents), ..fields }));
    let parents = Hashes::of(&[leaf_hash(&log[log.len() - 1])]);
    log.push(encode(ended(total, parents)));
    log.extend(afterwards(leaf_hash(&log[log.len() - 1])));
    log
}

fn ended(results: Hashes, parents: Hashes) -> JobEnded<'static> {
    JobEnded {
        account: "acme",
        plan_digest: Hash::of_bytes(b"plan"),
        job: JobId(uuid(2)),
        state: JobState::Succeeded,
        failure: None,
        texts: None,
        results,
        start_time: Some(Time(MINUTE)),
        end_time: Time(MINUTE + 60_000),
        operator: "ana",
        data_class: DataClass::Production,
        parents,
    }
}

fn afterwards(last: Hash) -> Vec<Vec<u8>> {
    let (time, reason) = (Time(MINUTE + 3_600_000_000), text_commitment(&salt(90), &["the customer asked"]));
    let mut removed = items();
    removed.sort_unstable();
    let removal = BodiesRemoved {
        account: "acme",
        job: JobId(uuid(2)),
        cause: RemovalCause::Erasure,
        bodies: Hashes::of(&removed),
        bytes: 190,
        reason: Some(reason),
        time,
        operator: operator(),
        data_class: DataClass::Production,
        parents: Hashes::of(&[last]),
    };
    let verified = VerificationPerformed {
        account: "acme",
        scope: "all",
        verdict: Verdict::Valid,
        checked: 23,
        failed: 0,
        tree_size: 23,
        root: Hash::of_bytes(b"root"),
        start_time: time,
        end_time: Time(time.0 + 90),
        operator: operator(),
        parents: Hashes::default(),
    };
    let acted = OperatorActed {
        account: "acme",
        operator: Operator { on_behalf_of: "rui", ..operator() },
        credential: "key-3",
        action: "EraseJob",
        resource: "jobs/11111111-1111-7011-1111-111111111102",
        reason: Some(reason),
        request_digest: Hash::of_bytes(b"request 2"),
        decision: Decision::Allowed,
        result: "OK",
        start_time: time,
        latency_micros: 1_234,
        client_address: Some(text_commitment(&salt(90), &["192.0.2.7"])),
        parents: Hashes::default(),
    };
    let link = JobReprocessed {
        account: "acme",
        plan_digest: Hash::of_bytes(b"plan"),
        job: JobId(uuid(5)),
        source_job: JobId(uuid(2)),
        from_step: "price",
        overrides: Hashes::of(&[hidden(INPUT, 91)]),
        reason,
        create_time: time,
        operator: operator(),
        data_class: DataClass::Production,
        parents: Hashes::of(&[last]),
    };
    let epoch = EpochDeclared {
        epoch: 1,
        tree_size: 23,
        root: Hash::of_bytes(b"root"),
        anchor_size: u64::MAX,
        anchor_root: Hash::of_bytes(b"anchor"),
        reason,
        time: Time(-1),
        operator: operator(),
        parents: Hashes::default(),
    };
    let link = encode(link);
    // The start of the job that goes on, as it follows from the link.
    let again = JobStarted {
        job: JobId(uuid(5)),
        lineage: LineageKind::Reprocess,
        create_time: time,
        parents: Hashes::of(&[leaf_hash(&link)]),
        ..started()
    };
    vec![encode(verified), encode(removal), link, encode(acted), encode(epoch), encode(again)]
}

pub fn encode<'a>(fields: impl Into<Leaf<'a>>) -> Vec<u8> {
    fields.into().encode().expect("a small leaf")
}

pub fn head(log: &[Vec<u8>]) -> Frontier {
    let mut head = Frontier::default();
    log.iter().for_each(|leaf| head.append(leaf_hash(leaf), |_, _| ()));
    head
}
