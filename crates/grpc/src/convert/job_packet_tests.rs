use super::*;
use crate::reason;
use esteira_model::{AccountId, DataClass};

fn principal() -> Principal {
    Principal {
        account: AccountId::new("acme"),
        user_id: "ana".into(),
        credential_id: "test".into(),
        data_class: DataClass::Qa,
    }
}

fn check(packet: v1::DataPacket, expected: Result<(), (&str, &str)>) {
    let read = super::packet(Some(packet), &principal(), At::Top("packet"));
    let read = read.map(drop).map_err(|refusal| (refusal.reason, refusal.field));
    assert_eq!(read, expected.map_err(|(reason, field)| (reason, field.to_owned())));
}

fn actor(user_id: &str, account_id: &str, on_behalf_of: &str) -> v1::DataPacket {
    let actor = v1::Actor { user_id: user_id.into(), account_id: account_id.into(), on_behalf_of: on_behalf_of.into() };
    v1::DataPacket { actor: Some(actor), ..v1::DataPacket::default() }
}

fn aggregate(kind: &str, id: &str, version: i64) -> v1::DataPacket {
    let aggregate = v1::AggregateRef { r#type: kind.into(), id: id.into(), version };
    v1::DataPacket { aggregate: Some(aggregate), ..v1::DataPacket::default() }
}

#[test]
fn an_actor_is_the_caller() {
    check(v1::DataPacket::default(), Ok(()));
    check(actor("", "", "bob"), Ok(()));
    check(actor("ana", "acme", ""), Ok(()));
    check(actor("bob", "", ""), Err((reason::ACCOUNT_MISMATCH, "packet.actor.user_id")));
    check(actor("", "other", ""), Err((reason::ACCOUNT_MISMATCH, "packet.actor.account_id")));
    check(actor("", "", "b\0"), Err((reason::FIELD_INVALID, "packet.actor.on_behalf_of")));
    let read = packet(None, &principal(), At::Top("packet")).expect("no packet is a packet");
    assert_eq!((read.actor.user_id.as_str(), read.actor.account_id.as_str()), ("ana", "acme"));
}

#[test]
fn aggregates() {
    check(aggregate("order", "42/ü", 0), Ok(()));
    check(aggregate("Order", "42", 0), Err((reason::FIELD_INVALID, "packet.aggregate.type")));
    check(aggregate("", "42", 0), Err((reason::FIELD_INVALID, "packet.aggregate.type")));
    check(aggregate("order", "", 0), Err((reason::FIELD_INVALID, "packet.aggregate.id")));
    check(aggregate("order", "4\n2", 0), Err((reason::FIELD_INVALID, "packet.aggregate.id")));
    check(aggregate("order", &"4".repeat(257), 0), Err((reason::FIELD_INVALID, "packet.aggregate.id")));
    check(aggregate("order", "42", -1), Err((reason::FIELD_INVALID, "packet.aggregate.version")));
}

#[test]
fn headers_and_data() {
    let headers = [("X".to_owned(), String::new())].into();
    check(
        v1::DataPacket { headers, ..v1::DataPacket::default() },
        Err((reason::FIELD_INVALID, "packet.headers[\"X\"]")),
    );
    let data = v1::Payload { body: Some(v1::payload::Body::Json("{".into())), ..v1::Payload::default() };
    check(v1::DataPacket { data: Some(data), ..v1::DataPacket::default() }, Err((reason::JSON_INVALID, "packet.data")));
}
