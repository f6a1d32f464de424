//! The coordinator put together: what all use cases share, and how it starts and stops.

use crate::{
    audit::{self, Deed},
    catalog::Catalog,
    clock::{self, Clock, Ids},
    committer::{self, Committer},
    digest_index,
    dispatcher::{Dispatcher, PollKey},
    error::{Error, Reason, Result},
    grant::{self, Grant},
    hub::Hub,
    last_resort::{LastResort, LeaseRecord},
    leaves,
    log::{self, Log, Signing},
    look, maintenance, membership,
    news::{self, Outgoing},
    purge::Maintenance,
    retention::Keep,
    round::Round,
    timer::{self, Timer},
    token::Tokens,
    verify,
    work::{Exclusive, Item, Work},
    workers::Workers,
};
use async_trait::async_trait;
use esteira_model::{AccountId, ArtifactId, Payload};
use esteira_store::{Live, LivePlace, Reader, Unit, Writer};
use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// What an installation chooses.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it can be reached, for people who look at the coordinators of a store.
    pub address: String,
    /// Whether a task may go straight to a parked poll in the transaction that creates it. Off only to measure its worth.
    pub hand_off: bool,
    /// Whether ids are in the order of time. Off only to measure its worth.
    pub ordered_ids: bool,
    /// Pieces of work that may wait; more are refused as OVERLOADED.
    pub queue_depth: usize,
    /// Whether other coordinators are told what was committed, and heard. Off only to show that looking is enough.
    pub news: bool,
    /// Pieces of work that one transaction takes at most. Less than the default only to measure its worth.
    pub batch_max: usize,
    /// How long jobs are kept where no policy was set.
    pub keep: Keep,
    /// How often what is kept no longer is removed.
    pub purge_period: Duration,
    /// Who signs for the log, and where it is anchored. None: leaves have their places, and nothing is signed.
    pub signing: Option<Arc<Signing>>,
    /// What holds work while the store does not; none = it is refused then.
    pub last_resort: Option<Arc<LastResort>>,
    /// How often the data audit begins a pass over the whole store; none = never.
    pub audit_period: Option<Duration>,
}

/// What is due is removed within this time and that of the pass before it.
const PURGE_PERIOD: Duration = Duration::from_secs(600);

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: String::new(),
            hand_off: true,
            ordered_ids: true,
            queue_depth: 8_192,
            news: true,
            batch_max: committer::BATCH_MAX,
            keep: Keep::default(),
            purge_period: PURGE_PERIOD,
            signing: None,
            last_resort: None,
            audit_period: None,
        }
    }
}

/// What all use cases share.
pub(crate) struct Shared {
    pub reader: Arc<dyn Reader>,
    pub catalog: Catalog,
    pub dispatcher: Dispatcher,
    pub hub: Hub,
    /// What the next leaves refer to.
    pub leaves: Mutex<leaves::Cache>,
    pub ids: Ids,
    pub tokens: Tokens,
    pub clock: Arc<dyn Clock>,
    pub timer: Timer,
    pub workers: Workers,
    pub outbox_ready: Notify,
    pub news: Outgoing,
    /// Other coordinators came, or changed what they serve.
    pub members_changed: Notify,
    /// When this coordinator began.
    pub begun: tokio::time::Instant,
    pub hand_off: bool,
    pub keep: Keep,
    pub maintenance: Maintenance,
    pub log: Log,
    /// Whether other coordinators may work on the same store.
    pub is_shared: bool,
    pub last_resort: Option<Arc<LastResort>>,
    /// This coordinator stops.
    pub stopping: CancellationToken,
}

impl Shared {
    /// `another` gives a further writer to each who must not keep the committer waiting.
    pub fn new(
        key: [u8; 32],
        node: u16,
        is_shared: bool,
        another: impl Fn() -> Option<Box<dyn Writer>>,
        reader: Arc<dyn Reader>,
        clock: Arc<dyn Clock>,
        settings: &Settings,
    ) -> Self {
        let ids = Ids::new(clock.clone(), node);
        Self {
            reader,
            catalog: Catalog::new(is_shared),
            begun: tokio::time::Instant::now(),
            dispatcher: Dispatcher::default(),
            hub: Hub::default(),
            leaves: Mutex::default(),
            ids: if settings.ordered_ids { ids } else { ids.unordered() },
            tokens: Tokens::new(key),
            clock,
            timer: Timer::default(),
            workers: Workers::default(),
            outbox_ready: Notify::new(),
            news: Outgoing::default(),
            members_changed: Notify::new(),
            hand_off: settings.hand_off,
            keep: settings.keep,
            maintenance: Maintenance::new(another()),
            log: Log::new(settings.signing.clone(), another()),
            is_shared,
            last_resort: settings.last_resort.clone(),
            stopping: CancellationToken::new(),
        }
    }
}

/// The coordinator. Cheap to clone.
#[derive(Clone)]
pub struct Coordinator {
    pub(crate) shared: Arc<Shared>,
    pub(crate) urgent: mpsc::Sender<Item>,
    pub(crate) submissions: mpsc::Sender<Item>,
    /// The call that what is done here is recorded with.
    pub(crate) deed: Option<Arc<Deed>>,
}

/// A running coordinator's background tasks.
pub struct Running {
    pub(crate) shared: Arc<Shared>,
    pub(crate) committer: oneshot::Receiver<()>,
    /// What looks, tells and hears: ended without waiting.
    pub(crate) loops: Vec<JoinHandle<()>>,
    pub(crate) membership: Option<JoinHandle<()>>,
    pub(crate) maintenance: Option<JoinHandle<()>>,
    pub(crate) sequencer: Option<JoinHandle<()>>,
    pub(crate) audit: Option<JoinHandle<()>>,
}

impl Running {
    /// Waits until all accepted work is committed. Every clone of the coordinator must be gone.
    pub async fn drained(self) {
        self.shared.stopping.cancel();
        if let Some(membership) = self.membership {
            // It says that this coordinator leaves, unless the store is gone.
            let _ = membership.await;
        }
        if let Some(maintenance) = self.maintenance {
            // It is in the middle of nothing that could not be left.
            let _ = maintenance.await;
        }
        if let Some(sequencer) = self.sequencer {
            // It looks and signs once more.
            let _ = sequencer.await;
        }
        if let Some(audit) = self.audit {
            // It only reads.
            let _ = audit.await;
        }
        self.loops.iter().for_each(JoinHandle::abort);
        // The committer ends when nobody can send it work any more.
        let _ = self.committer.await;
    }
}

/// The setting under which the key of lease tokens is kept.
const TOKEN_KEY: &str = "token_key";

impl Coordinator {
    /// Starts over a store: reads what a coordinator before it has left, then serves.
    pub async fn start(
        mut writer: Box<dyn Writer>,
        reader: Arc<dyn Reader>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<(Self, Running)> {
        if let Some(signing) = &settings.signing {
            log::begin::check(&*reader, signing).await?;
        }
        let key = token_key(&mut *writer).await?;
        let is_shared = writer.is_shared();
        let own = match is_shared {
            true => Some(membership::join(&mut *writer, &settings.address, clock.now()).await?),
            false => None,
        };
        let (own, company) = own.unzip();
        if let Some(resort) = &settings.last_resort {
            // A store that was exchanged by mistake must not make all that waits worthless.
            if resort.waiting() > 0 && resort.key().is_some_and(|kept| kept != key) {
                return Err(Error::new(Reason::Internal, "the last resort holds work of another store than this one"));
            }
            resort.keep_key(&key);
        }
        let node = own.map_or(0, |own| own.node);
        let shared = Arc::new(Shared::new(key, node, is_shared, || writer.another(), reader, clock, &settings));
        recover(&shared, &mut *writer).await?;
        shared.news.set_company(company.unwrap_or(false));
        shared.news.add(|hints| hints.members = true);
        let (urgent, urgent_work) = mpsc::channel(settings.queue_depth);
        let (submissions, submitted_work) = mpsc::channel(settings.queue_depth);
        let holds_thread = writer.holds_thread();
        let news = writer.news().filter(|_| settings.news);
        let committer = Committer::new(shared.clone(), writer, urgent_work, submitted_work, settings.batch_max);
        let committer = run_apart(committer, holds_thread)?;
        let mut loops = vec![tokio::spawn(timer::run(shared.clone(), urgent.clone()))];
        let coordinator = Self { shared: shared.clone(), urgent, submissions, deed: None };
        if is_shared {
            loops.push(tokio::spawn(look::run(shared.clone())));
            loops.push(tokio::spawn(look::tell_ends(shared.clone())));
        }
        if let (Some(news), Some(own)) = (news, own) {
            loops.push(tokio::spawn(news::tell(shared.clone(), news.teller, own.instance)));
            loops.push(tokio::spawn(news::hear(coordinator.clone(), news.listener, own.instance)));
        }
        let membership =
            own.map(|own| tokio::spawn(membership::run(coordinator.clone(), own, settings.address.clone())));
        let maintenance = tokio::spawn(maintenance::run(coordinator.clone(), settings.purge_period));
        let audit = settings.audit_period.map(|period| tokio::spawn(verify::audit::run(coordinator.clone(), period)));
        loops.push(tokio::spawn(digest_index::run(coordinator.clone())));
        let sequencer = tokio::spawn(log::sequencer::run(coordinator.clone()));
        let (maintenance, sequencer) = (Some(maintenance), Some(sequencer));
        Ok((coordinator, Running { shared, committer, loops, membership, maintenance, sequencer, audit }))
    }

    /// The clock of this coordinator.
    pub fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }

    /// Committed state, for those who only look.
    pub fn reader(&self) -> &dyn Reader {
        &*self.shared.reader
    }

    /// Lease tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.shared.tokens
    }

    /// The capsule of a lease, for its worker to keep; empty when there is no last resort to need it.
    pub fn capsule(&self, grant: &Grant) -> Vec<u8> {
        let shared = &self.shared;
        if shared.last_resort.is_none() {
            return Vec::new();
        }
        let compiled = shared.catalog.cached(grant.plan_version);
        LeaseRecord::of(grant, compiled.as_deref()).seal(&shared.tokens)
    }

    /// What holds work while the store does not.
    pub fn last_resort(&self) -> Option<&Arc<LastResort>> {
        self.shared.last_resort.as_ref()
    }

    /// Whether other coordinators may work on the same store: then not all that changes is news here.
    pub fn is_shared(&self) -> bool {
        self.shared.is_shared
    }

    /// Changes of jobs.
    pub fn hub(&self) -> &Hub {
        &self.shared.hub
    }

    /// Workers seen lately.
    pub fn workers(&self) -> &Workers {
        &self.shared.workers
    }

    /// Plans and their compiled versions.
    pub fn catalog(&self) -> &Catalog {
        &self.shared.catalog
    }

    /// Sends work that is under way already: reports, heartbeats, control.
    pub(crate) async fn urgent<T>(&self, work: impl FnOnce(oneshot::Sender<Result<T>>) -> Work) -> Result<T> {
        ask(&self.urgent, |reply| Item::Together(work(reply))).await
    }

    /// Sends new work.
    pub(crate) async fn submit<T>(&self, work: impl FnOnce(oneshot::Sender<Result<T>>) -> Work) -> Result<T> {
        ask(&self.submissions, |reply| Item::Together(work(reply))).await
    }

    /// Tells the committer that polls wait at a lane with a backlog. A full queue has a batch coming that looks anyway.
    pub(crate) fn claim(&self) {
        let _ = self.urgent.try_send(Item::Together(Work::Claim));
    }

    /// Runs something in a transaction of its own.
    pub(crate) async fn transact<T: Send + 'static>(
        &self,
        act: impl for<'u> FnOnce(&'u mut dyn Unit) -> Act<'u, T> + Send + 'static,
    ) -> Result<T> {
        let deed = self.deed.clone().filter(|deed| !deed.is_recorded());
        let record = deed.map(|deed| (deed, self.shared.clone()));
        let answer =
            ask(&self.submissions, |reply| Item::Alone(Box::new(Once { act: Some(act), value: None, record, reply })));
        self.recorded(answer.await)
    }
}

async fn ask<T>(to: &mpsc::Sender<Item>, item: impl FnOnce(oneshot::Sender<Result<T>>) -> Item) -> Result<T> {
    let (reply, answer) = oneshot::channel();
    to.try_send(item(reply)).map_err(|_| Error::overloaded())?;
    answer.await.unwrap_or_else(|_| Err(Error::new(Reason::StoreUnavailable, "the coordinator is stopping")))
}

/// What a transaction of its own does.
pub(crate) type Act<'u, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'u>>;

struct Once<F, T> {
    act: Option<F>,
    value: Option<T>,
    /// The call whose record it carries.
    record: Option<(Arc<Deed>, Arc<Shared>)>,
    reply: oneshot::Sender<Result<T>>,
}

#[async_trait]
impl<F, T> Exclusive for Once<F, T>
where
    F: for<'u> FnOnce(&'u mut dyn Unit) -> Act<'u, T> + Send,
    T: Send,
{
    async fn run(&mut self, unit: &mut dyn Unit) -> Result<()> {
        if let Some(act) = self.act.take() {
            self.value = Some(act(unit).await?);
            if let Some((deed, shared)) = &self.record {
                audit::write_record(unit, shared, deed).await?;
            }
        }
        Ok(())
    }

    fn answer(self: Box<Self>, result: Result<()>) {
        let Self { value, reply, .. } = *self;
        let answer = result.and_then(|()| value.ok_or_else(|| Error::new(Reason::Internal, "a transaction ran twice")));
        // A caller that has gone needs no answer.
        let _ = reply.send(answer);
    }
}

/// Runs the committer beside everything else, on a thread of its own when its store needs that. What it answers is closed
/// when it has ended.
pub(crate) fn run_apart(committer: Committer, holds_thread: bool) -> Result<oneshot::Receiver<()>> {
    let (running, ended) = oneshot::channel::<()>();
    let work = async move {
        committer.run().await;
        drop(running);
    };
    if holds_thread {
        let runtime = tokio::runtime::Handle::current();
        let thread = std::thread::Builder::new().name("committer".into());
        let spawned = thread.spawn(move || runtime.block_on(work));
        spawned.map_err(|error| Error::new(Reason::Internal, format!("no thread for the committer: {error}")))?;
    } else {
        tokio::spawn(work);
    }
    Ok(ended)
}

async fn token_key(writer: &mut dyn Writer) -> Result<[u8; 32]> {
    let mut unit = writer.begin().await?;
    if let Some(key) = unit.setting(TOKEN_KEY).await? {
        return key.try_into().map_err(|_| Error::new(Reason::Internal, "the token key in the store is not 32 bytes"));
    }
    let key = clock::random_key()
        .map_err(|error| Error::new(Reason::Internal, format!("no randomness for the token key: {error}")))?;
    unit.put_setting(TOKEN_KEY, &key).await?;
    unit.commit().await?;
    Ok(key)
}

/// What the memory of a coordinator holds is a cache: this fills it from the store.
async fn recover(shared: &Shared, writer: &mut dyn Writer) -> Result<()> {
    let mut unit = writer.begin().await?;
    for lane in unit.lanes().await? {
        shared.dispatcher.mark_backlog(&lane);
    }
    for (account, queue) in unit.paused_queues().await? {
        shared.dispatcher.set_paused(&account, &queue, true);
    }
    let leases = unit.leases().await?;
    remember(shared, &mut *unit, &leases, None).await
}

/// Keeps the grants of these leases for polls that are sent again, those of one account or of all.
pub(crate) async fn remember(
    shared: &Shared,
    unit: &mut dyn Unit,
    leases: &[Live],
    of: Option<&AccountId>,
) -> Result<()> {
    let mut round = Round::new(unit, shared, shared.clock.now());
    round.load_jobs_to_grant(leases.iter().map(|live| live.task.job)).await?;
    round.load_payloads(leases.iter().flat_map(|live| live.task.input.into_iter().chain(live.task.checkpoint))).await?;
    for live in leases {
        let (LivePlace::Leased(leased), Some(entry)) = (&live.place, round.jobs.get(&live.task.job)) else { continue };
        if of.is_some_and(|account| *account != entry.job.account) {
            continue;
        }
        let payload = |id: Option<ArtifactId>| id.and_then(|id| round.payloads.get(&id).cloned());
        let input = payload(live.task.input).unwrap_or_else(Payload::none);
        let grant =
            grant::build(&shared.tokens, &entry.compiled, &entry.job, leased, input, payload(live.task.checkpoint));
        let key = PollKey {
            account: entry.job.account.clone(),
            worker_id: leased.worker_id.clone(),
            request_id: leased.request_id.clone(),
        };
        shared.dispatcher.remember(&key, &[grant]);
    }
    Ok(())
}
