//! Access tokens: kept in memory, refreshed when the server refuses one.
//!
//! Follows the vendor's pages "Passo 3: Como obter os tokens" and "Passo 4: Como utilizar o refresh_token para atualizar o
//! access_token" (developers.rdstation.com): `POST /auth/token` with `client_id`, `client_secret` and `refresh_token` answers an
//! `access_token` for 86,400 seconds.

use crate::{
    egress::{Answer, Budget, Guard, check_status},
    rdstation_get_leads::RdStation,
    secrets::Secrets,
};
use esteira_sdk::Error;
use reqwest::{
    Method, Request,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// Largest answer of the token endpoint that is read.
const TOKEN_BYTES_MAX: usize = 64 << 10;

/// The tokens of each set of credentials.
pub(crate) struct Tokens {
    secrets: Secrets,
    kept: Mutex<HashMap<String, Arc<Mutex<Kept>>>>,
}

#[derive(Default)]
struct Kept {
    access: Option<Arc<str>>,
    /// The newest refresh token that the server gave, if it gave one.
    refresh: Option<String>,
}

#[derive(Serialize)]
struct RefreshRequest<'a> {
    client_id: &'a str,
    client_secret: &'a str,
    refresh_token: &'a str,
}

#[derive(Deserialize)]
struct RefreshAnswer {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
}

impl Tokens {
    /// No tokens yet.
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self { secrets, kept: Mutex::default() }
    }

    /// A token that is not `refused`, refreshed when there is no other. Callers that were refused the same token share one
    /// refresh.
    ///
    /// Errors: `SECRET_UNKNOWN`, `RDSTATION_TOKEN_REFUSED`, and those of a request.
    pub(crate) async fn get(
        &self,
        server: &RdStation,
        guard: &Guard,
        credentials: &str,
        refused: Option<&str>,
        time: Duration,
    ) -> Result<Arc<str>, Error> {
        let kept = self.kept.lock().await.entry(credentials.to_owned()).or_default().clone();
        let mut kept = kept.lock().await;
        let given = || self.secrets.find(&format!("{credentials}_ACCESS_TOKEN")).map(Into::into);
        if let Some(token) = kept.access.clone().or_else(given).filter(|token: &Arc<str>| Some(&**token) != refused) {
            kept.access = Some(token.clone());
            return Ok(token);
        }
        let answer = self.refresh(server, guard, credentials, kept.refresh.as_deref(), time).await?;
        let access: Arc<str> = answer.access_token.into();
        kept.access = Some(access.clone());
        kept.refresh = answer.refresh_token.or(kept.refresh.take());
        Ok(access)
    }

    async fn refresh(
        &self,
        server: &RdStation,
        guard: &Guard,
        credentials: &str,
        newest: Option<&str>,
        time: Duration,
    ) -> Result<RefreshAnswer, Error> {
        let secret = |name: &str| self.secrets.get(&format!("{credentials}_{name}")).map(str::to_owned);
        let (client_id, client_secret, first) =
            (secret("CLIENT_ID")?, secret("CLIENT_SECRET")?, secret("REFRESH_TOKEN")?);
        let body = RefreshRequest {
            client_id: &client_id,
            client_secret: &client_secret,
            refresh_token: newest.unwrap_or(&first),
        };
        let mut url = server.endpoint(&["auth", "token"]);
        url.query_pairs_mut().append_pair("token_by", "refresh_token");
        let mut request = Request::new(Method::POST, url);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(serde_json::to_vec(&body)?.into());
        let answer = guard.send(request, time, &mut Budget::new(TOKEN_BYTES_MAX)).await?;
        if matches!(answer.status.as_u16(), 400 | 401 | 403) {
            return Err(Error::non_retryable(
                "RDSTATION_TOKEN_REFUSED",
                format!("the server refuses the credentials {credentials:?}"),
            ));
        }
        read(&check_status(answer)?)
    }
}

fn read(answer: &Answer) -> Result<RefreshAnswer, Error> {
    // The parser's message could hold a part of the token: it is not passed on.
    serde_json::from_slice(&answer.body)
        .map_err(|_| Error::non_retryable("HTTP_BODY_INVALID", "the answer of the token endpoint has no access_token"))
}
