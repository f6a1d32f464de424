//! One call of a client, written down before it leaves and after it is answered.

use crate::{
    draws::Draws,
    history::{Answer, Log, Said},
};
use esteira_contract::v1::Durability;
use sha2::{Digest as _, Sha256};
use std::{
    fmt::Write as _,
    os::unix::process::parent_id,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::{sleep, timeout};
use tonic::{
    Code, Response, Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;

/// How long a client waits for an answer, beyond what it asks the coordinator to wait.
const ANSWER_MAX: Duration = Duration::from_secs(4);
/// How often in a hundred a client gives a call up at a random moment, and the latest moment.
const CANCELLED_PERCENT: u64 = 2;
const CANCELLED_MAX_MS: u64 = 40;
/// How long a client rests after a call that was not answered.
const REST_MS: (u64, u64) = (20, 200);

/// What a coordinator says that cannot reach its store: of a call, and of one report of many.
pub(crate) const STORE_UNAVAILABLE: &str = "STORE_UNAVAILABLE";

/// What a client gets out of a call.
#[derive(Debug)]
pub(crate) enum Heard<T> {
    Answered(T),
    Refused(String),
    Unknown,
}

/// Who misbehaves no more, and who stops: files, so that processes see them too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mood {
    pub calm: Arc<AtomicBool>,
    pub stop: Arc<AtomicBool>,
}

impl Mood {
    /// Follows the files `calm` and `stop` of a folder.
    pub fn follow(&self, folder: PathBuf) {
        let mood = self.clone();
        // A process whose parent was killed belongs to another one, and has nothing more to do.
        let parent = parent_id();
        tokio::spawn(async move {
            while !mood.stop.load(Relaxed) {
                mood.calm.store(folder.join("calm").exists(), Relaxed);
                mood.stop.store(folder.join("stop").exists() || parent_id() != parent, Relaxed);
                // The only way to be told of a file is to look.
                sleep(Duration::from_millis(50)).await;
            }
        });
    }

    pub fn is_calm(&self) -> bool {
        self.calm.load(Relaxed)
    }

    pub fn is_over(&self) -> bool {
        self.stop.load(Relaxed)
    }
}

/// A client: it talks to one coordinator at a time and goes to the next when it gets no answer.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub log: Log,
    pub draws: Draws,
    pub mood: Mood,
    urls: Arc<Vec<String>>,
    at: Arc<AtomicUsize>,
    channel: Channel,
}

impl Caller {
    pub fn new(log: Log, seed: u64, mood: Mood, urls: Vec<String>) -> Self {
        let draws = Draws::of(seed, &log.client);
        let at = draws.clone().below(urls.len());
        let channel = connect(&urls[at]);
        Self { log, draws, mood, urls: Arc::new(urls), at: Arc::new(AtomicUsize::new(at)), channel }
    }

    /// A client of the same log with other draws, so that two can call at once.
    pub fn twin(&mut self) -> Self {
        Self { draws: Draws::new(self.draws.next()), ..self.clone() }
    }

    /// Asks once.
    pub async fn ask<T>(
        &mut self,
        said: Said,
        wait: Duration,
        call: impl AsyncFnOnce(Channel) -> Result<Response<T>, Status>,
        read: impl FnOnce(&T) -> Answer,
    ) -> Heard<T> {
        let patience = if !self.mood.is_calm() && self.draws.percent(CANCELLED_PERCENT) {
            self.log.own("cancelled call", &self.log.client, crate::clock::now(), crate::clock::now());
            self.draws.millis(0, CANCELLED_MAX_MS)
        } else {
            wait + ANSWER_MAX
        };
        let number = self.log.sent(said);
        let heard = match timeout(patience, call(self.channel.clone())).await {
            Ok(Ok(answer)) => Heard::Answered(answer.into_inner()),
            Ok(Err(status)) => match refusal(&status) {
                Some(reason) => Heard::Refused(reason),
                None => Heard::Unknown,
            },
            Err(_) => Heard::Unknown,
        };
        let answer = match &heard {
            Heard::Answered(answer) => read(answer),
            Heard::Refused(reason) => Answer::Refused(reason.clone()),
            Heard::Unknown => Answer::Unknown,
        };
        self.log.heard(number, answer);
        match &heard {
            Heard::Unknown => self.elsewhere().await,
            // It asks to be asked later.
            Heard::Refused(reason) if reason == "OVERLOADED" => self.rest().await,
            _ => {}
        }
        heard
    }

    /// Takes the next coordinator, over a connection of its own.
    async fn elsewhere(&mut self) {
        let at = self.at.fetch_add(1, Relaxed) + 1;
        self.channel = connect(&self.urls[at % self.urls.len()]);
        self.rest().await;
    }

    pub async fn rest(&mut self) {
        let rest = self.draws.millis(REST_MS.0, REST_MS.1);
        sleep(rest).await;
    }
}

fn connect(url: &str) -> Channel {
    let endpoint = Endpoint::from_shared(url.to_owned()).expect("a proxy has an address");
    endpoint.connect_timeout(Duration::from_secs(2)).tcp_nodelay(true).connect_lazy()
}

/// The reason of a refusal: the coordinator has decided. None when nobody knows what became of the call.
fn refusal(status: &Status) -> Option<String> {
    let reason = status.get_error_details().error_info().map(|info| info.reason.clone());
    match reason {
        Some(reason) if reason != STORE_UNAVAILABLE => Some(reason),
        _ => matches!(status.code(), Code::InvalidArgument | Code::NotFound | Code::FailedPrecondition)
            .then(|| format!("{:?}", status.code())),
    }
}

/// Whether only the last resort has what was accepted.
pub(crate) fn is_held(durability: Durability) -> bool {
    !matches!(durability, Durability::Unspecified | Durability::Committed)
}

/// A lease token is a secret: only its digest is written down.
pub(crate) fn digest(text: &str) -> String {
    hex(&Sha256::digest(text))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text can be written to");
        text
    })
}

pub(crate) fn duration(time: Duration) -> Option<prost_types::Duration> {
    prost_types::Duration::try_from(time).ok()
}
