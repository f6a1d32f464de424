//! The link between a coordinator and its database: a socket that can be cut, silenced, and that can lose the answer to a COMMIT.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    sync::watch,
};

const BUFFER: usize = 64 << 10;

/// How the link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    /// No connection lives.
    Cut,
    /// Nothing passes, and nobody is told.
    Silent,
}

struct Shared {
    state: watch::Sender<State>,
    /// The next answer to a COMMIT is lost, and the connection with it.
    loses: AtomicBool,
    lost: AtomicUsize,
    refused: AtomicUsize,
    open: AtomicUsize,
}

/// A link; it ends with the runtime.
pub(crate) struct Link {
    folder: PathBuf,
    shared: Arc<Shared>,
}

impl Link {
    /// Stands before the server's socket.
    pub fn start(folder: &Path, server: PathBuf) -> Self {
        std::fs::create_dir_all(folder).expect("a folder can be made");
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).expect("a socket can be made");
        let shared = Arc::new(Shared {
            state: watch::Sender::new(State::Open),
            loses: AtomicBool::new(false),
            lost: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
        });
        let accepting = shared.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), accepting.clone()));
            }
        });
        Self { folder: folder.into(), shared }
    }

    /// The folder of its socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn set(&self, state: State) {
        self.shared.state.send_replace(state);
    }

    pub fn lose_commit(&self) {
        self.shared.loses.store(true, SeqCst);
    }

    /// Answers to a COMMIT that were lost so far.
    pub fn lost(&self) -> usize {
        self.shared.lost.load(SeqCst)
    }

    /// Connections that were refused or cut so far.
    pub fn refused(&self) -> usize {
        self.shared.refused.load(SeqCst)
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.shared.open.load(SeqCst)
    }
}

async fn carry(client: UnixStream, server: PathBuf, shared: Arc<Shared>) {
    let mut state = shared.state.subscribe();
    if *state.borrow_and_update() == State::Cut {
        shared.refused.fetch_add(1, SeqCst);
        return;
    }
    let Ok(server) = UnixStream::connect(server).await else { return };
    shared.open.fetch_add(1, SeqCst);
    let cut = tokio::select! {
        () = pass(client, server, &shared) => false,
        _ = state.wait_for(|state| *state == State::Cut) => true,
    };
    shared.refused.fetch_add(usize::from(cut), SeqCst);
    shared.open.fetch_sub(1, SeqCst);
}

async fn pass(client: UnixStream, server: UnixStream, shared: &Shared) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let committing = AtomicBool::new(false);
    let up = async {
        let mut buffer = vec![0; BUFFER];
        let mut tail = Vec::new();
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            speak(shared).await;
            tail.extend_from_slice(&buffer[..length]);
            let commits = tail.windows(6).any(|word| word.eq_ignore_ascii_case(b"COMMIT"));
            tail.drain(..tail.len().saturating_sub(5));
            if commits && shared.loses.swap(false, SeqCst) {
                committing.store(true, SeqCst);
            }
            if to_server.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    let down = async {
        let mut buffer = vec![0; BUFFER];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            speak(shared).await;
            // The server has answered: whatever it was, it has happened. The link ends here.
            if committing.load(SeqCst) {
                shared.lost.fetch_add(1, SeqCst);
                return;
            }
            if to_client.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// Waits while the link is silent.
async fn speak(shared: &Shared) {
    // The sender lives as long as the link.
    let _ = shared.state.subscribe().wait_for(|state| *state != State::Silent).await;
}
