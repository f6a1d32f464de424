//! Parameters of a URL. The driver passes over what it does not know, and over every wish for TLS but the strict ones; here each
//! is understood or refused (INV-VALIDATE).

use esteira_store::{Error, Kind, Result};

/// What the driver reads, and nothing here overrides.
const KNOWN: &[&str] = &["host", "hostaddr", "port", "dbname", "user", "password", "application_name", "options"];
/// What is about TLS, which this build does not speak.
const TLS: &[&str] =
    &["ssl-mode", "sslrootcert", "ssl-root-cert", "ssl-ca", "sslcert", "ssl-cert", "sslkey", "ssl-key", "sslmode"];

fn refused(message: String) -> Error {
    Error::new(Kind::Defect, format!("the PostgreSQL URL cannot be used: {message}"))
}

/// Refuses a parameter that would be ignored. Its value is never repeated: it may be a password.
pub(super) fn check(url: &str) -> Result<()> {
    let (url, _) = url.split_once('#').unwrap_or((url, ""));
    let Some((_, query)) = url.split_once('?') else { return Ok(()) };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // Brackets are often written as they are, and as often escaped.
        let plain = name.replace("%5B", "[").replace("%5b", "[").replace("%5D", "]").replace("%5d", "]");
        let is_option = plain.starts_with("options[") && plain.ends_with(']');
        if KNOWN.contains(&name) || is_option || (name == "sslmode" && value == "disable") {
            continue;
        }
        return Err(refused(match TLS.contains(&name) {
            true => format!(
                "`{name}`: this build speaks no TLS to PostgreSQL; leave it out, or say sslmode=disable, and use a Unix socket or a \
                 network that you trust"
            ),
            false => format!("there is no parameter `{name}`"),
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_understood_or_refused() {
        let url = |query: &str| format!("postgres://ana@db/esteira{query}");
        for good in [
            "",
            "?",
            "?host=/run/pg&port=5433&user=ana&password=s3cret&dbname=x&application_name=a&sslmode=disable",
            "?options=-c%20search_path%3Da&options[search_path]=a&options%5Bwork_mem%5D=4MB",
        ] {
            assert!(check(&url(good)).is_ok(), "{good}");
        }
        for (bad, name) in [
            ("?sslmode=require", "sslmode"),
            ("?sslmode=prefer", "sslmode"),
            ("?host=/run/pg&sslmode=verify-full", "sslmode"),
            ("?sslmode=disable&sslrootcert=/ca.pem", "sslrootcert"),
            ("?ssl-key=s3cret", "ssl-key"),
            ("?connect_timeout=s3cret", "connect_timeout"),
            ("?statement-cache-capacity=1", "statement-cache-capacity"),
            ("?Host=/run/pg", "Host"),
            ("?s3cretoptions[a]=b", "options[a]"),
        ] {
            let message = check(&url(bad)).expect_err(bad).to_string();
            assert!(message.contains(name), "{message}");
            assert!(!message.contains("=s3cret"), "{message}");
        }
    }
}
