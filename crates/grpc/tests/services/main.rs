//! The services over a real store and a real connection.

mod audit;
mod authentication;
mod connections;
mod control;
mod data_classes;
mod flow;
mod harness;
mod hostile;
mod last_resort;
mod leases;
mod lists;
mod outbox;
mod plans;
mod protocol;
mod reports;
mod reprocess;
mod retention;
mod start_and_wait;
mod statement;
mod tenants;
mod traces;
mod verification;
mod watch;
mod why;
