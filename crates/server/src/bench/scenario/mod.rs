//! The scenarios, as the design's page on performance numbers them: one file each.

mod b01_submit;
mod b03_closed_loop;
mod b04_chain;
mod b05_fan_out;
mod b06_idle_polls;
mod b07_history;
mod b08_backlog;
mod b09_long_reader;
mod b12_replicas;
mod b14_overload;
mod b16_ablation;

mod offers;
mod sdks;

pub use sdks::SdkWorker;

use super::{command::Arguments, database::Target, report::Report};
use clap::ValueEnum;
use std::fmt;

/// A scenario. Numbers that are missing are not named by the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// How fast jobs are taken in, in batches of 1 and 100
    B1,
    /// Jobs of one step, 256 in flight
    B3,
    /// Jobs of three steps, 1 to 256 in flight
    B4,
    /// One task fans out into 10,000, and they join
    B5,
    /// 10,000 idle polls, 100 starts a second
    B6,
    /// A store full of history against an empty one
    B7,
    /// A backlog is worked off while new jobs come
    B8,
    /// A reader holds a snapshot
    B9,
    /// 1, 2 and 4 coordinators on one PostgreSQL
    B12,
    /// Twice as much is offered as can be done
    B14,
    /// What single techniques are worth
    B16,
    /// Workers of SDKs, which --worker names
    Sdks,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", format!("{self:?}").to_lowercase())
    }
}

impl Scenario {
    /// Whether the database can play it: a file of SQLite is for one coordinator.
    pub fn fits(self, target: &Target) -> bool {
        self != Self::B12 || *target != Target::Sqlite
    }

    /// Measures it on one database.
    pub async fn run(self, arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
        match self {
            Self::B1 => b01_submit::run(arguments, target, report).await,
            Self::B3 => b03_closed_loop::run(arguments, target, report).await,
            Self::B4 => b04_chain::run(arguments, target, report).await,
            Self::B5 => b05_fan_out::run(arguments, target, report).await,
            Self::B6 => b06_idle_polls::run(arguments, target, report).await,
            Self::B7 => b07_history::run(arguments, target, report).await,
            Self::B8 => b08_backlog::run(arguments, target, report).await,
            Self::B9 => b09_long_reader::run(arguments, target, report).await,
            Self::B12 => b12_replicas::run(arguments, target, report).await,
            Self::B14 => b14_overload::run(arguments, target, report).await,
            Self::B16 => b16_ablation::run(arguments, target, report).await,
            Self::Sdks => sdks::run(arguments, target, report).await,
        }
    }
}
