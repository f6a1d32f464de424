//! Lease tokens: opaque to workers, they carry what the lease is for and a code that only coordinators can make (INV-FENCE).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use esteira_model::{AccountId, JobId, TaskId, Uuid};
use esteira_store::OutboxKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const TASK: u8 = 1;
const OUTBOX: u8 = 2;
const CAPSULE: u8 = 3;
const CODE_BYTES: usize = 16;

/// What a task's lease token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskToken {
    /// The job.
    pub job: JobId,
    /// The task.
    pub task: TaskId,
    /// The grant.
    pub fence: i64,
}

/// Makes and reads tokens. All coordinators of a store share the key.
#[derive(Clone)]
pub struct Tokens {
    key: [u8; 32],
}

impl Tokens {
    /// With this key.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The key itself.
    pub(crate) fn key(&self) -> [u8; 32] {
        self.key
    }

    /// The token of a task's lease: 76 characters.
    pub fn task(&self, token: &TaskToken) -> String {
        let mut bytes = Vec::with_capacity(41 + CODE_BYTES);
        bytes.push(TASK);
        bytes.extend(token.job.0.as_bytes());
        bytes.extend(token.task.0.as_bytes());
        bytes.extend(token.fence.to_be_bytes());
        self.seal(bytes)
    }

    /// Reads a task's token; none when it is not one of ours.
    pub fn read_task(&self, text: &str) -> Option<TaskToken> {
        let bytes = self.open(text, TASK)?;
        let uuid = |at: usize| -> Option<Uuid> { Some(Uuid::from_bytes(bytes.get(at..at + 16)?.try_into().ok()?)) };
        let fence = i64::from_be_bytes(bytes.get(32..40)?.try_into().ok()?);
        (bytes.len() == 40).then_some(TaskToken { job: JobId(uuid(0)?), task: TaskId(uuid(16)?), fence })
    }

    /// The token of an outbox run's lease.
    pub fn outbox(&self, key: &OutboxKey, fence: i64) -> String {
        let mut bytes = vec![OUTBOX];
        bytes.extend(fence.to_be_bytes());
        for part in [key.account.as_str(), &key.topic, &key.key] {
            bytes.extend((part.len() as u32).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        self.seal(bytes)
    }

    /// Reads an outbox token; none when it is not one of ours.
    pub fn read_outbox(&self, text: &str) -> Option<(OutboxKey, i64)> {
        let bytes = self.open(text, OUTBOX)?;
        let fence = i64::from_be_bytes(bytes.get(..8)?.try_into().ok()?);
        let mut at = 8;
        let mut part = || -> Option<String> {
            let length = u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize;
            let text = bytes.get(at + 4..at + 4 + length)?.to_vec();
            at += 4 + length;
            String::from_utf8(text).ok()
        };
        Some((OutboxKey { account: AccountId::new(&part()?), topic: part()?, key: part()? }, fence))
    }

    /// Seals a lease's capsule: the bytes, then their code.
    pub(crate) fn seal_capsule(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let code = self.capsule_code(&bytes);
        bytes.extend(&code.finalize().into_bytes()[..CODE_BYTES]);
        bytes
    }

    /// The bytes of a capsule; none when it is not one of ours.
    pub(crate) fn read_capsule<'a>(&self, capsule: &'a [u8]) -> Option<&'a [u8]> {
        let (bytes, code) = capsule.split_at(capsule.len().checked_sub(CODE_BYTES)?);
        self.capsule_code(bytes).verify_truncated_left(code).ok()?;
        Some(bytes)
    }

    fn capsule_code(&self, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any key length is right for HMAC");
        mac.update(&[CAPSULE]);
        mac.update(bytes);
        mac
    }

    /// A key for another purpose, which tells nothing of this one. Purposes begin with a letter, tokens with a low byte.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.code(purpose.as_bytes())
    }

    fn code(&self, bytes: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any key length is right for HMAC");
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    fn seal(&self, mut bytes: Vec<u8>) -> String {
        let code = self.code(&bytes);
        bytes.extend(&code[..CODE_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn open(&self, text: &str, kind: u8) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let split = bytes.len().checked_sub(CODE_BYTES)?;
        let (said, code) = bytes.split_at(split);
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(said);
        mac.verify_truncated_left(code).ok()?;
        (said.first() == Some(&kind)).then(|| said[1..].to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_fence_only_our_tokens_are_read() {
        let tokens = Tokens::new([7; 32]);
        let token =
            TaskToken { job: JobId(Uuid::from_bytes([1; 16])), task: TaskId(Uuid::from_bytes([2; 16])), fence: 3 };
        let text = tokens.task(&token);
        assert_eq!(text.len(), 76);
        assert_eq!(tokens.read_task(&text), Some(token));
        assert_eq!(Tokens::new([8; 32]).read_task(&text), None);
        let forged = format!("{}A", &text[..75]);
        assert!(forged == text || tokens.read_task(&forged).is_none());
        assert_eq!(tokens.read_outbox(&text), None);
    }

    #[test]
    fn outbox_tokens_carry_their_key() {
        let tokens = Tokens::new([7; 32]);
        let key = OutboxKey { account: AccountId::new("a"), topic: "t".into(), key: "ключ".into() };
        assert_eq!(tokens.read_outbox(&tokens.outbox(&key, 9)), Some((key, 9)));
    }
}
