//! Connections: those who would be one process share one.

use crate::bench::stage::Stage;
use tonic::transport::{Channel, Endpoint};

/// A channel for each of `count` users, of whom so many share a connection. Connections go to the coordinators in turn.
pub fn connect(stage: &Stage, count: usize, per_connection: usize) -> Result<Vec<Channel>, String> {
    let mut endpoints = stage.endpoints().cycle();
    let mut channels = Vec::with_capacity(count);
    while channels.len() < count {
        let endpoint = endpoints.next().ok_or("no coordinator runs")?.to_owned();
        let endpoint = Endpoint::from_shared(endpoint).map_err(|error| error.to_string())?;
        // Windows as a client for many small messages at once would have them.
        let endpoint = endpoint.tcp_nodelay(true).initial_connection_window_size(16 << 20);
        let channel = endpoint.connect_lazy();
        let room = per_connection.max(1).min(count - channels.len());
        channels.extend(std::iter::repeat_n(channel, room));
    }
    Ok(channels)
}
