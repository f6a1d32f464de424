//! The only way out: every HTTP request of the functions passes here.
//!
//! A request leaves when its host stands on the operator's list AND the address that is connected to is one that the list
//! allows. The check and the connection use the same resolved addresses, so that a name cannot change between the two.
//! No redirect is followed, no proxy is used, nothing is decompressed, and every answer is counted while it is read.

mod address;
mod client;
mod guard;
mod pattern;
mod resolver;
mod retry_after;
mod status;

pub(crate) use client::{Answer, Budget};
pub use guard::Guard;
pub use pattern::HostPattern;
pub(crate) use status::check_status;
