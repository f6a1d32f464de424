//! Any leaf comes back from its bytes, and nothing but its bytes comes back as it.

use esteira_ledger::{
    Hash, Hashes, Leaf, Verdict,
    codes::{Decision, RemovalCause},
    kinds::{
        AttemptEnded, BodiesRemoved, EpochDeclared, FailureMark, JobEnded, JobReprocessed, JobStarted, Operator,
        OperatorActed, PolicyVerdict, VerificationPerformed,
    },
    leaf::LEAF_BYTES_MAX,
    leaf_hash,
    wire::Error,
};
use esteira_model::{
    DataClass, FailureKind, ItemPath, JobId, JobState, LineageKind, PlanVersionId, TaskId, Time, Uuid,
};
use proptest::{collection::vec, option, prelude::*, sample::select, strategy::ValueTree};

/// The owned parts of which leaves are put together; each field takes the next of its type.
#[derive(Debug, Clone)]
struct Parts {
    texts: Vec<String>,
    numbers: Vec<u64>,
    hashes: Vec<Hash>,
    lists: Vec<Vec<Hash>>,
    item_path: Vec<u32>,
    policies: Vec<(String, String, bool)>,
    failure: Option<(FailureKind, String)>,
    maybe: Option<Hash>,
    times: Option<i64>,
    code: usize,
}

fn parts() -> impl Strategy<Value = Parts> {
    let hash = || any::<[u8; 32]>().prop_map(Hash);
    let text = || "\\PC{0,40}";
    let number = || prop_oneof![0..300u64, any::<u64>()];
    (
        (vec(text(), 8), vec(number(), 5), vec(hash(), 3), vec(vec(hash(), 0..20), 3)),
        vec(any::<u32>(), 0..4),
        vec((text(), text(), any::<bool>()), 0..4),
        option::of((select(FailureKind::ALL), text())),
        (option::of(hash()), option::of(any::<i64>()), any::<usize>()),
    )
        .prop_map(|((texts, numbers, hashes, lists), item_path, policies, failure, (maybe, times, code))| Parts {
            texts,
            numbers,
            hashes,
            lists,
            item_path,
            policies,
            failure,
            maybe,
            times,
            code,
        })
}

fn uuid(hash: &Hash) -> Uuid {
    Uuid::from_bytes(hash.0[..16].try_into().expect("16 of 32 bytes"))
}

fn one_of<T: Copy>(all: &[T], code: usize) -> T {
    all[code % all.len()]
}

/// One leaf of each kind.
fn leaves(p: &Parts) -> Vec<Leaf<'_>> {
    let operator = || Operator { user: &p.texts[0], account: &p.texts[1], on_behalf_of: &p.texts[2] };
    let failure = || p.failure.as_ref().map(|(kind, code)| FailureMark { kind: *kind, code });
    let (job, task) = (JobId(uuid(&p.hashes[0])), TaskId(uuid(&p.hashes[1])));
    let data_class = one_of(DataClass::ALL, p.code);
    let (inputs, outputs, parents) = (Hashes::of(&p.lists[0]), Hashes::of(&p.lists[1]), Hashes::of(&p.lists[2]));
    let time = Time(p.numbers[0] as i64);
    let policies =
        p.policies.iter().map(|(policy, version, passed)| PolicyVerdict { policy, version, passed: *passed });
    vec![
        JobStarted {
            account: &p.texts[3],
            plan_version: PlanVersionId(uuid(&p.hashes[2])),
            plan_digest: p.hashes[2],
            job,
            lineage: one_of(LineageKind::ALL, p.code),
            request_digest: p.maybe,
            inputs: inputs.clone(),
            create_time: time,
            operator: operator(),
            data_class,
            parents: parents.clone(),
        }
        .into(),
        AttemptEnded {
            account: &p.texts[3],
            plan_digest: p.hashes[2],
            job,
            step: &p.texts[4],
            item_path: ItemPath(p.item_path.clone()),
            task,
            attempt: p.numbers[1] as u32,
            fence: p.numbers[2] as i64,
            function: &p.texts[5],
            function_version: &p.texts[6],
            inputs,
            outputs: outputs.clone(),
            policies: policies.collect(),
            start_time: time,
            end_time: Time(p.numbers[3] as i64),
            worker_start_time: p.times.map(Time),
            worker_end_time: p.times.map(Time),
            worker: &p.texts[7],
            operator: &p.texts[0],
            data_class,
            failure: failure(),
            texts: p.maybe,
            parents: parents.clone(),
        }
        .into(),
        JobEnded {
            account: &p.texts[3],
            plan_digest: p.hashes[2],
            job,
            state: one_of(JobState::ALL, p.code),
            failure: failure(),
            texts: p.maybe,
            results: outputs.clone(),
            start_time: p.times.map(Time),
            end_time: time,
            operator: &p.texts[0],
            data_class,
            parents: parents.clone(),
        }
        .into(),
        JobReprocessed {
            account: &p.texts[3],
            plan_digest: p.hashes[2],
            job,
            source_job: JobId(uuid(&p.hashes[1])),
            from_step: &p.texts[4],
            overrides: outputs.clone(),
            reason: p.hashes[1],
            create_time: time,
            operator: operator(),
            data_class,
            parents: parents.clone(),
        }
        .into(),
        VerificationPerformed {
            account: &p.texts[3],
            scope: &p.texts[4],
            verdict: one_of(Verdict::ALL, p.code),
            checked: p.numbers[1],
            failed: p.numbers[2],
            tree_size: p.numbers[3],
            root: p.hashes[0],
            start_time: time,
            end_time: Time(p.numbers[4] as i64),
            operator: operator(),
            parents: parents.clone(),
        }
        .into(),
        OperatorActed {
            account: &p.texts[3],
            operator: operator(),
            credential: &p.texts[4],
            action: &p.texts[5],
            resource: &p.texts[6],
            reason: p.maybe,
            request_digest: p.hashes[0],
            decision: one_of(&[Decision::Allowed, Decision::Denied], p.code),
            result: &p.texts[7],
            start_time: time,
            latency_micros: p.numbers[1],
            client_address: p.maybe,
            parents: parents.clone(),
        }
        .into(),
        BodiesRemoved {
            account: &p.texts[3],
            job,
            cause: one_of(&[RemovalCause::Purge, RemovalCause::Erasure, RemovalCause::Retention], p.code),
            bodies: outputs,
            bytes: p.numbers[1],
            reason: p.maybe,
            time,
            operator: operator(),
            data_class,
            parents: parents.clone(),
        }
        .into(),
        EpochDeclared {
            epoch: p.numbers[1],
            tree_size: p.numbers[2],
            root: p.hashes[0],
            anchor_size: p.numbers[3],
            anchor_root: p.hashes[1],
            reason: p.hashes[2],
            time,
            operator: operator(),
            parents,
        }
        .into(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_leaf_comes_back_from_its_bytes(parts in parts()) {
        for leaf in leaves(&parts) {
            let bytes = leaf.encode().expect("small");
            prop_assert_eq!(&Leaf::decode(&bytes), &Ok(leaf.clone()), "{}", leaf.kind());
            prop_assert_eq!(leaf.hash().expect("small"), leaf_hash(&bytes));
            prop_assert_eq!(&leaf.to_json()["kind"], leaf.kind());
        }
    }

    /// One form for each leaf: other bytes are refused, or are another leaf with exactly those bytes.
    #[test]
    fn other_bytes_are_no_second_form(parts in parts(), at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        for leaf in leaves(&parts) {
            let mut bytes = leaf.encode().expect("small");
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Ok(other) = Leaf::decode(&bytes) {
                prop_assert_ne!(&other, &leaf);
                prop_assert!(other.first_difference(&leaf).is_some());
                prop_assert_eq!(other.encode().expect("small"), bytes);
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in vec(any::<u8>(), 0..400)) {
        let framed: Vec<u8> = [b"ESL\x01\x02".as_slice(), &bytes].concat();
        for bytes in [&bytes, &framed] {
            if let Ok(leaf) = Leaf::decode(bytes) {
                prop_assert_eq!(&leaf.encode().expect("small"), bytes);
            }
        }
    }
}

#[test]
fn a_part_of_a_leaf_is_refused_and_so_is_more_than_one() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let parts = parts().new_tree(&mut runner).expect("a value").current();
    for leaf in leaves(&parts) {
        let bytes = leaf.encode().expect("small");
        for end in 0..bytes.len() {
            assert!(Leaf::decode(&bytes[..end]).is_err(), "{} cut at {end}", leaf.kind());
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(Leaf::decode(&longer), Err(Error::Trailing { bytes: 1 }), "{}", leaf.kind());
    }
}

#[test]
fn what_is_too_large_is_not_written_and_not_read() {
    let long = "x".repeat(LEAF_BYTES_MAX);
    let operator = Operator { user: "", account: "", on_behalf_of: "" };
    let leaf: Leaf<'_> = EpochDeclared {
        epoch: 1,
        tree_size: 0,
        root: Hash::default(),
        anchor_size: 0,
        anchor_root: Hash::default(),
        reason: Hash::default(),
        time: Time(0),
        operator: Operator { user: &long, ..operator },
        parents: Hashes::default(),
    }
    .into();
    let mut out = b"before".to_vec();
    assert!(matches!(leaf.encode_into(&mut out), Err(Error::TooLarge { .. })));
    assert_eq!(out, b"before");
    assert!(matches!(Leaf::decode(long.as_bytes()), Err(Error::NotALeaf | Error::TooLarge { .. })));
    assert_eq!(Leaf::decode(&[0; LEAF_BYTES_MAX + 1]), Err(Error::TooLarge { bytes: LEAF_BYTES_MAX + 1 }));
}
