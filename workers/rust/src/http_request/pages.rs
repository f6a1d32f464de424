//! Fetches page after page and hands on each item as it was written.

use crate::{
    egress::{Answer, Budget, Guard, check_status},
    http_request::{
        config::{Config, Page},
        request::Prepared,
    },
    pointer::{Pointer, elements, within_limits},
};
use esteira_sdk::{Context, Error, model::Payload};
use reqwest::Url;
use serde_json::value::RawValue;
use std::collections::HashSet;

/// The items of all pages, in order.
///
/// Errors besides those of a request: `HTTP_ITEMS_MISSING`, `HTTP_BODY_INVALID`, `HTTP_NEXT_REFUSED`, `HTTP_PAGES_MAX`,
/// `ITEMS_MAX`. Nothing is cut off silently.
pub(crate) async fn items(
    cx: &Context,
    guard: &Guard,
    config: &Config,
    prepared: &Prepared,
    budget: &mut Budget,
) -> Result<Vec<Payload>, Error> {
    let root = Pointer::root();
    let pointer = config.items.as_ref().unwrap_or(&root);
    let mut url = first_page(config.page.as_ref(), prepared.url());
    let mut seen = HashSet::from([url.clone()]);
    let mut found = Vec::new();
    for number in 0..config.pages_max() {
        let answer = guard.send(prepared.request(url.clone()), config.timeout.within(cx), budget).await?;
        let answer = check_status(answer)?;
        let page = page_document(&answer)?;
        let count = push_items(page, pointer, &mut found)?;
        let following = match (&config.next, &config.page) {
            (Some(next), _) => next_link(page, next, &url)?,
            (_, Some(paging)) if count >= paging.size => Some(page_url(paging, prepared.url(), number as u64 + 1)),
            _ => None,
        };
        match following {
            None => return Ok(found),
            Some(following) if !seen.insert(following.clone()) => {
                return Err(Error::non_retryable(
                    "HTTP_NEXT_REFUSED",
                    "the next page was fetched before: the pages never end",
                ));
            }
            Some(following) => url = following,
        }
    }
    let max = config.pages_max();
    Err(Error::non_retryable("HTTP_PAGES_MAX", format!("there are more pages than max_pages = {max}")))
}

fn page_document(answer: &Answer) -> Result<&RawValue, Error> {
    // The message of the parser names line and column, never the text.
    serde_json::from_slice(&answer.body)
        .map_err(|error| Error::non_retryable("HTTP_BODY_INVALID", format!("the page is not JSON: {error}")))
}

fn push_items(page: &RawValue, pointer: &Pointer, found: &mut Vec<Payload>) -> Result<usize, Error> {
    let missing =
        || Error::non_retryable("HTTP_ITEMS_MISSING", format!("the page has no array at {:?}", pointer.as_str()));
    let array = pointer.find(page).ok().flatten().filter(|value| value.get().starts_with('[')).ok_or_else(missing)?;
    let items = elements(array).map_err(|_| missing())?;
    within_limits(found.len() + items.len())?;
    found.extend(items.iter().map(|item| Payload::json(item.get())));
    Ok(items.len())
}

fn first_page(paging: Option<&Page>, url: &Url) -> Url {
    paging.map_or_else(|| url.clone(), |paging| page_url(paging, url, 0))
}

/// The URL of the page that comes `number` pages after the first.
fn page_url(paging: &Page, url: &Url, number: u64) -> Url {
    let mut url = url.clone();
    let own = |name: &str| name == paging.param || Some(name) == paging.size_param.as_deref();
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !own(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut query = url.query_pairs_mut();
    query.clear().extend_pairs(kept).append_pair(&paging.param, &paging.first.saturating_add(number).to_string());
    if let Some(name) = &paging.size_param {
        query.append_pair(name, &paging.size.to_string());
    }
    drop(query);
    url
}

/// The link to the next page; none when it is absent, `null` or empty.
fn next_link(page: &RawValue, pointer: &Pointer, current: &Url) -> Result<Option<Url>, Error> {
    let refused =
        |why: &str| Err(Error::non_retryable("HTTP_NEXT_REFUSED", format!("the link at {:?} {why}", pointer.as_str())));
    let Some(link) = pointer.find(page).ok().flatten().filter(|link| link.get() != "null") else { return Ok(None) };
    let Ok(link) = serde_json::from_str::<String>(link.get()) else { return refused("is not a text") };
    if link.is_empty() {
        return Ok(None);
    }
    match current.join(&link) {
        // The headers, and the secrets in them, are meant for the server that the plan names.
        Ok(url) if url.origin() != current.origin() => refused("leads to another scheme, host or port"),
        Ok(url) => Ok(Some(url)),
        Err(_) => refused("is not a URL"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        serde_json::from_str(text).expect("json")
    }

    #[test]
    fn links_stay_on_their_server() {
        let current = Url::parse("https://a.example/v1/list?page=1").expect("url");
        let pointer = Pointer::try_from("/next".to_owned()).expect("pointer");
        let cases = [
            (r#"{"next":"https://a.example/v1/list?page=2"}"#, Ok(Some("https://a.example/v1/list?page=2"))),
            (r#"{"next":"?page=2"}"#, Ok(Some("https://a.example/v1/list?page=2"))),
            (r#"{"next":"/v2"}"#, Ok(Some("https://a.example/v2"))),
            (r#"{"next":null}"#, Ok(None)),
            (r#"{"next":""}"#, Ok(None)),
            (r#"{}"#, Ok(None)),
            (r#"{"next":"//b.example/x"}"#, Err(())),
            (r#"{"next":"http://a.example/v1"}"#, Err(())),
            (r#"{"next":"https://a.example:8443/v1"}"#, Err(())),
            (r#"{"next":"file:///etc/passwd"}"#, Err(())),
            (r#"{"next":7}"#, Err(())),
        ];
        for (page, expected) in cases {
            let link = next_link(&raw(page), &pointer, &current);
            assert_eq!(link.as_ref().map(|url| url.as_ref().map(Url::as_str)).map_err(|_| ()), expected, "{page}");
        }
    }

    #[test]
    fn pages_are_counted_in_the_query() {
        let paging: Page = serde_json::from_str(r#"{"param":"p","size":50,"first":0}"#).expect("paging");
        let url = Url::parse("https://a.example/x?p=9&q=a%26b").expect("url");
        assert_eq!(page_url(&paging, &url, 3).as_str(), "https://a.example/x?q=a%26b&p=3&page_size=50");
        let bare: Page = serde_json::from_str(r#"{"size_param":null}"#).expect("paging");
        assert_eq!(first_page(Some(&bare), &url).as_str(), "https://a.example/x?p=9&q=a%26b&page=1");
    }

    #[test]
    fn items_keep_their_bytes() {
        let mut found = Vec::new();
        let pointer = Pointer::try_from("/data".to_owned()).expect("pointer");
        assert_eq!(
            push_items(&raw(r#"{"data":[ {"a": 1.0},9007199254740993 ]}"#), &pointer, &mut found).expect("items"),
            2
        );
        assert_eq!(found, [Payload::json(r#"{"a": 1.0}"#), Payload::json("9007199254740993")]);
        let error = push_items(&raw(r#"{"data":{}}"#), &pointer, &mut found).expect_err("no array");
        assert_eq!(error.code(), "HTTP_ITEMS_MISSING");
    }
}
