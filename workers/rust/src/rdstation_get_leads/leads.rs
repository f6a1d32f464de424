//! Pages through the contacts of a segmentation.
//!
//! Follows the vendor's pages "Segmentações" and "Mais informações" (developers.rdstation.com):
//! `GET /platform/segmentations/{id}/contacts?page=1&page_size=125` answers `{"contacts": [..]}`.

use crate::{
    config::decode,
    egress::{Answer, Budget, check_status},
    pointer::{document, within_limits},
    rdstation_get_leads::{RdStationGetLeads, config::Config},
};
use esteira_sdk::{Context, Error, model::Payload};
use reqwest::{
    Method, Request, StatusCode, Url,
    header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderValue},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    contacts: Vec<&'a RawValue>,
}

/// All leads of the segmentation, each as the server wrote it.
///
/// Errors besides those of a request: `RDSTATION_UNAUTHORIZED`, `RDSTATION_TOKEN_REFUSED`, `SECRET_UNKNOWN`, `HTTP_BODY_INVALID`,
/// `HTTP_PAGES_MAX`, `ITEMS_MAX`.
pub(crate) async fn leads(function: &RdStationGetLeads, cx: &Context, input: &Payload) -> Result<Vec<Payload>, Error> {
    let config = decode::<Config>(cx)?.checked()?;
    let segmentation = match config.segmentation.is_from_input() {
        true => config.segmentation.text(document(input)?)?,
        false => config.segmentation.text(RawValue::NULL)?,
    };
    if segmentation.is_empty() || !segmentation.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(Error::input_invalid("segmentation: an id of digits, letters and hyphens is needed"));
    }
    let url = function.server.endpoint(&["platform", "segmentations", &segmentation, "contacts"]);
    let mut budget = Budget::new(config.max_bytes);
    let mut session = Session { function, cx, config: &config, token: None };
    let mut found: Vec<Payload> = Vec::new();
    for page in 1..=config.max_pages {
        let mut url = url.clone();
        url.query_pairs_mut()
            .append_pair("page", &page.to_string())
            .append_pair("page_size", &config.page_size.to_string());
        let answer = session.fetch(&url, &mut budget).await?;
        let contacts = serde_json::from_slice::<Page<'_>>(&answer.body).map_err(|error| {
            Error::non_retryable(
                "HTTP_BODY_INVALID",
                format!("page {page} has no array `contacts`: line {}", error.line()),
            )
        })?;
        let contacts = contacts.contacts;
        within_limits(found.len() + contacts.len())?;
        found.extend(contacts.iter().map(|lead| Payload::json(lead.get())));
        if contacts.len() < config.page_size {
            return Ok(found);
        }
    }
    Err(Error::non_retryable("HTTP_PAGES_MAX", format!("there are more pages than max_pages = {}", config.max_pages)))
}

/// One attempt's view of the server.
struct Session<'a> {
    function: &'a RdStationGetLeads,
    cx: &'a Context,
    config: &'a Config,
    token: Option<Arc<str>>,
}

impl Session<'_> {
    /// One page. A token that the server refuses is refreshed once.
    async fn fetch(&mut self, url: &Url, budget: &mut Budget) -> Result<Answer, Error> {
        let token = match self.token.take() {
            Some(token) => token,
            None => self.token(None).await?,
        };
        let answer = self.send(url, &token, budget).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            self.token = Some(token);
            return check_status(answer);
        }
        let fresh = self.token(Some(&token)).await?;
        let answer = self.send(url, &fresh, budget).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            return Err(Error::non_retryable(
                "RDSTATION_UNAUTHORIZED",
                "the server refuses a token that it has just given",
            ));
        }
        self.token = Some(fresh);
        check_status(answer)
    }

    async fn token(&self, refused: Option<&str>) -> Result<Arc<str>, Error> {
        let function = self.function;
        let time = self.config.timeout.within(self.cx);
        function.tokens.get(&function.server, &function.guard, &self.config.credentials, refused, time).await
    }

    async fn send(&self, url: &Url, token: &str, budget: &mut Budget) -> Result<Answer, Error> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| Error::non_retryable("SECRET_INVALID", "the access token cannot be sent in a header"))?;
        bearer.set_sensitive(true);
        let mut request = Request::new(Method::GET, url.clone());
        request.headers_mut().insert(AUTHORIZATION, bearer);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        self.function.guard.send(request, self.config.timeout.within(self.cx), budget).await
    }
}
