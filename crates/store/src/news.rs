//! News between the coordinators of one store: what one has committed, the others may want to look at.
//!
//! News decides nothing. It may be lost, come late, twice, or be wrong: whoever hears it looks, and whoever hears nothing looks
//! by itself after a while. So it is told after a commit, outside of any unit, and is never waited for.

use crate::error::Result;
use async_trait::async_trait;

/// Bytes of one message at most; adapters carry every text up to this length that holds no NUL.
pub const MESSAGE_BYTES_MAX: usize = 7_900;

/// Both ends of the news of a store that several coordinators share.
pub struct News {
    /// Tells the others.
    pub teller: Box<dyn Teller>,
    /// Hears the others, and itself.
    pub listener: Box<dyn Listener>,
}

/// Tells what was committed.
#[async_trait]
pub trait Teller: Send {
    /// Tells all of these messages to every coordinator that listens now. After an error nobody knows who heard them; the next
    /// call opens a new connection.
    async fn tell(&mut self, messages: &[String]) -> Result<()>;
}

/// Hears what others tell.
#[async_trait]
pub trait Listener: Send {
    /// Waits for the next message. After an error the next call opens a new connection.
    async fn hear(&mut self) -> Result<Heard>;
}

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A message, one's own ones too.
    Message(String),
    /// From here on all is heard; what was told before is missed.
    Listening,
}
