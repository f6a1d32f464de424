//! Conformance: the workers of all SDKs through the same scenarios, with faults between them and a real coordinator.
//!
//! Purpose: show of each SDK that its worker keeps the rules of the contract, also when networks and processes break.
//! Must not know: what a worker is made of. It is a command; what it does is seen through public RPCs and its own calls.
//! Read first: [`scenario`], then [`world`] and [`proxy`]; `docs/conformance.md` has the results.

pub mod proxy;
pub mod relay;
pub mod run;
pub mod scenario;
pub mod sdk;
pub mod store;
pub mod table;
pub mod variant;
pub mod worker;
pub mod world;
