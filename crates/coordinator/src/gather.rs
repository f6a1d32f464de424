//! The input of a join: the JSON array of what arrived, in order, each element verbatim.

use crate::{error::Result, round::Round};
use base64::{Engine, engine::general_purpose::STANDARD};
use esteira_model::{Body, JobId, Payload};

impl Round<'_> {
    /// Builds the array. Binary elements stand in it as Base64 text, absent ones as `null`.
    pub(crate) async fn gather_join(&mut self, job: JobId, join_step: u16) -> Result<Payload> {
        let arrivals = self.unit.arrivals(job, join_step).await?;
        // Not through the batch's cache: a wide join would keep all its parts in memory for nothing.
        let mut text = String::from("[");
        for chunk in arrivals.chunks(1_000) {
            let ids: Vec<_> = chunk.iter().map(|arrival| arrival.artifact).collect();
            let payloads: hashbrown::HashMap<_, _> = self.unit.artifacts(&ids).await?.into_iter().collect();
            for arrival in chunk {
                if text.len() > 1 {
                    text.push(',');
                }
                match payloads.get(&arrival.artifact).map(|payload| &payload.body) {
                    Some(Body::Json(json)) => text.push_str(json),
                    Some(Body::Binary(bytes)) => {
                        text.push('"');
                        STANDARD.encode_string(bytes, &mut text);
                        text.push('"');
                    }
                    Some(Body::None) | None => text.push_str("null"),
                }
            }
        }
        text.push(']');
        Ok(Payload::json(text))
    }
}
