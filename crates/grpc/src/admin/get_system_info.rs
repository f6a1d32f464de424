//! GetSystemInfo.

use crate::{
    convert::{last_resort, time, worker},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_model::limits;

pub async fn get_system_info(
    edge: &Edge,
    _caller: &Caller,
    _request: v1::GetSystemInfoRequest,
) -> Answer<v1::GetSystemInfoResponse> {
    let figures = edge.coordinator.last_resort_figures().await?;
    Ok(v1::GetSystemInfoResponse {
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        min_protocol: limits::PROTOCOL,
        max_protocol: limits::PROTOCOL,
        limits: Some(worker::limits_out()),
        server_time: Some(time::instant_out(edge.now())),
        last_resort: figures.map(|figures| last_resort::figures_out(&figures, edge.now())),
    })
}
