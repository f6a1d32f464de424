//! Tables for the reading of statements.

use super::*;

fn check_case(sql: &str, dialect: Dialect, mode: Mode, expected: Result<Option<usize>, &str>) {
    match (check(sql, dialect, mode), expected) {
        (Ok(statement), Ok(placeholders)) => assert_eq!(statement.placeholders, placeholders, "{sql}"),
        (Err(error), Err(part)) => {
            assert_eq!((error.code(), error.is_retryable()), ("STATEMENT_REFUSED", false));
            assert!(error.message().contains(part), "{sql}: {error}");
        }
        (found, expected) => panic!("{sql}: {found:?} instead of {expected:?}"),
    }
}

#[test]
fn only_one_statement_passes() {
    let second = Err("second statement");
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let none = (dialect == Dialect::Sqlite).then_some(0);
        for sql in [
            "SELECT 1",
            "SELECT 1;",
            " ;-- x\n",
            "SELECT ';'",
            "SELECT 1; -- a;b\n /* ; */ ;",
            "select \";\" from a",
            "SELECT 'it''s;'",
        ] {
            let sql = if sql.trim_start().starts_with(';') { format!("SELECT 1{sql}") } else { sql.to_owned() };
            check_case(&sql, dialect, Mode::Read, Ok(none));
        }
        for sql in [
            "SELECT 1; SELECT 2",
            "SELECT 1;DROP TABLE a",
            "SELECT 1;--\nDELETE FROM a",
            "SELECT 1;/**/'x'",
            "SELECT '';SELECT ''",
        ] {
            check_case(sql, dialect, Mode::Read, second);
        }
    }
    check_case(r"SELECT 'a\'; DELETE FROM a; --'", Dialect::Sqlite, Mode::Read, second);
    check_case(r"SELECT E'a\'; DELETE FROM a; --'", Dialect::Postgres, Mode::Read, Ok(None));
    check_case(r"SELECT 'a\'; DELETE FROM a; --'", Dialect::Postgres, Mode::Read, second);
    check_case("SELECT $$ ; $$, $a$ ; $$ ; $a$", Dialect::Postgres, Mode::Read, Ok(None));
    check_case("SELECT $a$ ; $a$; SELECT 1", Dialect::Postgres, Mode::Read, second);
    check_case("SELECT /* /* ; */ ; */ 1", Dialect::Postgres, Mode::Read, Ok(None));
    check_case("SELECT /* /* ; */ 1; SELECT 2 */", Dialect::Sqlite, Mode::Read, second);
    check_case("SELECT [;], `;` FROM a", Dialect::Sqlite, Mode::Read, Ok(Some(0)));
    check_case("SELECT a[1] FROM b", Dialect::Postgres, Mode::Read, Ok(None));
    check_case("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END", Dialect::Sqlite, Mode::Write, second);
}

#[test]
fn a_mode_permits_its_own_statements() {
    for sql in [
        "INSERT INTO a VALUES (1)",
        "PRAGMA journal_mode",
        "ATTACH 'x' AS y",
        "BEGIN",
        "COMMIT",
        "COPY a TO '/x'",
        "SET x = 1",
        "",
        "-- x",
    ] {
        check_case(sql, Dialect::Sqlite, Mode::Read, Err("mode read"));
        check_case(sql, Dialect::Postgres, Mode::Read, Err("mode read"));
    }
    for sql in [
        "PRAGMA synchronous=OFF",
        "ATTACH 'x' AS y",
        "BEGIN",
        "COMMIT",
        "END",
        "ROLLBACK",
        "SAVEPOINT x",
        "RELEASE x",
        "VACUUM",
        "DO 'x'",
    ] {
        check_case(sql, Dialect::Sqlite, Mode::Write, Err("mode write"));
        check_case(sql, Dialect::Postgres, Mode::Write, Err("mode write"));
    }
    check_case("(SELECT 1) UNION SELECT 2", Dialect::Postgres, Mode::Read, Ok(None));
    check_case("/* x */ with a as (select 1) delete from b", Dialect::Sqlite, Mode::Write, Ok(Some(0)));
}

#[test]
fn parameters_are_counted() {
    let sqlite = |sql: &str, expected| check_case(sql, Dialect::Sqlite, Mode::Read, expected);
    sqlite("SELECT ?, ?, '?'", Ok(Some(2)));
    sqlite("SELECT ?2, ?1, ?2", Ok(Some(2)));
    sqlite("SELECT $1 + $3", Ok(Some(3)));
    sqlite("SELECT ?, ?1", Err("all ? or all numbered"));
    // The driver subtracts one from the number of a parameter.
    sqlite("SELECT $0", Err("numbered 1"));
    sqlite("SELECT ?0", Err("numbered 1"));
    sqlite("SELECT ?99999999999999999999", Err("numbered 1"));
    for sql in ["SELECT :a", "SELECT @a", "SELECT $a", "SELECT $1a", "SELECT #1"] {
        sqlite(sql, Err("parameters are written"));
    }
    check_case("SELECT a ? 'b', $1::text", Dialect::Postgres, Mode::Read, Ok(None));
}

#[test]
fn rows_of_writes_are_foreseen() {
    let cases = [
        ("INSERT INTO a VALUES (1)", (false, true)),
        ("INSERT INTO a VALUES (1) RETURNING id", (true, true)),
        ("INSERT INTO a VALUES ('returning')", (false, true)),
        ("CREATE TABLE a (b)", (false, false)),
        ("SELECT f()", (true, false)),
    ];
    for (sql, expected) in cases {
        let statement = check(sql, Dialect::Sqlite, Mode::Write).expect(sql);
        assert_eq!((statement.returning, statement.changes_rows), expected, "{sql}");
    }
}
