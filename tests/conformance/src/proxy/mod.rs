//! What stands between a worker and the coordinator: it passes every call on, writes down what passed, and does to
//! connections and answers what networks do to them.
//!
//! It speaks HTTP, so that it can lose the answer of a chosen call, for gRPC and gRPC-web alike. The rest it does to whole
//! connections: reset, half-open, GOAWAY.

mod call;
mod disguise;
mod gate;
mod loss;
mod serve;

pub use call::Call;
pub use disguise::Disguise;
pub use loss::{By, Loss};

use bytes::Bytes;
use gate::Gate;
use loss::Losses;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::transport::{Channel, Endpoint};

/// A proxy in front of one coordinator. It ends when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What all connections share.
struct Shared {
    upstream: Channel,
    disguise: Option<Disguise>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connections: Vec<Weak<Gate>>,
    losses: Losses,
    delay: Duration,
    is_parted: bool,
    refused: usize,
    /// RPCs that wait for their answers.
    open: Vec<String>,
    calls: Vec<Call>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody may connect now; counts whom it keeps out.
    fn refuses(&self) -> bool {
        let mut state = self.state();
        state.refused += usize::from(state.is_parted);
        state.is_parted
    }

    fn judge(&self, method: &str, answer: Option<&Bytes>) -> Option<By> {
        answer.and_then(|answer| self.state().losses.judge(method, answer))
    }

    fn log(&self, call: Call) {
        self.state().calls.push(call);
    }

    fn delay(&self) -> Duration {
        self.state().delay
    }

    /// Counts a call as open until what is given is dropped.
    fn opened(self: &Arc<Self>, method: &str) -> Open {
        self.state().open.push(method.to_owned());
        Open { shared: Arc::clone(self), method: method.to_owned() }
    }
}

/// A call that waits for its answer.
struct Open {
    shared: Arc<Shared>,
    method: String,
}

impl Drop for Open {
    fn drop(&mut self) {
        let open = &mut self.shared.state().open;
        if let Some(place) = open.iter().position(|method| *method == self.method) {
            open.swap_remove(place);
        }
    }
}

impl Proxy {
    /// Listens on a free port.
    pub async fn start(coordinator: &str, disguise: Option<Disguise>) -> Self {
        let upstream = Endpoint::from_shared(coordinator.to_owned()).expect("the server has an address");
        let upstream = upstream.connect_timeout(Duration::from_secs(1)).tcp_nodelay(true).connect_lazy();
        let shared = Arc::new(Shared { upstream, disguise, state: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What has passed so far, in the order of the answers.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().calls.clone()
    }

    /// Counts the calls that have passed.
    pub fn counter(&self) -> impl Fn() -> usize + Send + Sync + use<> {
        let shared = Arc::clone(&self.shared);
        move || shared.state().calls.len()
    }

    /// Counts the answers that were lost.
    pub fn loss_counter(&self) -> impl Fn() -> usize + Send + Sync + use<> {
        let shared = Arc::clone(&self.shared);
        move || shared.state().calls.iter().filter(|call| call.lost).count()
    }

    /// Whether a call of this RPC waits for its answer.
    pub fn is_open(&self, method: &str) -> bool {
        self.shared.state().open.iter().any(|open| open == method)
    }

    /// Plans the loss of one answer.
    pub fn lose(&self, loss: Loss) {
        self.shared.state().losses.planned.push(loss);
    }

    /// Whether every planned loss has happened.
    pub fn all_lost(&self) -> bool {
        self.shared.state().losses.planned.is_empty()
    }

    /// Loses every n-th answer, for ever.
    pub fn lose_every(&self, n: u64) {
        self.shared.state().losses.every = Some(n);
    }

    /// Holds every answer back for this long.
    pub fn delay(&self, delay: Duration) {
        self.shared.state().delay = delay;
    }

    /// Whether any connection is open.
    pub fn is_connected(&self) -> bool {
        !self.open().is_empty()
    }

    /// From now on no connection lives: those that are open are reset, new ones as soon as they come, until it is healed.
    pub fn partition(&self, is_parted: bool) {
        self.shared.state().is_parted = is_parted;
        if is_parted {
            self.open().iter().for_each(|gate| gate.cut());
        }
    }

    /// As [`Self::silence`], with or without connections; how many there were.
    pub fn hush(&self) -> usize {
        let connections = self.open();
        connections.iter().for_each(|gate| gate.silence());
        connections.len()
    }

    /// As [`Self::go_away`], with or without connections; how many there were.
    pub fn bid_farewell(&self) -> usize {
        let connections = self.open();
        connections.iter().for_each(|gate| gate.leave());
        connections.len()
    }

    /// Forgets the losses that were planned and have not happened.
    pub fn lose_no_more(&self) {
        self.shared.state().losses.planned.clear();
    }

    /// How many connections were refused by a partition.
    pub fn refused(&self) -> usize {
        self.shared.state().refused
    }

    /// Resets all connections; new ones are served.
    pub fn reset(&self) {
        self.on_each(|gate| gate.cut());
    }

    /// Makes all connections half-open: nothing passes any more, and nobody is told. New ones are served.
    pub fn silence(&self) {
        self.on_each(|gate| gate.silence());
    }

    /// Says GOAWAY on all connections; calls that run may end.
    pub fn go_away(&self) {
        self.on_each(|gate| gate.leave());
    }

    fn on_each(&self, act: impl Fn(&Gate)) {
        let connections = self.open();
        assert!(!connections.is_empty(), "there is no connection to be disturbed");
        connections.iter().for_each(|gate| act(gate));
    }

    fn open(&self) -> Vec<Arc<Gate>> {
        self.shared.state().connections.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.open().iter().for_each(|gate| gate.cut());
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // A call that is a little slower is still a call.
        let _ = stream.set_nodelay(true);
        let gate = Arc::<Gate>::default();
        if shared.refuses() {
            // Reset, not closed: nobody takes that for a polite end.
            let _ = stream.set_zero_linger();
            continue;
        }
        shared.state().connections.push(Arc::downgrade(&gate));
        tokio::spawn(serve::serve(Arc::clone(&shared), stream, gate));
    }
}
