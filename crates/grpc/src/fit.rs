//! Keeping answers within the size of a message.

use esteira_model::limits;

/// Room for what stands around the elements of an answer.
const SLACK_BYTES: usize = 64 << 10;

/// What is left of an answer's size.
#[derive(Debug, Clone, Copy)]
pub struct Room(usize);

impl Room {
    /// That of a whole message.
    pub fn message() -> Self {
        Self(limits::MESSAGE_BYTES_MAX - SLACK_BYTES)
    }

    /// Takes this much, if it is there.
    pub fn take(&mut self, bytes: usize) -> bool {
        // What frames an element in its list.
        let taken = self.0.checked_sub(bytes.saturating_add(16));
        self.0 = taken.unwrap_or(self.0);
        taken.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_never_more_than_there_is() {
        let mut room = Room(100);
        assert!(room.take(50) && !room.take(50) && room.take(10));
        assert!(!room.take(usize::MAX));
        assert!(Room::message().take(limits::PAYLOAD_BYTES_MAX * 3));
        assert!(!Room::message().take(limits::MESSAGE_BYTES_MAX));
    }
}
