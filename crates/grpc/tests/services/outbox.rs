//! The outbox: emitted with a completion, leased by topic, acknowledged or not.

use crate::harness::*;
use esteira_contract::v1::{self, LeaseStatus};
use tonic::Code;

async fn emit(server: &Harness, messages: &[(&str, &str, &str)]) {
    server.publish("emits", r#"[{"step_key":"a","function":"kit.a"}]"#).await;
    server.start_job("emits", "1").await;
    let lease = server.lease_one("kit.a").await;
    let message = |(topic, key, body): &(&str, &str, &str)| v1::OutboxEmit {
        topic: topic.to_string(),
        key: key.to_string(),
        payload: Some(json(body)),
        headers: [("h".to_owned(), "v".to_owned())].into(),
    };
    let output = Some(v1::completion::Output::Single(json("1")));
    let completion = v1::Completion { output, emit: messages.iter().map(message).collect(), ..Default::default() };
    assert_eq!(server.report(completed_with(&lease, completion)).await.error_reason, "");
}

fn poll(max_messages: i32) -> v1::LeaseOutboxRequest {
    v1::LeaseOutboxRequest {
        worker_id: "relay".into(),
        topics: vec!["t".into()],
        max_messages,
        wait: seconds(10),
        ..Default::default()
    }
}

async fn lease(server: &Harness, request: v1::LeaseOutboxRequest) -> Vec<v1::OutboxLease> {
    server.outbox().lease_outbox(request).await.expect("answered").into_inner().leases
}

fn bodies(lease: &v1::OutboxLease) -> Vec<&str> {
    lease.messages.iter().map(|message| text_of(message.payload.as_ref().expect("a payload"))).collect()
}

#[tokio::test]
async fn inv_outbox_order_lease_extend_and_acknowledge() {
    let server = Harness::start().await;
    emit(&server, &[("t", "k", "1"), ("other", "k", "9"), ("t", "k", "2"), ("t", "k", "3")]).await;
    let request = v1::LeaseOutboxRequest { request_id: "p-1".into(), ..poll(10) };
    let first = lease(&server, request.clone()).await.remove(0);
    let again = lease(&server, request).await.remove(0);
    assert_eq!((bodies(&first), first.lease_token.as_str()), (vec!["1", "2", "3"], again.lease_token.as_str()));
    let message = &first.messages[0];
    assert_eq!((message.topic.as_str(), message.key.as_str(), message.delivery_attempt), ("t", "k", 1));
    assert_eq!(message.headers.get("h").map(String::as_str), Some("v"));
    assert_eq!(
        (message.payload.as_ref().map(|payload| payload.sha256.len()), message.message_id.len() <= 64),
        (Some(32), true)
    );

    let beat = |token: &str| v1::LeaseBeat { lease_token: token.into(), ..Default::default() };
    let extend =
        v1::ExtendOutboxRequest { worker_id: "relay".into(), beats: vec![beat(&first.lease_token), beat("forged")] };
    let verdicts = server.outbox().extend_outbox(extend).await.expect("extended").into_inner().verdicts;
    assert_eq!(
        verdicts.iter().map(|verdict| verdict.status()).collect::<Vec<_>>(),
        [LeaseStatus::Active, LeaseStatus::Lost]
    );

    let ack = |index: usize| v1::AckOutboxRequest {
        lease_token: first.lease_token.clone(),
        through_sequence: first.messages[index].commit_sequence,
    };
    let send = async |request| server.outbox().ack_outbox(request).await.map(|answer| answer.into_inner());
    let acked = send(ack(1)).await.expect("acknowledged");
    assert_eq!((acked.acked, acked.already_applied), (2, false));
    let acked = send(ack(1)).await.expect("again");
    assert_eq!((acked.acked, acked.already_applied), (0, true));
    assert_eq!(send(ack(2)).await.expect("acknowledged").acked, 1);
    check_refused(send(ack(2)).await, Code::FailedPrecondition, "LEASE_LOST", "");
    let left = server.outbox().list_outbox_messages(v1::ListOutboxMessagesRequest::default()).await.expect("listed");
    let left: Vec<_> = left.into_inner().messages.into_iter().map(|message| message.topic).collect();
    assert_eq!(left, ["other"]);
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_delivered_comes_again() {
    let server = Harness::start().await;
    emit(&server, &[("t", "k", "1"), ("t", "k", "2")]).await;
    let first = lease(&server, poll(10)).await.remove(0);
    let nack = v1::NackOutboxRequest {
        lease_token: first.lease_token.clone(),
        from_sequence: first.messages[0].commit_sequence,
        retry_after: seconds(0),
        failure: "broker down".into(),
        park: false,
    };
    server.outbox().nack_outbox(nack.clone()).await.expect("not delivered");
    check_refused(server.outbox().nack_outbox(nack).await, Code::FailedPrecondition, "LEASE_LOST", "");
    let again = lease(&server, poll(10)).await.remove(0);
    assert_eq!((bodies(&again), again.messages[0].delivery_attempt), (vec!["1", "2"], 2));
    let ids =
        |lease: &v1::OutboxLease| lease.messages.iter().map(|message| message.message_id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&again));
    let listed = server.outbox().list_outbox_messages(v1::ListOutboxMessagesRequest::default()).await.expect("listed");
    let listed = listed.into_inner().messages;
    assert_eq!(
        (listed[0].failure.as_str(), listed[0].payload.as_ref().and_then(|payload| payload.body.clone())),
        ("broker down", None)
    );
    server.stop().await;
}

#[tokio::test]
async fn an_operator_releases_a_parked_key() {
    let server = Harness::start().await;
    emit(&server, &[("t", "k", "1"), ("t", "k", "2"), ("t", "free", "3")]).await;
    let unpark = async |topic: &str, key: &str| {
        let request = v1::UnparkOutboxRequest { topic: topic.into(), key: key.into() };
        server.outbox().unpark_outbox(request).await.map(|answer| answer.into_inner().unparked)
    };
    assert_eq!(unpark("t", "k").await.ok(), Some(false), "it is not parked");
    let mut leases = lease(&server, poll(10)).await;
    assert_eq!(unpark("t", "k").await.ok(), Some(false), "a lease is left as it is");
    // Both were ready from the same moment on.
    leases.sort_by_key(|lease| lease.messages[0].commit_sequence);
    let (free, first) = (leases.remove(1), leases.remove(0));
    let through_sequence = free.messages[0].commit_sequence;
    let ack = v1::AckOutboxRequest { lease_token: free.lease_token, through_sequence };
    server.outbox().ack_outbox(ack).await.expect("acknowledged");
    let nack = v1::NackOutboxRequest {
        lease_token: first.lease_token.clone(),
        from_sequence: first.messages[0].commit_sequence,
        failure: "no such queue".into(),
        park: true,
        ..Default::default()
    };
    assert!(server.outbox().nack_outbox(nack).await.expect("parked").into_inner().parked);

    // A relay that waits gets them.
    let (again, unparked) = tokio::join!(lease(&server, poll(10)), unpark("t", "k"));
    assert_eq!(unparked.ok(), Some(true));
    assert_eq!((bodies(&again[0]), again[0].messages[0].delivery_attempt), (vec!["1", "2"], 2));
    let listed = server.outbox().list_outbox_messages(v1::ListOutboxMessagesRequest::default()).await.expect("listed");
    assert!(listed.into_inner().messages.iter().all(|message| !message.parked));

    check_refused(unpark("t", "free").await, Code::NotFound, "OUTBOX_KEY_NOT_FOUND", "");
    check_refused(unpark("t", "nobody").await, Code::NotFound, "OUTBOX_KEY_NOT_FOUND", "");
    check_refused(unpark("T", "k").await, Code::InvalidArgument, "FIELD_INVALID", "topic");
    check_refused(unpark("t", "").await, Code::InvalidArgument, "FIELD_INVALID", "key");
    check_refused(unpark("t", "a\nb").await, Code::InvalidArgument, "FIELD_INVALID", "key");
    server.stop().await;
}

#[tokio::test]
async fn a_message_without_a_key_has_its_aggregates_or_its_jobs() {
    let server = Harness::start().await;
    emit(&server, &[("t", "", "1")]).await;
    let message = lease(&server, poll(1)).await.remove(0).messages.remove(0);
    assert_eq!(message.key, message.job_id);
    server.stop().await;
}

#[tokio::test]
async fn an_answer_stays_within_a_message() {
    let server = Harness::start().await;
    let large = format!("\"{}\"", "x".repeat(900 << 10));
    emit(&server, &[("t", "a", &large), ("t", "b", &large), ("t", "c", &large), ("t", "d", &large)]).await;
    emit(&server, &[("t", "e", &large), ("t", "f", &large), ("t", "g", &large)]).await;
    let mut delivered = 0;
    while delivered < 7 {
        let leases = lease(&server, poll(100)).await;
        assert!(!leases.is_empty());
        for lease in leases {
            delivered += lease.messages.len();
            let through_sequence = lease.messages.last().expect("a message").commit_sequence;
            let ack = v1::AckOutboxRequest { lease_token: lease.lease_token, through_sequence };
            server.outbox().ack_outbox(ack).await.expect("acknowledged");
        }
    }
    server.stop().await;
}
