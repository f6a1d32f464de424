//! The ledger as an operator meets it: `esteira verify ..` and `esteira ledger ..` with their exit codes, evidence for somebody
//! else's verifier, kills between the steps of the sequencer, keys that change, and the data audit; on both databases.

#[path = "ledger/commands.rs"]
mod commands;
#[path = "ledger/data_audit.rs"]
mod data_audit;
#[path = "ledger/evidence.rs"]
mod evidence;
#[path = "ledger/keys.rs"]
mod keys;
#[path = "ledger/kills.rs"]
mod kills;
#[path = "kill9/load.rs"]
mod load;
#[path = "ledger/statement.rs"]
mod statement;
#[path = "ledger/store.rs"]
mod store;
