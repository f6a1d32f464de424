//! Page tokens: opaque, and of use only for the list that gave them.

use crate::{
    convert::{at::At, check},
    status::{Answer, Refusal},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use esteira_coordinator::{Principal, Reason};
use esteira_model::limits;
use esteira_store::Page;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of the code that makes a token ours.
const CODE_BYTES: usize = 16;
/// Longest token that is looked at.
const TOKEN_BYTES_MAX: usize = 4 << 10;

/// Makes and reads page tokens. All coordinators of a store share the key.
#[derive(Clone)]
pub struct PageTokens {
    key: [u8; 32],
}

/// What a list is a list of. A token of another list is refused.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// The RPC.
    pub rpc: &'static str,
    /// Whose.
    pub principal: &'a Principal,
    /// What the list lies in, for example a job's id, or "".
    pub within: &'a str,
    /// The filter as it was sent.
    pub filter: &'a str,
}

impl PageTokens {
    /// With this key.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The page that a request asks for.
    pub fn page(&self, list: &List<'_>, page_size: i32, page_token: &str) -> Answer<Page> {
        let size = check::int::<usize>(i64::from(page_size), At::Top("page_size"), 0, i64::from(i32::MAX))?;
        let size = if size == 0 { limits::PAGE_DEFAULT } else { size.min(limits::PAGE_MAX) };
        let after = if page_token.is_empty() { None } else { Some(self.open(list, page_token)?) };
        Ok(Page { size, after })
    }

    /// The token of the next page; "" when there is none.
    pub fn next(&self, list: &List<'_>, cursor: Option<&[u8]>) -> String {
        let Some(cursor) = cursor else { return String::new() };
        let code = self.code(list, cursor).finalize().into_bytes();
        let mut bytes = Vec::with_capacity(cursor.len() + CODE_BYTES);
        bytes.extend_from_slice(cursor);
        bytes.extend_from_slice(&code[..CODE_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn open(&self, list: &List<'_>, token: &str) -> Answer<Vec<u8>> {
        let invalid = || {
            Refusal::at(
                Reason::PageTokenInvalid,
                At::Top("page_token"),
                "is not of a page of this list: begin again without it",
            )
        };
        self.read(list, token).ok_or_else(invalid)
    }

    /// What a token of this list holds; none when it is not of this list.
    pub fn read(&self, list: &List<'_>, token: &str) -> Option<Vec<u8>> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let code = bytes.split_off(bytes.len().checked_sub(CODE_BYTES)?);
        self.code(list, &bytes).verify_truncated_left(&code).ok()?;
        Some(bytes)
    }

    fn code(&self, list: &List<'_>, cursor: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any key length is right for HMAC");
        for part in [
            list.rpc.as_bytes(),
            list.principal.account.as_str().as_bytes(),
            list.within.as_bytes(),
            list.filter.as_bytes(),
            cursor,
        ] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_token_is_of_use_only_for_its_list() {
        let tokens = PageTokens::new([7; 32]);
        let (own, other) = (principal("a"), principal("b"));
        let list = List { rpc: "ListJobs", principal: &own, within: "", filter: "state = FAILED" };
        let token = tokens.next(&list, Some(b"cursor"));
        let page = |list: &List<'_>, token: &str| tokens.page(list, 0, token).map(|page| page.after);
        assert_eq!(page(&list, &token), Ok(Some(b"cursor".to_vec())));
        assert_eq!(page(&list, ""), Ok(None));
        assert_eq!(tokens.next(&list, None), "");
        for wrong in [
            List { rpc: "ListTasks", ..list },
            List { principal: &other, ..list },
            List { within: "x", ..list },
            List { filter: "", ..list },
        ] {
            let refusal = page(&wrong, &token).expect_err("another list");
            assert_eq!(
                (refusal.reason, refusal.field.as_str()),
                (crate::reason::PAGE_TOKEN_INVALID, "page_token"),
                "{wrong:?}"
            );
        }
        let foreign = PageTokens::new([8; 32]).next(&list, Some(b"cursor"));
        let longer = format!("{token}AA");
        for bad in ["x", "!", "AAAA", &token[1..], &token[..token.len() - 1], &foreign, &longer, &"A".repeat(5000)] {
            assert_eq!(
                page(&list, bad).map_err(|refusal| refusal.reason),
                Err(crate::reason::PAGE_TOKEN_INVALID),
                "{bad}"
            );
        }
    }

    #[test]
    fn sizes() {
        let (tokens, own) = (PageTokens::new([7; 32]), principal("a"));
        let list = List { rpc: "ListJobs", principal: &own, within: "", filter: "" };
        for (asked, given) in
            [(0, Some(50)), (1, Some(1)), (500, Some(500)), (501, Some(500)), (i32::MAX, Some(500)), (-1, None)]
        {
            assert_eq!(tokens.page(&list, asked, "").ok().map(|page| page.size), given, "{asked}");
        }
    }
}
