//! The file with the keys of the log: who signs, from when until when, and who did before.
//!
//! One key a line. `PRIVATE+KEY+NAME+ID+SEED`, then `from=TIME` and `until=TIME` when it does not sign for ever; terms may
//! overlap, and both keys sign then. `NAME+ID+KEY`: a key that signed once and is still believed.

use esteira_ledger::{SignerKey, VerifierKey, checkpoint::Term};
use esteira_model::Time;
use prost_types::Timestamp;
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

const HEADING: &str =
    "# The keys of the ledger's log. A secret: who has them signs for it. docs/provenance.md says how keys change.\n";
/// Bits of a mode that give the file away: readable by everyone, or writable by others than its owner.
const GIVES_AWAY: u32 = 0o026;

/// What the file says.
#[derive(Debug)]
pub struct KeyFile {
    /// Who signs when.
    pub terms: Vec<Term>,
    /// Whose signatures are believed.
    pub trusted: Vec<VerifierKey>,
    /// The name of the first key.
    pub first_name: String,
}

impl KeyFile {
    /// Reads the file, or makes it with a new key.
    pub fn open_or_create(path: &Path, name: Option<&str>) -> Result<Self, String> {
        let cannot =
            |what: &str, error: std::io::Error| format!("cannot {what} the key file {}: {error}", path.display());
        if !path.try_exists().map_err(|error| cannot("open", error))? {
            let key = esteira_coordinator::log::new_key(name).map_err(|error| format!("--ledger-origin: {error}"))?;
            create(path, &key).map_err(|error| cannot("make", error))?;
            tracing::info!(path = %path.display(), key = %key.verifier(), "a key for the log was made");
        }
        let mode = fs::metadata(path).map_err(|error| cannot("open", error))?.permissions().mode();
        if mode & GIVES_AWAY != 0 {
            return Err(format!("the key file {} is open to others: chmod 600", path.display()));
        }
        let text = fs::read_to_string(path).map_err(|error| cannot("read", error))?;
        read(&text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// A key is on the disk before anything is signed with it.
fn create(path: &Path, key: &SignerKey) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(format!("{HEADING}{}\n", key.to_secret_text()).as_bytes())?;
    file.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Errors never hold the line: it may be a secret.
fn read(text: &str) -> Result<KeyFile, String> {
    let (mut terms, mut trusted) = (Vec::new(), Vec::<VerifierKey>::new());
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace();
        let Some(word) = words.next().filter(|word| !word.starts_with('#')) else { continue };
        let wrong = |what: &str| format!("line {number}: {what}");
        if !word.starts_with("PRIVATE+KEY+") {
            trusted.push(word.parse().map_err(|_| wrong("not a key: PRIVATE+KEY+NAME+ID+SEED or NAME+ID+KEY"))?);
            if words.next().is_some() {
                return Err(wrong("a key that signs no more has no term"));
            }
            continue;
        }
        let key: SignerKey = word.parse().map_err(|_| wrong("not a key: PRIVATE+KEY+NAME+ID+SEED"))?;
        let (mut from, mut until) = (None, None);
        for word in words {
            let (bound, at) = match word.split_once('=') {
                Some(("from", at)) => (&mut from, at),
                Some(("until", at)) => (&mut until, at),
                _ => return Err(wrong("behind a key only from=TIME and until=TIME are known")),
            };
            let at = time(at).ok_or_else(|| wrong("not a time such as 2027-01-31T00:00:00Z"))?;
            if bound.replace(at).is_some() {
                return Err(wrong("a bound is given twice"));
            }
        }
        trusted.push(key.verifier().clone());
        terms.push(Term { key, from: from.unwrap_or(Time(i64::MIN)), until });
    }
    let first = trusted.first().filter(|_| !terms.is_empty()).ok_or("no key that signs")?;
    Ok(KeyFile { first_name: first.name().to_owned(), terms, trusted })
}

fn time(text: &str) -> Option<Time> {
    let time: Timestamp = text.parse().ok()?;
    let micros = time.seconds.checked_mul(1_000_000)?.checked_add(i64::from(time.nanos) / 1_000)?;
    Some(Time(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> [SignerKey; 2] {
        [1, 2].map(|seed| SignerKey::from_seed("log.example", &[seed; 32]).expect("a key"))
    }

    #[test]
    fn a_new_file_is_its_owners_alone_and_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let made = KeyFile::open_or_create(&path, Some("log.example/x")).expect("made");
        assert_eq!(made.first_name, "log.example/x");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(KeyFile::open_or_create(&path, None).expect("read").trusted, made.trusted);
        for mode in [0o604, 0o620, 0o602] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            assert!(KeyFile::open_or_create(&path, None).expect_err("open to others").contains("chmod 600"));
        }
    }

    #[test]
    fn terms_and_former_keys_are_read() {
        let [old, new] = keys();
        let text = format!(
            "# a comment\n\n{} until=2027-01-31T00:00:00Z\n{} from=2027-01-01T00:00:00Z\n{}\n",
            old.to_secret_text(),
            new.to_secret_text(),
            SignerKey::from_seed("before", &[3; 32]).expect("a key").verifier(),
        );
        let file = read(&text).expect("read");
        assert_eq!((file.terms.len(), file.trusted.len(), file.first_name.as_str()), (2, 3, "log.example"));
        let schedule = esteira_ledger::Schedule::new(file.terms);
        let signers = |at: &str| schedule.signers(time(at).expect("a time")).len();
        assert_eq!(["2026-12-31T23:59:59Z", "2027-01-15T00:00:00Z", "2027-02-01T00:00:00Z"].map(signers), [1, 2, 1]);
    }

    #[test]
    fn what_is_not_understood_is_refused_without_being_repeated() {
        let secret = keys()[0].to_secret_text();
        for bad in [
            String::new(),
            keys()[0].verifier().to_string(),
            format!("{secret}x"),
            format!("{secret} from=yesterday"),
            format!("{secret} from=2027-01-31T00:00:00Z from=2027-01-31T00:00:00Z"),
            format!("{secret} to=2027-01-31T00:00:00Z"),
            format!("{secret}\n{} until=2027-01-31T00:00:00Z", keys()[0].verifier()),
        ] {
            let error = read(&bad).expect_err("refused");
            assert!(!error.contains(&secret[..40]), "{error}");
        }
    }
}
