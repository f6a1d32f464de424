//! A call while it runs: what becomes its record.

use crate::{clock, work::Principal};
use esteira_model::{AccountId, AuditRecord, DataClass, Decision, Time, limits};
use std::{
    net::IpAddr,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
};
use tokio::time::Instant;

/// What a call that went well has as its result.
pub const OK: &str = "OK";

/// The operator that the coordinator itself is.
const SYSTEM: &str = "system";

/// A call of whoever calls. The edge makes it when the call arrives, each layer adds what it learns.
#[derive(Debug)]
pub struct Deed {
    rpc: &'static str,
    start_time: Time,
    began: Instant,
    client_address: Option<IpAddr>,
    who: OnceLock<Principal>,
    about: Mutex<About>,
    recorded: AtomicU8,
    salt: OnceLock<[u8; 16]>,
}

#[derive(Debug, Default)]
struct About {
    choice: &'static str,
    resource: String,
    reason: String,
    request_digest: Option<[u8; 32]>,
    data_class: Option<DataClass>,
}

/// No record was made.
const NOT: u8 = 0;
/// What is done is recorded, but not how it ends.
const BEGUN: u8 = 1;
/// The record is made.
const WHOLE: u8 = 2;

impl Deed {
    /// A call of this RPC that arrives now.
    pub fn new(rpc: &'static str, start_time: Time, client_address: Option<IpAddr>) -> Self {
        Self {
            rpc,
            start_time,
            began: Instant::now(),
            client_address,
            who: OnceLock::new(),
            about: Mutex::default(),
            recorded: AtomicU8::new(NOT),
            salt: OnceLock::new(),
        }
    }

    /// What the coordinator does by itself, of what this RPC does when somebody asks for it.
    pub(crate) fn of_system(rpc: &'static str, now: Time, account: &str) -> Self {
        let deed = Self::new(rpc, now, None);
        deed.by(&Principal {
            account: AccountId::new(account),
            user_id: SYSTEM.into(),
            credential_id: String::new(),
            data_class: DataClass::Production,
        });
        deed
    }

    /// The name of the RPC.
    pub fn rpc(&self) -> &'static str {
        self.rpc
    }

    fn about(&self) -> MutexGuard<'_, About> {
        // Plain values are whole after any panic.
        self.about.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is this caller's.
    pub fn by(&self, principal: &Principal) {
        // Who calls is decided once.
        let _ = self.who.set(principal.clone());
    }

    /// It is about this: `jobs/ID`.
    pub fn on(&self, resource: impl Into<String>) {
        let mut resource = resource.into();
        resource.truncate(resource.floor_char_boundary(limits::RESOURCE_BYTES_MAX));
        self.about().resource = resource;
    }

    /// Of the things that the RPC does it is this one.
    pub fn choose(&self, choice: &'static str) {
        self.about().choice = choice;
    }

    /// It is done for this reason.
    pub fn because(&self, reason: &str) {
        self.about().reason = reason.to_owned();
    }

    /// The request has this digest.
    pub fn asked(&self, request_digest: [u8; 32]) {
        self.about().request_digest = Some(request_digest);
    }

    /// It is about a job of this class.
    pub fn of_class(&self, data_class: DataClass) {
        self.about().data_class = Some(data_class);
    }

    /// With what its records commit to their texts; certificates of the call do so too.
    pub(crate) fn salt(&self) -> Result<[u8; 16], getrandom::Error> {
        if let Some(salt) = self.salt.get() {
            return Ok(*salt);
        }
        let salt = clock::random_salt()?;
        Ok(*self.salt.get_or_init(|| salt))
    }

    /// Whether its record is made and final.
    pub fn is_recorded(&self) -> bool {
        self.recorded.load(Ordering::Acquire) == WHOLE
    }

    /// Whether it is recorded that it began.
    pub fn is_begun(&self) -> bool {
        self.recorded.load(Ordering::Acquire) == BEGUN
    }

    pub(crate) fn set_recorded(&self) {
        self.recorded.store(WHOLE, Ordering::Release);
    }

    pub(crate) fn set_begun(&self) {
        self.recorded.store(BEGUN, Ordering::Release);
    }

    /// Its record as it is now.
    pub(crate) fn record(&self, id: i64, salt: [u8; 16], decision: Decision, result: &str) -> AuditRecord {
        let about = self.about();
        let action = match about.choice {
            "" => self.rpc.to_owned(),
            choice => format!("{}/{choice}", self.rpc),
        };
        let (account, user_id, credential_id) = match self.who.get() {
            Some(who) => (who.account.clone(), who.user_id.clone(), who.credential_id.clone()),
            None => (AccountId::new(""), String::new(), String::new()),
        };
        AuditRecord {
            id,
            account,
            user_id,
            credential_id,
            action,
            resource: about.resource.clone(),
            reason: about.reason.clone(),
            request_digest: about.request_digest,
            decision,
            result: result.to_owned(),
            start_time: self.start_time,
            latency: self.began.elapsed(),
            client_address: self.client_address.map(|address| address.to_canonical().to_string()).unwrap_or_default(),
            data_class: about.data_class,
            salt,
            leaf_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_record_has_what_was_learned() {
        let deed = Deed::new("ControlJob", Time(7), Some(IpAddr::from([127, 0, 0, 1])));
        let unknown = deed.record(1, [1; 16], Decision::Denied, "TOKEN_INVALID");
        assert_eq!(
            (unknown.account.as_str(), unknown.user_id.as_str(), unknown.action.as_str()),
            ("", "", "ControlJob")
        );
        let principal = Principal {
            account: AccountId::new("acme"),
            user_id: "ana".into(),
            credential_id: "key-1".into(),
            data_class: DataClass::Production,
        };
        deed.by(&principal);
        deed.by(&Principal { user_id: "another".into(), ..principal });
        deed.choose("CANCEL");
        deed.on("é".repeat(limits::RESOURCE_BYTES_MAX));
        deed.because("late");
        deed.of_class(DataClass::Qa);
        let record = deed.record(2, [2; 16], Decision::Allowed, OK);
        assert_eq!((record.user_id.as_str(), record.credential_id.as_str()), ("ana", "key-1"));
        assert_eq!((record.action.as_str(), record.reason.as_str()), ("ControlJob/CANCEL", "late"));
        assert_eq!((record.resource.len(), record.data_class), (limits::RESOURCE_BYTES_MAX, Some(DataClass::Qa)));
        assert_eq!((record.start_time, record.client_address.as_str()), (Time(7), "127.0.0.1"));
    }
}
