//! The data packet: on whose behalf, about what, with which data.

use crate::{
    convert::{at::At, check, payload},
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::Principal;
use esteira_model::{Actor, AggregateRef, Headers, Packet, Payload, limits};

/// What a job starts with. An actor that contradicts the caller is refused.
pub fn packet(packet: Option<v1::DataPacket>, principal: &Principal, at: At<'_>) -> Answer<Packet> {
    let v1::DataPacket { actor, aggregate, data, headers } = packet.unwrap_or_default();
    let actor = own_actor(actor.unwrap_or_default(), principal, at.field("actor"))?;
    let aggregate = aggregate.map(|named| aggregate_ref(named, at.field("aggregate"))).transpose()?;
    let data = data.map_or(Ok(Payload::none()), |data| payload::payload(data, at.field("data")))?;
    let headers = check::headers(headers, at.field("headers"))?;
    Ok(Packet { actor, aggregate, data, headers })
}

fn own_actor(actor: v1::Actor, principal: &Principal, at: At<'_>) -> Answer<Actor> {
    let v1::Actor { user_id, account_id, on_behalf_of } = actor;
    if !user_id.is_empty() && user_id != principal.user_id {
        return Err(Refusal::account_mismatch(at.field("user_id")));
    }
    if !account_id.is_empty() && account_id != principal.account.as_str() {
        return Err(Refusal::account_mismatch(at.field("account_id")));
    }
    let on_behalf_of = check::line(on_behalf_of, at.field("on_behalf_of"), limits::ID_CHARS_MAX)?;
    Ok(Actor { user_id: principal.user_id.clone(), account_id: principal.account.to_string(), on_behalf_of })
}

/// A reference to an aggregate.
pub fn aggregate_ref(aggregate: v1::AggregateRef, at: At<'_>) -> Answer<AggregateRef> {
    let v1::AggregateRef { r#type, id, version } = aggregate;
    check::name_of(&r#type, at.field("type"), limits::NAME_BYTES_MAX)?;
    if id.is_empty() {
        return Err(Refusal::field(at.field("id"), "is required"));
    }
    let id = check::line(id, at.field("id"), limits::TEXT_CHARS_MAX)?;
    let version = check::int(version, at.field("version"), 0, i64::MAX)?;
    Ok(AggregateRef { kind: r#type.into(), id: id.into(), version })
}

/// On the wire.
pub fn actor_out(actor: &Actor) -> v1::Actor {
    let Actor { user_id, account_id, on_behalf_of } = actor.clone();
    v1::Actor { user_id, account_id, on_behalf_of }
}

/// On the wire.
pub fn aggregate_out(aggregate: &AggregateRef) -> v1::AggregateRef {
    v1::AggregateRef {
        r#type: aggregate.kind.as_ref().to_owned(),
        id: aggregate.id.as_ref().to_owned(),
        version: aggregate.version,
    }
}

/// On the wire.
pub fn packet_out(
    actor: &Actor,
    aggregate: Option<&AggregateRef>,
    data: Option<v1::Payload>,
    headers: &Headers,
) -> v1::DataPacket {
    v1::DataPacket {
        actor: Some(actor_out(actor)),
        aggregate: aggregate.map(aggregate_out),
        data,
        headers: headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
    }
}

#[cfg(test)]
#[path = "job_packet_tests.rs"]
mod tests;
