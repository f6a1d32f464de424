//! The circumstances under which a scenario runs.

/// What is made harder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// Nothing.
    Plain,
    /// Every lease is the shortest that the contract allows: 1 s.
    TinyLease,
    /// Every fourth answer gets lost with its connection.
    Lossy,
    /// The coordinator is killed and started again while it works.
    CoordinatorKill9,
    /// The worker runs one task at a time.
    OneSlot,
}

impl Variant {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Plain, Self::TinyLease, Self::Lossy, Self::CoordinatorKill9, Self::OneSlot];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::TinyLease => "tiny-lease",
            Self::Lossy => "lossy",
            Self::CoordinatorKill9 => "coordinator-kill9",
            Self::OneSlot => "slots=1",
        }
    }
}
