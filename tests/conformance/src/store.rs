//! The data of one coordinator, which can be taken away from it and given back.

use crate::world::Database;
use esteira_testkit::Postgres;
use std::{
    ffi::OsString,
    fs, os,
    path::{Path, PathBuf},
};

/// Where a coordinator keeps its data: beside it, apart from it, lie the log's key and the last resort.
pub struct Store {
    /// The folder with the file, or a link to the folder with the server's socket.
    folder: PathBuf,
    away: PathBuf,
    /// The URL of the database.
    pub url: String,
    /// What the coordinator is started with beside the URL.
    pub arguments: Vec<OsString>,
}

impl Store {
    /// Makes an empty one in this folder.
    pub fn create(database: Database, within: &Path) -> Self {
        let (folder, away) = (within.join("data"), within.join("away"));
        let url = match database {
            Database::Sqlite => {
                fs::create_dir(&folder).expect("a folder can be made");
                format!("sqlite:{}", folder.join("esteira.db").display())
            }
            Database::Postgresql => {
                let postgres = Postgres::shared();
                let name = postgres.fresh_name();
                postgres.run("postgres", &format!("CREATE DATABASE {name}"));
                let socket = postgres.socket();
                let sockets = socket.parent().expect("a socket lies in a folder");
                os::unix::fs::symlink(sockets, &folder).expect("a link can be made");
                format!("postgres://tester@localhost/{name}?host={}", folder.display())
            }
        };
        let argument = |name: &str, file: &str| [name.into(), within.join(file).into()];
        let arguments = [argument("--ledger-key", "ledger-key"), argument("--last-resort", "last-resort")].concat();
        Self { folder, away, url, arguments }
    }

    /// From now on nobody who connects finds it.
    pub fn take_away(&self) {
        fs::rename(&self.folder, &self.away).expect("it can be moved");
    }

    /// It is there again.
    pub fn give_back(&self) {
        fs::rename(&self.away, &self.folder).expect("it can be moved");
    }
}
