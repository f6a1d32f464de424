//! One method for each RPC, all of the same form.

use crate::client::{Error, entropy::new_id, link::Link, send::Call};
use std::{future::Future, time::Duration};
use tonic::{Request, Response, Status, transport::Channel};

/// Sends the requests of one client.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) link: Link,
    pub(crate) call: Call,
}

impl Caller {
    /// Sends a request that is answered at once.
    pub(crate) async fn send<Req, Resp, F, Fut>(&self, request: Req, call: F) -> Result<Resp, Error>
    where
        Req: Clone,
        F: Fn(Channel, Request<Req>) -> Fut,
        Fut: Future<Output = Result<Response<Resp>, Status>>,
    {
        Ok(self.call.send(&self.link, &request, call).await?.value)
    }

    /// Sends a request that the coordinator may hold back for `wait`.
    pub(crate) async fn send_waiting<Req, Resp, F, Fut>(
        &self,
        wait: Option<prost_types::Duration>,
        request: Req,
        call: F,
    ) -> Result<Resp, Error>
    where
        Req: Clone,
        F: Fn(Channel, Request<Req>) -> Fut,
        Fut: Future<Output = Result<Response<Resp>, Status>>,
    {
        let wait = match wait {
            Some(wait) => Duration::try_from(wait).unwrap_or_default(),
            None => esteira_model::limits::WAIT_DEFAULT,
        };
        let patience = self.call.patience.map(|patience| patience + wait);
        Ok(Call { timeout: self.call.timeout + wait, patience }.send(&self.link, &request, call).await?.value)
    }
}

/// Fills in a `request_id` where the caller left it empty.
pub(crate) fn mint(request_id: &mut String) {
    if request_id.is_empty() {
        *request_id = new_id();
    }
}

/// Declares one method for each RPC. A `write` gets a `request_id` when it has none; a `read`, and what is safe to repeat, has no such field.
macro_rules! rpcs {
    ($client:ident over $stub:ident: $($(#[$meta:meta])* $kind:ident $name:ident($request:ident) -> $response:ident;)+) => {
        impl $client {$(
            $(#[$meta])*
            pub async fn $name(&self, request: $crate::client::v1::$request) -> Result<$crate::client::v1::$response, $crate::client::Error> {
                let request = $crate::client::rpc::rpcs!(@$kind request);
                self.caller.send(request, |channel, request| async move { stub(channel).$name(request).await }).await
            }
        )+}

        fn stub(channel: tonic::transport::Channel) -> $stub<tonic::transport::Channel> {
            $stub::new(channel).max_decoding_message_size(2 * esteira_model::limits::MESSAGE_BYTES_MAX)
        }
    };
    (@read $request:ident) => { $request };
    (@write $request:ident) => {{
        let mut request = $request;
        $crate::client::rpc::mint(&mut request.request_id);
        request
    }};
}
pub(crate) use rpcs;
