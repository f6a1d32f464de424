use super::*;
use esteira_model::{AccountId, DataClass};

fn principal(account: &str) -> Principal {
    Principal {
        account: AccountId::new(account),
        user_id: "u".into(),
        credential_id: "test".into(),
        data_class: DataClass::Qa,
    }
}

fn token() -> String {
    let key = OutboxKey { account: AccountId::new("a"), topic: "t".into(), key: "k".into() };
    Tokens::new([7; 32]).outbox(&key, 5)
}

fn field<T>(answer: Answer<T>) -> Result<(), String> {
    answer.map(drop).map_err(|refusal| if refusal.field.is_empty() { refusal.reason.to_owned() } else { refusal.field })
}

#[test]
fn polls() {
    let check = |change: fn(&mut v1::LeaseOutboxRequest)| {
        let mut request =
            v1::LeaseOutboxRequest { worker_id: "w".into(), topics: vec!["t".into()], ..Default::default() };
        change(&mut request);
        field(ask(request))
    };
    assert_eq!(check(|_| {}), Ok(()));
    assert_eq!(check(|r| r.worker_id.clear()), Err("worker_id".into()));
    assert_eq!(check(|r| r.topics.clear()), Err("topics".into()));
    assert_eq!(check(|r| r.topics.push("T".into())), Err("topics[1]".into()));
    assert_eq!(check(|r| r.max_messages = 101), Err("max_messages".into()));
    assert_eq!(check(|r| r.wait = Some(prost_types::Duration { seconds: 31, nanos: 0 })), Err("wait".into()));
}

#[test]
fn leases_are_of_one_account() {
    let tokens = Tokens::new([7; 32]);
    assert_eq!(field(lease(&tokens, &principal("a"), &token())), Ok(()));
    assert_eq!(field(lease(&tokens, &principal("b"), &token())), Err("LEASE_LOST".into()));
    assert_eq!(field(lease(&tokens, &principal("a"), "x")), Err("LEASE_LOST".into()));
    assert_eq!(field(lease(&tokens, &principal("a"), "")), Err("lease_token".into()));
}

#[test]
fn beats_and_nacks() {
    let (tokens, principal) = (Tokens::new([7; 32]), principal("a"));
    let beat = v1::LeaseBeat { lease_token: token(), ..Default::default() };
    let list = At::Top("beats");
    assert_eq!(field(super::beat(&tokens, &principal, &beat, list.index(0))), Ok(()));
    let with_checkpoint = v1::LeaseBeat { checkpoint: Some(v1::Payload::default()), ..beat };
    assert_eq!(
        field(super::beat(&tokens, &principal, &with_checkpoint, list.index(0))),
        Err("beats[0].checkpoint".into())
    );
    let check = |change: fn(&mut v1::NackOutboxRequest)| {
        let mut request = v1::NackOutboxRequest {
            lease_token: token(),
            from_sequence: 1,
            failure: "down".into(),
            ..Default::default()
        };
        change(&mut request);
        field(nack(&tokens, &principal, request))
    };
    assert_eq!(check(|_| {}), Ok(()));
    assert_eq!(check(|r| r.failure.clear()), Err("failure".into()));
    assert_eq!(check(|r| r.failure = "f".repeat(1025)), Err("failure".into()));
    assert_eq!(check(|r| r.from_sequence = 0), Err("from_sequence".into()));
    assert_eq!(
        check(|r| r.retry_after = Some(prost_types::Duration { seconds: 86_401, nanos: 0 })),
        Err("retry_after".into())
    );
}
