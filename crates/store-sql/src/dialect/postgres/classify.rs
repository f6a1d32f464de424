//! What PostgreSQL's error codes mean for the caller.

use esteira_store::{Error, Kind};

/// The five characters of an error that the server itself sent.
fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// What a code means. The classes are those of the appendix "Error Codes" of PostgreSQL's manual.
fn kind_of(code: &str) -> Kind {
    match code {
        // Serialisation failure, deadlock, a lock that did not come in time.
        "40001" | "40P01" | "55P03" => Kind::Conflict,
        // A statement behind the one that failed.
        "25P02" => Kind::Conflict,
        "23505" => Kind::Duplicate,
        // A read-only transaction where we write: the server became a standby.
        "25006" => Kind::Unavailable,
        // The idle time-out of a transaction or a session: the server gave the connection up.
        "25P03" | "57P05" => Kind::Unavailable,
        // Query cancelled (statement time-out), shutdown, crash of another backend, cannot connect now.
        "57014" | "57P01" | "57P02" | "57P03" => Kind::Unavailable,
        // A table changed under a prepared statement: a new connection prepares it anew.
        "0A000" => Kind::Unavailable,
        // Connection exceptions; resources: disk, memory, connections; errors of the system; limits of this server.
        code if ["08", "53", "58", "F0"].iter().any(|class| code.starts_with(class)) => Kind::Unavailable,
        _ => Kind::Defect,
    }
}

fn kind(error: &sqlx::Error) -> Kind {
    match (code(error), error) {
        (Some(code), _) => kind_of(&code),
        (
            None,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::PoolClosed
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::BeginFailed,
        ) => Kind::Unavailable,
        _ => Kind::Defect,
    }
}

/// The error of a statement. The server's messages name tables, columns and constraints; values stand in its details only,
/// which are left out.
pub(super) fn error(error: sqlx::Error) -> Error {
    let text = match code(&error) {
        Some(code) => format!("{error} ({code})"),
        None => error.to_string(),
    };
    Error::new(kind(&error), text)
}

/// The error of a COMMIT. The server's own refusal undoes the transaction. When the connection ends instead, or the server
/// ends it, nobody knows which came first.
pub(super) fn commit_error(e: sqlx::Error) -> Error {
    let refused = code(&e).is_some_and(|code| !(code.starts_with("08") || code.starts_with("57P")));
    let e = error(e);
    if refused { e } else { Error::new(Kind::CommitUnknown, e.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_kinds() {
        let cases = [
            (Kind::Conflict, ["40001", "40P01", "55P03", "25P02"].as_slice()),
            (Kind::Duplicate, &["23505"]),
            (Kind::Unavailable, &["08006", "57P01", "57P02", "57P03", "53300", "53100", "25006", "57014", "58030"]),
            (Kind::Defect, &["42P01", "42601", "23514", "22P02", "28P01", "3D000", "XX000"]),
        ];
        for (kind, codes) in cases {
            for code in codes {
                assert_eq!(kind_of(code), kind, "{code}");
            }
        }
    }

    #[test]
    fn a_commit_without_an_answer_is_unknown() {
        let cut = sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
        assert_eq!(commit_error(cut).kind(), Kind::CommitUnknown);
    }
}
