//! The life of a coordinator: over its store, and, when it is started while the store is gone, without it until it is back.

use crate::{ablation, ledger};
use esteira_coordinator::{
    Clock, Coordinator, Reason, Settings, SystemClock,
    coordinator::Running,
    last_resort::{Folder, LastResort, OpenError},
};
use esteira_grpc::Options;
use esteira_store::Kind;
use esteira_store_sql::Opened;
use std::{io, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

/// How often a store that is gone is looked for.
const LOOK_PERIOD: Duration = Duration::from_secs(1);
/// How long to find out what became of a commit, where the last resort can hold what it was about.
const RESOLVE: Duration = Duration::from_secs(3);

/// Why a coordinator cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The store.
    #[error("{0}")]
    Store(#[from] esteira_store::Error),
    /// The coordinator over it.
    #[error("{0}")]
    Coordinator(#[from] esteira_coordinator::Error),
    /// The server in front of it.
    #[error("{0}")]
    Server(#[from] esteira_grpc::Error),
    /// The folders of its last resort.
    #[error("{}", chain(.0))]
    LastResort(#[from] OpenError),
    /// The log's keys and anchors.
    #[error("{0}")]
    Ledger(String),
    /// Its listener.
    #[error("{0}")]
    Listener(#[from] io::Error),
}

fn chain(error: &OpenError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}; take others with --last-resort, or none with --no-last-resort", source.unwrap_or_default())
}

impl Failure {
    fn is_store_away(&self) -> bool {
        match self {
            Self::Store(error) => matches!(error.kind(), Kind::Unavailable | Kind::CommitUnknown),
            Self::Coordinator(error) => error.reason == Reason::StoreUnavailable,
            _ => false,
        }
    }
}

/// A coordinator to be.
pub struct Life {
    base: Base,
    listener: TcpListener,
    folders: Vec<Folder>,
    options: Options,
    stop: CancellationToken,
}

/// What it stands on, whenever it begins.
pub struct Base {
    database: String,
    ledger: ledger::Arguments,
    store: esteira_store_sql::Options,
    settings: Settings,
}

impl Life {
    /// What it is made of.
    pub fn new(
        mut base: Base,
        listener: TcpListener,
        folders: Vec<Folder>,
        options: Options,
        stop: CancellationToken,
    ) -> Self {
        if !folders.is_empty() {
            base.store.resolve = RESOLVE;
        }
        Self { base, listener, folders, options, stop }
    }

    /// Serves over the store; without it, when the last resort knows the store and the store is gone. Ends when it is told to.
    ///
    /// # Errors
    /// What does not let it begin.
    pub async fn begin(mut self) -> Result<JoinHandle<Result<(), Failure>>, Failure> {
        match self.base.open().await {
            Ok(store) => {
                self.open_last_resort()?;
                let (coordinator, running) = self.base.attach(store).await?;
                Ok(tokio::spawn(serve(self.listener, coordinator, running, self.options, self.stop)))
            }
            // A store that was never served from here may just as well be a wrong address.
            Err(error) if error.is_store_away() && knows_a_store(&self.folders) => {
                match self.open_last_resort() {
                    // Whoever has the folders has the store too: that it lets nobody else in says more.
                    Err(Failure::LastResort(OpenError::InUse { .. })) => return Err(error),
                    opened => opened?,
                }
                tracing::error!(%error, "the store is gone: results of leases that are known are taken, nothing else");
                Ok(tokio::spawn(self.wait()))
            }
            Err(error) => Err(error),
        }
    }

    fn open_last_resort(&mut self) -> Result<(), Failure> {
        if self.folders.is_empty() {
            tracing::info!(
                "there is no last resort: while the store takes nothing, results are refused; see --last-resort"
            );
            return Ok(());
        }
        let resort = LastResort::open(self.folders.clone(), SystemClock.now())?;
        if resort.waiting() > 0 {
            tracing::warn!(records = resort.waiting(), "the last resort holds work of an earlier process");
        }
        self.base.settings.last_resort = Some(Arc::new(resort));
        Ok(())
    }

    /// Takes results until the store is there, then serves over it.
    async fn wait(self) -> Result<(), Failure> {
        let Self { base, listener, options, stop, .. } = self;
        // Both serve in turns on one socket: who connects in between waits there.
        let listener = listener.into_std()?;
        let again = || -> io::Result<TcpListener> { TcpListener::from_std(listener.try_clone()?) };
        loop {
            let reader = esteira_store_sql::absent_reader()?;
            let (coordinator, running) = Coordinator::start_detached(reader, Arc::new(SystemClock), &base.settings)?;
            let enough = stop.child_token();
            let without = Options { is_ready: false, ..options.clone() };
            let server = tokio::spawn(serve(again()?, coordinator, running, without, enough.clone()));
            let found = base.look(&stop).await;
            enough.cancel();
            server.await.map_err(io::Error::other)??;
            let Some(store) = found? else { return Ok(()) };
            match base.attach(store).await {
                Ok((coordinator, running)) => {
                    tracing::info!("the store is back");
                    return serve(again()?, coordinator, running, options, stop).await;
                }
                Err(error) if error.is_store_away() => tracing::warn!(%error, "the store went away again"),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Base {
    /// Over this store, which nobody has opened yet.
    pub fn new(database: String, ledger: ledger::Arguments, settings: Settings) -> Self {
        Self { database, ledger, store: esteira_store_sql::Options::default(), settings }
    }

    async fn open(&self) -> Result<Opened, Failure> {
        Ok(esteira_store_sql::open(&self.database, self.store.clone()).await?)
    }

    async fn attach(&self, store: Opened) -> Result<(Coordinator, Running), Failure> {
        ablation::answer_counts(store.sent.clone());
        let signing = self.ledger.signing(store.file.as_deref()).map_err(Failure::Ledger)?;
        if signing.is_none() {
            tracing::warn!("no --ledger-key: the log of what happened is kept, and nobody signs it");
        }
        let settings = Settings { signing, ..self.settings.clone() };
        Ok(Coordinator::start(store.writer, store.reader, Arc::new(SystemClock), settings).await?)
    }

    /// The store when it is there; none when it is time to stop.
    async fn look(&self, stop: &CancellationToken) -> Result<Option<Opened>, Failure> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(None),
                () = sleep(LOOK_PERIOD) => {}
            }
            match self.open().await {
                Ok(store) => return Ok(Some(store)),
                Err(error) if error.is_store_away() => tracing::debug!(%error, "the store is still gone"),
                Err(error) => return Err(error),
            }
        }
    }
}

fn knows_a_store(folders: &[Folder]) -> bool {
    folders.iter().any(|folder| LastResort::key_in(&folder.path).is_some())
}

/// Serves until it is told to stop, then waits until all that was accepted is committed or held.
async fn serve(
    listener: TcpListener,
    coordinator: Coordinator,
    running: Running,
    options: Options,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let served = esteira_grpc::serve(listener, coordinator, options, stop).await;
    running.drained().await;
    Ok(served?)
}
