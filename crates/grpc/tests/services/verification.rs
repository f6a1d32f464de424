//! Verification and the log over the contract: each call, what it answers, what it refuses, and that it leaves its own leaf.

use crate::{harness::*, tenants::ByAccount};
use esteira_contract::v1::{self, Verdict, artifact_selector::Body, audit_service_client::AuditServiceClient};
use esteira_coordinator::{
    Settings,
    log::{AnchorFile, Signing},
};
use esteira_grpc::Options;
use esteira_ledger::{
    Bundle, Checkpoint, Hash, Schedule, SignerKey, Trust, VerifierKey, checkpoint::Term, proof::verify_consistency,
};
use esteira_model::{AccountId, Time};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tempfile::TempDir;
use tonic::{Code, transport::Channel};

pub const ORIGIN: &str = "log.example/services";
pub const INPUT: &str = r#"{"order":7}"#;
pub const OUTPUT: &str = r#"{"price":9}"#;
pub const UNKNOWN: &str = "01932c07-209b-7e9a-8b2c-ffeeddccbbaa";

fn key() -> SignerKey {
    SignerKey::from_seed(ORIGIN, &[7; 32]).expect("a key")
}

pub fn keys() -> Vec<VerifierKey> {
    vec![key().verifier().clone()]
}

/// A coordinator that signs and anchors.
pub async fn signing(options: Options) -> (Harness, TempDir) {
    let folder = TempDir::new().expect("a folder");
    let anchors = AnchorFile::open(folder.path().join("anchors")).expect("a file of anchors");
    let schedule = Schedule::new(vec![Term { key: key(), from: Time(0), until: None }]);
    let signing = Signing::new(ORIGIN.into(), schedule, keys(), AccountId::new("default"), anchors);
    let settings = Settings { signing: Some(Arc::new(signing)), ..Settings::default() };
    let store = esteira_store_sql::open("sqlite::memory:", esteira_store_sql::Options::default()).await;
    let store = store.expect("a store");
    (Harness::set(store.writer, store.reader, options, settings).await, folder)
}

/// One that has executed one task; the job and the task.
pub async fn worked() -> (Harness, TempDir, String, String) {
    let (server, folder) = signing(Options::new(Arc::new(operator()))).await;
    server.publish("price", r#"[{"step_key":"a","function":"kit.a"}]"#).await;
    server.publish("other", r#"[{"step_key":"b","function":"kit.a"}]"#).await;
    let job = server.start_job("price", INPUT).await;
    let lease = server.lease_one("kit.a").await;
    server.complete(&lease, OUTPUT).await;
    server.await_job(&job).await;
    let task = server.tasks(&job).await.remove(0).task_id;
    (server, folder, job, task)
}

fn audit(server: &Harness) -> AuditServiceClient<Channel> {
    AuditServiceClient::new(server.channel())
}

async fn ledger(server: &Harness) -> v1::GetLedgerResponse {
    audit(server).get_ledger(v1::GetLedgerRequest {}).await.expect("answered").into_inner()
}

fn of(job_id: &str, body: Body) -> Option<v1::ArtifactSelector> {
    Some(v1::ArtifactSelector { job_id: job_id.into(), body: Some(body) })
}

fn output(task_id: &str, index: i32) -> Body {
    Body::Output(v1::TaskOutput { task_id: task_id.into(), index })
}

fn digest(bytes: &str) -> Body {
    Body::Sha256(Sha256::digest(bytes).to_vec().into())
}

/// What a verification says in two words.
fn said(verification: &Option<v1::Verification>) -> (Verdict, &str) {
    let verification = verification.as_ref().expect("an answer has a verification");
    (verification.verdict(), &verification.failing)
}

#[tokio::test]
async fn a_job_verifies_and_leaves_a_leaf_that_says_so() {
    let (server, _folder, job, _) = worked().await;
    let verify = |job_id: &str| {
        let (mut client, request) = (audit(&server), v1::VerifyJobRequest { job_id: job_id.into() });
        async move { client.verify_job(request).await }
    };
    let first = verify(&job).await.expect("answered").into_inner().verification.expect("a verification");
    assert_eq!((first.verdict(), first.checked, first.valid, first.failed), (Verdict::Valid, 3, 3, 0));
    assert_eq!((first.root.len(), first.flaws.len()), (32, 0));
    let second = verify(&job).await.expect("answered").into_inner().verification.expect("a verification");
    assert_eq!(second.tree_size, first.tree_size + 1, "the first verification is recorded");
    check_refused(verify(UNKNOWN).await, Code::NotFound, "JOB_NOT_FOUND", "");
    check_refused(verify("neither").await, Code::InvalidArgument, "FIELD_INVALID", "job_id");
    check_refused(verify("").await, Code::InvalidArgument, "FIELD_INVALID", "job_id");
    server.stop().await;
}

#[tokio::test]
async fn a_body_is_what_it_is_said_to_be_or_not() {
    let (server, _folder, job, task) = worked().await;
    let verify = |artifact: Option<v1::ArtifactSelector>, content: &str, plan: &str, version: i32| {
        let request = v1::VerifyArtifactRequest {
            artifact,
            content: content.as_bytes().to_vec().into(),
            plan: plan.into(),
            version,
        };
        let mut client = audit(&server);
        async move { client.verify_artifact(request).await.map(|answer| answer.into_inner().verification) }
    };
    let valid = (Verdict::Valid, "");
    for body in [Body::Input(true), output(&task, 0), digest(INPUT), digest(OUTPUT)] {
        let found = verify(of(&job, body.clone()), "", "price", 0).await.expect("answered");
        assert_eq!(said(&found), valid, "{body:?}");
        let wrong = verify(of(&job, body), "", "other", 0).await.expect("answered");
        assert_eq!(said(&wrong), (Verdict::MismatchLeaf, "field plan_digest"));
    }
    let found = verify(of(&job, output(&task, 0)), OUTPUT, "", 0).await.expect("answered");
    assert_eq!(said(&found), valid);
    let wrong = verify(of(&job, output(&task, 0)), INPUT, "", 0).await.expect("answered");
    assert_eq!(said(&wrong), (Verdict::MismatchContent, "content"));
    let nowhere = verify(of(&job, digest("nobody's")), "", "", 0).await.expect("answered");
    assert_eq!(said(&nowhere), (Verdict::Unknown, "leaf"));

    let none = v1::ArtifactSelector { job_id: job.clone(), body: None };
    let short = Body::Sha256(vec![0; 31].into());
    for (artifact, reason, field) in [
        (None, "FIELD_INVALID", "artifact"),
        (Some(none), "FIELD_INVALID", "artifact.body"),
        (of("x", Body::Input(true)), "FIELD_INVALID", "artifact.job_id"),
        (of(&job, Body::Input(false)), "FIELD_INVALID", "artifact.input"),
        (of(&job, output("x", 0)), "FIELD_INVALID", "artifact.output.task_id"),
        (of(&job, output(&task, -1)), "FIELD_INVALID", "artifact.output.index"),
        (of(&job, short), "FIELD_INVALID", "artifact.sha256"),
    ] {
        check_refused(verify(artifact, "", "", 0).await, Code::InvalidArgument, reason, field);
    }
    let body = || of(&job, Body::Input(true));
    check_refused(verify(body(), "", "price", -1).await, Code::InvalidArgument, "FIELD_INVALID", "version");
    for (answer, reason) in [
        (verify(of(UNKNOWN, Body::Input(true)), "", "", 0).await, "JOB_NOT_FOUND"),
        (verify(of(&job, output(&task, 1)), "", "", 0).await, "TASK_NOT_FOUND"),
        (verify(body(), "", "nobody", 0).await, "PLAN_NOT_FOUND"),
        (verify(body(), "", "price", 2).await, "PLAN_VERSION_NOT_FOUND"),
    ] {
        let (code, found, _) = refusal(answer);
        assert_eq!((code, found.as_str()), (Code::NotFound, reason));
    }
    server.stop().await;
}

/// Whoever has only the bytes asks of which job they are.
#[tokio::test]
async fn bytes_are_verified_without_a_job() {
    let (server, _folder, job, _) = worked().await;
    let verify = |body: Body, content: &str, plan: &str| {
        let content = content.as_bytes().to_vec().into();
        let request = v1::VerifyArtifactRequest { artifact: of("", body), content, plan: plan.into(), version: 0 };
        let mut client = audit(&server);
        async move { client.verify_artifact(request).await.map(tonic::Response::into_inner) }
    };
    for (bytes, content) in [(OUTPUT, ""), (INPUT, INPUT)] {
        for plan in ["", "price"] {
            let found = verify(digest(bytes), content, plan).await.expect("answered");
            assert_eq!((said(&found.verification), &found.job_id), ((Verdict::Valid, ""), &job));
        }
        let wrong = verify(digest(bytes), content, "other").await.expect("answered");
        assert_eq!(said(&wrong.verification), (Verdict::MismatchLeaf, "field plan_digest"));
        assert_eq!(wrong.job_id, job, "of this job it is not true");
    }
    let nowhere = verify(digest("nobody's"), "", "price").await.expect("answered");
    assert_eq!((said(&nowhere.verification), nowhere.job_id.as_str()), ((Verdict::Unknown, "leaf"), ""));
    // Of two jobs with the same bytes one is enough.
    server.start_job("other", INPUT).await;
    for plan in ["price", "other"] {
        let found = verify(digest(INPUT), "", plan).await.expect("answered");
        assert_eq!(said(&found.verification), (Verdict::Valid, ""), "{plan}");
    }
    check_refused(verify(digest(INPUT), OUTPUT, "").await, Code::InvalidArgument, "FIELD_INVALID", "content");
    check_refused(verify(Body::Input(true), "", "").await, Code::InvalidArgument, "FIELD_INVALID", "artifact.job_id");
    let (code, reason, _) = refusal(verify(digest("nobody's"), "", "nobody").await);
    assert_eq!((code, reason.as_str()), (Code::NotFound, "PLAN_NOT_FOUND"));
    server.stop().await;
}

#[tokio::test]
async fn a_range_and_the_whole_store_verify() {
    let (server, _folder, job, _) = worked().await;
    let range = |from_index: i64, to_index: i64, page_token: &str| {
        let request = v1::VerifyRangeRequest { from_index, to_index, page_token: page_token.into() };
        let mut client = audit(&server);
        async move { client.verify_range(request).await.map(tonic::Response::into_inner) }
    };
    let verify = v1::VerifyJobRequest { job_id: job };
    audit(&server).verify_job(verify).await.expect("so that there is a checkpoint");
    let found = range(1, 3, "").await.expect("answered");
    let some = found.verification.expect("a verification");
    assert_eq!((some.verdict(), some.checked, found.next_page_token.as_str()), (Verdict::Valid, 2, ""));
    let found = range(0, 0, "").await.expect("answered").verification.expect("a verification");
    assert_eq!((found.verdict(), found.checked), (Verdict::Valid, found.tree_size), "to the end of the log");
    for (from, to, field) in [(-1, 0, "from_index"), (0, -1, "to_index"), (0, 9_999, "to_index"), (3, 2, "to_index")] {
        check_refused(range(from, to, "").await, Code::InvalidArgument, "FIELD_INVALID", field);
    }
    check_refused(range(0, 0, "x").await, Code::InvalidArgument, "PAGE_TOKEN_INVALID", "page_token");

    let store = |page_token: String| {
        let mut client = audit(&server);
        async move { client.verify_store(v1::VerifyStoreRequest { page_token }).await.map(tonic::Response::into_inner) }
    };
    let mut answer = store(String::new()).await.expect("answered");
    while !answer.next_page_token.is_empty() {
        answer = store(answer.next_page_token).await.expect("answered");
    }
    let all = answer.verification.expect("a verification");
    assert_eq!((all.verdict(), all.failed, all.checked), (Verdict::Valid, 0, all.tree_size));
    check_refused(store("x".into()).await, Code::InvalidArgument, "PAGE_TOKEN_INVALID", "page_token");
    let after = ledger(&server).await;
    assert!(after.size + after.waiting_pages > all.tree_size, "it is recorded itself");
    server.stop().await;
}

#[tokio::test]
async fn the_log_tells_of_itself_and_proves_that_it_only_grows() {
    let (server, folder, job, _) = worked().await;
    let verify = || v1::VerifyJobRequest { job_id: job.clone() };
    audit(&server).verify_job(verify()).await.expect("verified");
    let old = ledger(&server).await;
    audit(&server).verify_job(verify()).await.expect("verified");
    let new = ledger(&server).await;
    assert_eq!((new.origin.as_str(), new.epoch), (ORIGIN, 0));
    assert_eq!(new.verifier_keys, [key().verifier().to_string()]);
    assert_eq!(new.anchor_file, folder.path().join("anchors").display().to_string());
    assert_eq!(new.anchor, new.checkpoint, "what was signed is anchored");
    assert!(new.sign_time.is_some() && new.anchor_time.is_some());
    let open = |note: &str| Checkpoint::open(note, ORIGIN, &keys()).expect("signed by the log's key");
    let (before, after) = (open(&old.checkpoint), open(&new.checkpoint));
    assert_eq!((before.size as i64, after.size as i64), (old.checkpoint_size, new.checkpoint_size));
    assert!(before.size < after.size);

    let proof = |old_size: i64, new_size: i64| {
        let mut client = audit(&server);
        let request = v1::GetConsistencyProofRequest { old_size, new_size };
        async move { client.get_consistency_proof(request).await.map(tonic::Response::into_inner) }
    };
    let found = proof(old.checkpoint_size, 0).await.expect("answered");
    assert_eq!((found.new_size, &found.old_checkpoint), (new.checkpoint_size, &old.checkpoint));
    assert_eq!(found.new_checkpoint, new.checkpoint);
    let hash = |bytes: &bytes::Bytes| Hash((**bytes).try_into().expect("32 bytes"));
    let path: Vec<Hash> = found.hashes.iter().map(hash).collect();
    assert!(verify_consistency(before.size, &before.root, after.size, &after.root, &path));
    let forged = Hash::of_bytes(b"another history");
    assert!(!verify_consistency(before.size, &forged, after.size, &after.root, &path));
    for (old_size, new_size, field) in
        [(-1, 0, "old_size"), (0, -1, "new_size"), (2, 1, "old_size"), (0, 9_999, "new_size")]
    {
        check_refused(proof(old_size, new_size).await, Code::InvalidArgument, "FIELD_INVALID", field);
    }
    server.stop().await;
}

#[tokio::test]
async fn evidence_verifies_without_the_store_and_its_export_is_a_read() {
    let (server, _folder, job, task) = worked().await;
    let export = |artifact: Option<v1::ArtifactSelector>, omit_content: bool| {
        let mut client = audit(&server);
        let request = v1::ExportEvidenceRequest { artifact, omit_content };
        async move { client.export_evidence(request).await.map(|answer| answer.into_inner().evidence_json) }
    };
    for (body, omit) in [(Body::Input(true), false), (output(&task, 0), true), (digest(OUTPUT), false)] {
        let text = export(of(&job, body), omit).await.expect("exported");
        let bundle: Bundle = serde_json::from_str(&text).expect("a bundle");
        let trust = Trust { origin: ORIGIN, keys: &keys() };
        assert_eq!(bundle.verify(&trust).expect("known").verdict, esteira_ledger::Verdict::Valid);
        let hex: String = OUTPUT.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!omit || !text.contains(&hex), "its digest only");
    }
    let filter = "action = \"ExportEvidence\"".to_owned();
    let request = v1::ListAuditRecordsRequest { filter, ..Default::default() };
    let records = audit(&server).list_audit_records(request).await.expect("listed").into_inner().records;
    assert_eq!(records.len(), 3, "each is a read of data");
    assert!(records.iter().all(|record| record.resource == format!("jobs/{job}") && record.result == "OK"));
    check_refused(export(None, false).await, Code::InvalidArgument, "FIELD_INVALID", "artifact");
    for (artifact, expected) in
        [(of(&job, digest("nobody's")), "TASK_NOT_FOUND"), (of(UNKNOWN, Body::Input(true)), "JOB_NOT_FOUND")]
    {
        let (code, reason, _) = refusal(export(artifact, false).await);
        assert_eq!((code, reason.as_str()), (Code::NotFound, expected));
    }
    server.stop().await;
}

/// What belongs to another account is not there.
#[tokio::test]
async fn another_account_sees_nothing_of_a_job() {
    let (server, _folder) = signing(Options::new(Arc::new(ByAccount))).await;
    let as_acme = |message| ByAccount::call("acme", message);
    let publish = v1::PublishPlanVersionRequest {
        plan: Some(v1::publish_plan_version_request::Plan::PlanName("p".into())),
        definition_json: r#"{"name":"p","steps":[{"step_key":"a","function":"kit.a"}]}"#.into(),
        ..Default::default()
    };
    server.plans().publish_plan_version(ByAccount::call("acme", publish)).await.expect("published");
    let started = server.jobs().start_job(as_acme(start_of("p", INPUT))).await.expect("started").into_inner();
    let job_id = started.job.expect("a job").job_id;
    let verify = |account: &str| {
        let mut client = audit(&server);
        let request = ByAccount::call(account, v1::VerifyJobRequest { job_id: job_id.clone() });
        async move { client.verify_job(request).await }
    };
    verify("acme").await.expect("its own");
    check_refused(verify("other").await, Code::NotFound, "JOB_NOT_FOUND", "");
    let input = || of(&job_id, Body::Input(true));
    let request = v1::VerifyArtifactRequest { artifact: input(), ..Default::default() };
    let answer = audit(&server).verify_artifact(ByAccount::call("other", request)).await;
    check_refused(answer, Code::NotFound, "JOB_NOT_FOUND", "");
    let request = v1::ExportEvidenceRequest { artifact: input(), omit_content: true };
    let answer = audit(&server).export_evidence(ByAccount::call("other", request)).await;
    check_refused(answer, Code::NotFound, "JOB_NOT_FOUND", "");
    server.stop().await;
}

/// Leaves have their places without a key, but no checkpoint speaks for them.
#[tokio::test]
async fn nothing_is_included_where_nothing_is_signed() {
    let server = Harness::start().await;
    server.publish("price", r#"[{"step_key":"a","function":"kit.a"}]"#).await;
    let job_id = server.start_job("price", INPUT).await;
    let answer = audit(&server).verify_job(v1::VerifyJobRequest { job_id }).await.expect("answered").into_inner();
    assert_eq!(said(&answer.verification), (Verdict::NotIncluded, "checkpoint"));
    let log = ledger(&server).await;
    assert_eq!((log.origin.as_str(), log.checkpoint.as_str(), log.verifier_keys.len()), ("", "", 0));
    server.stop().await;
}
