//! The one data object that a plan moves.

use esteira_model::AggregateRef;

/// A data object whose state only its own behaviours change.
///
/// A behaviour is a method that checks its rule and, if it holds, hands an event to [`Aggregate::apply`];
/// nothing else writes a field. Loading and saving is not its business: a function receives it in its input
/// and returns it in its output.
///
/// ```
/// use esteira_sdk::model::{Aggregate, Error};
///
/// struct Account { id: String, version: i64, balance: i64 }
/// enum Event { Deposited(i64) }
///
/// impl Aggregate for Account {
///     type Event = Event;
///     fn kind() -> &'static str { "account" }
///     fn id(&self) -> &str { &self.id }
///     fn version(&self) -> i64 { self.version }
///     fn apply(&mut self, event: &Event) {
///         match event { Event::Deposited(amount) => self.balance += amount }
///         self.version += 1;
///     }
/// }
///
/// impl Account {
///     fn deposit(&mut self, amount: i64) -> Result<(), Error> {
///         if amount <= 0 { return Err(Error::non_retryable("AMOUNT_INVALID", "a deposit is positive")); }
///         self.apply(&Event::Deposited(amount));
///         Ok(())
///     }
/// }
/// # let mut a = Account { id: "1".into(), version: 0, balance: 0 };
/// # a.deposit(5).expect("positive"); assert_eq!((a.balance, a.version), (5, 1));
/// ```
pub trait Aggregate {
    /// Something that happened to it.
    type Event;

    /// Kind of aggregate, for example `order`.
    fn kind() -> &'static str
    where
        Self: Sized;

    /// Identity within its kind.
    fn id(&self) -> &str;

    /// Counts the events that were applied.
    fn version(&self) -> i64;

    /// Changes the state: the only place that does. Never fails: the behaviour checked before.
    fn apply(&mut self, event: &Self::Event);

    /// What the coordinator is told about it.
    fn reference(&self) -> AggregateRef
    where
        Self: Sized,
    {
        AggregateRef { kind: Self::kind().into(), id: self.id().into(), version: self.version() }
    }
}
