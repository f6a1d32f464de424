//! Runs a command beside a PostgreSQL server that is there for it alone: `with-postgres [name=value ..] -- COMMAND ..`.
//!
//! Settings of the server stand before `--`; `{url}` in the command is the URL of its database. The server is as durable as
//! in production and is thrown away when the command has ended.

use esteira_testkit::Postgres;
use std::process::{Command, ExitCode};

/// Exit code of a wrong command line, as in `sysexits.h`.
const EXIT_USAGE: u8 = 64;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut parts = arguments.splitn(2, |argument| argument == "--");
    let (settings, command) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Some((program, rest)) = command.split_first() else {
        eprintln!("usage: with-postgres [name=value ..] -- COMMAND ..");
        return ExitCode::from(EXIT_USAGE);
    };
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let server = Postgres::start(&settings);
    let url = server.url("postgres");
    let status = Command::new(program).args(rest.iter().map(|argument| argument.replace("{url}", &url))).status();
    drop(server);
    match status {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("with-postgres: {program}: {error}");
            ExitCode::FAILURE
        }
    }
}
