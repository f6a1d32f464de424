//! A job's trace as a signed statement of in-toto.

use crate::{
    harness::*,
    verification::{INPUT, ORIGIN, OUTPUT, UNKNOWN, keys, worked},
};
use esteira_contract::v1::{self, trace_service_client::TraceServiceClient};
use esteira_ledger::{Checkpoint, Hash, SignerKey, Statement};
use serde_json::json;
use tonic::{Code, Response, Status};

async fn export(server: &Harness, job_id: &str) -> Result<v1::ExportStatementResponse, Status> {
    let request = v1::ExportStatementRequest { job_id: job_id.into() };
    TraceServiceClient::new(server.channel()).export_statement(request).await.map(Response::into_inner)
}

#[tokio::test]
async fn a_statement_says_what_was_made_by_what_and_is_signed() {
    let (server, _folder, job, task) = worked().await;
    let answer = export(&server, &job).await.expect("exported");
    assert_eq!((answer.task_count, answer.omitted_task_count), (1, 0));
    let statement = Statement::open(&answer.envelope_json, &keys()).expect("signed by the log's key");
    let subjects: Vec<_> = statement.subject.iter().map(|s| (s.name.as_str(), s.sha256().expect("a digest"))).collect();
    let made = format!("tasks/{task}/outputs/0");
    let [input, output] = [INPUT, OUTPUT].map(|text| Hash::of_bytes(text.as_bytes()));
    assert_eq!(subjects, [("input", input), (made.as_str(), output)]);

    let said = &statement.predicate;
    assert_eq!((&said["job"]["job"], &said["job"]["state"]), (&json!(job), &json!("SUCCEEDED")));
    assert_eq!((&said["job"]["plan"]["name"], &said["job"]["plan"]["version"]), (&json!("price"), &json!(1)));
    assert_eq!((&said["job"]["operator"], &said["job"]["data_class"]), (&json!("ana"), &json!("DEVTEST")));
    assert_eq!(said["input"], json!(input.to_string()));
    let one = &said["tasks"][0];
    assert_eq!((&one["step"], &one["function"], &one["state"]), (&json!("a"), &json!("kit.a"), &json!("SUCCEEDED")));
    assert_eq!((&one["input"], &one["outputs"]), (&json!(input.to_string()), &json!([output.to_string()])));
    assert_eq!(one["attempts"][0]["number"], json!(1));
    assert!(one["attempts"][0]["worker"].is_string() && one["attempts"][0]["end_time_micros"].is_i64());
    assert_eq!((&said["task_count"], &said["tasks_omitted"]), (&json!(1), &json!(0)));

    let log = &said["log"];
    let note = log["checkpoint"].as_str().expect("a note");
    let checkpoint = Checkpoint::open(note, ORIGIN, &keys()).expect("signed");
    let index = |leaf: &str| log[leaf]["index"].as_u64().expect("a place in the log");
    assert!(index("start_leaf") < index("end_leaf") && index("end_leaf") < checkpoint.size, "{log}");
    assert_eq!(log["end_leaf"]["hash"].as_str().map(str::len), Some(64));
    let told = said.to_string();
    assert!(
        !told.contains("order\\\":7") && !told.contains("\"order\":7") && !told.contains("\"price\":9"),
        "no data: {told}"
    );
    let other = SignerKey::from_seed(ORIGIN, &[8; 32]).expect("a key");
    assert!(Statement::open(&answer.envelope_json, &[other.verifier().clone()]).is_err(), "of another key");
    let (code, reason, _) = refusal(export(&server, UNKNOWN).await);
    assert_eq!((code, reason.as_str()), (Code::NotFound, "JOB_NOT_FOUND"));
    check_refused(export(&server, "").await, Code::InvalidArgument, "FIELD_INVALID", "job_id");
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_stated_where_nothing_is_signed() {
    let server = Harness::start().await;
    server.publish("price", r#"[{"step_key":"a","function":"kit.a"}]"#).await;
    let job = server.start_job("price", INPUT).await;
    check_refused(export(&server, &job).await, Code::FailedPrecondition, "LOG_REFUSED", "");
    server.stop().await;
}
