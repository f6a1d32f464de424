//! Hostile input gets a typed error and changes nothing.

use crate::harness::*;
use esteira_contract::v1;
use tonic::Code;
use tonic_prost::ProstCodec;

const ONE: &str = r#"[{"step_key":"a","function":"kit.a"}]"#;

async fn nothing_changed(server: &Harness) {
    let jobs = server.jobs().list_jobs(v1::ListJobsRequest::default()).await.expect("listed").into_inner().jobs;
    assert_eq!(jobs.len(), 0);
}

#[tokio::test]
async fn data_that_is_refused() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let send = async |data: &str| server.jobs().start_job(start_of("one", data)).await;
    let invalid = Code::InvalidArgument;
    let large = format!("\"{}\"", "x".repeat((1 << 20) - 1));
    check_refused(send(&large).await, invalid, "PAYLOAD_TOO_LARGE", "packet.data");
    let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
    check_refused(send(&deep).await, invalid, "JSON_INVALID", "packet.data");
    for bad in ["{\"a\":1,\"a\":2}", "\"\0\"", "{\"a\":", "", "NaN", "'x'"] {
        check_refused(send(bad).await, invalid, "JSON_INVALID", "packet.data");
    }
    let mut wrong = start_of("one", "1");
    wrong.packet.as_mut().and_then(|packet| packet.data.as_mut()).expect("data").sha256 = vec![0; 32].into();
    check_refused(server.jobs().start_job(wrong).await, invalid, "DIGEST_MISMATCH", "packet.data.sha256");
    let mut header = start_of("one", "1");
    header.packet.as_mut().expect("a packet").headers.insert("x".into(), "a\0b".into());
    check_refused(server.jobs().start_job(header).await, invalid, "FIELD_INVALID", "packet.headers[\"x\"]");
    nothing_changed(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn messages_that_are_too_large() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    // Each header and label is refused by itself; the message is refused as a whole before anything is looked at.
    let bytes = 4 << 20;
    let large = v1::StartJobRequest { labels: [("l".to_owned(), "x".repeat(bytes))].into(), ..start_of("one", "1") };
    check_refused(server.jobs().start_job(large).await, Code::InvalidArgument, "PAYLOAD_TOO_LARGE", "");
    let beyond =
        v1::StartJobRequest { labels: [("l".to_owned(), "x".repeat(2 * bytes))].into(), ..start_of("one", "1") };
    let sent = server.jobs().max_encoding_message_size(usize::MAX).start_job(beyond).await;
    check_refused(sent, Code::InvalidArgument, "PAYLOAD_TOO_LARGE", "");
    nothing_changed(&server).await;
    server.stop().await;
}

/// Bytes that are no message of the contract, with a length in front as gRPC frames them.
#[tokio::test]
async fn text_that_is_not_utf8_and_bytes_that_are_no_message() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    // Field 4 (plan_name) of StartJobRequest as a text of the byte 0xff: a message of another type with the same shape.
    #[derive(Clone, PartialEq, prost::Message)]
    struct Raw {
        #[prost(bytes = "vec", tag = "4")]
        plan_name: Vec<u8>,
    }
    let mut grpc = tonic::client::Grpc::new(server.channel());
    grpc.ready().await.expect("ready");
    let path = http::uri::PathAndQuery::from_static("/esteira.v1.JobService/StartJob");
    let codec: ProstCodec<Raw, v1::StartJobResponse> = ProstCodec::default();
    let sent = grpc.unary(tonic::Request::new(Raw { plan_name: vec![0xff] }), path, codec).await;
    check_refused(sent, Code::InvalidArgument, "FIELD_INVALID", "");
    nothing_changed(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn plans_that_are_refused() {
    let server = Harness::start().await;
    let send = async |steps: &str| {
        let request = v1::PublishPlanVersionRequest {
            plan: Some(v1::publish_plan_version_request::Plan::PlanName("p".into())),
            definition_json: format!("{{\"name\":\"p\",\"steps\":{steps}}}"),
            ..Default::default()
        };
        server.plans().publish_plan_version(request).await
    };
    for bad in [
        r#"[{"step_key":"a","function":"f","sunshine":true}]"#,
        r#"[{"step_key":"a","function":"f","next":["b"]},{"step_key":"b","function":"f","next":["a"]}]"#,
        r#"[{"step_key":"a","function":"f"},{"step_key":"b","function":"f","next":["c"]},{"step_key":"c","function":"f","next":["b"]}]"#,
        r#"[{"step_key":"a","function":"f","retry":{"max_attempts":"three"}}]"#,
        r#"[{"step_key":"a","function":"f","next":[{"step_key":"a","condition":"(("}]}]"#,
        r#"[{"step_key":"a","sub_plan":{"plan":"nobody"}}]"#,
        r#"[]"#,
        r#"{}"#,
    ] {
        assert_eq!(refusal(send(bad).await).1, "PLAN_INVALID", "{bad}");
    }
    for bad in [r#"[{"step_key":"a","step_key":"b"}]"#, "[", &format!("{}1{}", "[".repeat(70), "]".repeat(70))] {
        check_refused(send(bad).await, Code::InvalidArgument, "JSON_INVALID", "definition_json");
    }
    let large = format!("[\"{}\"]", "x".repeat(1 << 20));
    check_refused(send(&large).await, Code::InvalidArgument, "PAYLOAD_TOO_LARGE", "definition_json");
    let plans = server.plans().list_plans(v1::ListPlansRequest::default()).await.expect("listed").into_inner().plans;
    assert_eq!(plans, []);
    server.stop().await;
}

#[tokio::test]
async fn ids_and_names_that_are_refused() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let invalid = (Code::InvalidArgument, "FIELD_INVALID");
    for id in ["", "x", "01932C07-209B-7E9A-8B2C-FFEEDDCCBBAA", "../../etc/passwd", "' OR 1=1 --", "\0"] {
        let request = v1::GetJobRequest { job_id: id.into(), omit_payloads: true };
        check_refused(server.jobs().get_job(request).await, invalid.0, invalid.1, "job_id");
    }
    for request_id in ["a b", "ü", "\u{1}", &"x".repeat(129)] {
        let request = v1::StartJobRequest { request_id: request_id.into(), ..start_of("one", "1") };
        check_refused(server.jobs().start_job(request).await, invalid.0, invalid.1, "request_id");
    }
    for function in ["", "A", "a|b", "a\nb"] {
        let poll = v1::LeaseTasksRequest { function_names: vec![function.into()], ..poll_of("w", "f") };
        check_refused(server.workers().lease_tasks(poll).await, invalid.0, invalid.1, "function_names[0]");
    }
    nothing_changed(&server).await;
    server.stop().await;
}
