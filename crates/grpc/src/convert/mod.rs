//! Proto <-> model. What is received is checked field by field (INV-VALIDATE); what is sent cannot fail.

pub mod at;
pub mod audit;
pub mod check;
pub mod durability;
pub mod enums;
pub mod failure;
pub mod job;
pub mod job_packet;
pub mod last_resort;
pub mod lease;
pub mod outbox;
pub mod payload;
pub mod plan;
pub mod removal;
pub mod report;
pub mod retention;
pub mod task;
pub mod time;
pub mod trace;
pub mod verification;
pub mod worker;
