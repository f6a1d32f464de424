//! What a build with the feature `ablation` lets a measurement change, to show what each technique is worth. Any other build
//! refuses to run with such a setting: none can be left on by accident.

use esteira_coordinator::Settings;
use esteira_store_sql::Sent;
use std::sync::Arc;

/// Whether this build has it.
pub const IN_BUILD: bool = cfg!(feature = "ablation");

/// How the names of all these settings begin.
const PREFIX: &str = "ESTEIRA_BENCH_";
/// `off`: a transaction for each piece of work.
pub const GROUP_COMMIT: &str = "ESTEIRA_BENCH_GROUP_COMMIT";
/// `off`: every task goes through the queue.
pub const HAND_OFF: &str = "ESTEIRA_BENCH_HAND_OFF";
/// `off`: ids are random, not in the order of time.
pub const ORDERED_IDS: &str = "ESTEIRA_BENCH_ORDERED_IDS";
/// `on`: each line of standard input is answered with two numbers, statements and commits sent so far.
pub const COUNTS: &str = "ESTEIRA_BENCH_COUNTS";

/// Takes the settings of the environment; the name of one that this build refuses is the error.
pub fn apply(settings: &mut Settings) -> Result<(), String> {
    if IN_BUILD {
        tracing::warn!("this build is for measurements: settings named {PREFIX}.. can turn parts of it off");
    }
    apply_from(IN_BUILD, std::env::vars_os().map(|(name, value)| (lossy(&name), lossy(&value))), settings)
}

fn lossy(text: &std::ffi::OsStr) -> String {
    text.to_string_lossy().into_owned()
}

fn apply_from(
    in_build: bool,
    environment: impl Iterator<Item = (String, String)>,
    settings: &mut Settings,
) -> Result<(), String> {
    for (name, value) in environment.filter(|(name, _)| name.starts_with(PREFIX)) {
        if !in_build {
            return Err(format!("{name} is for measurements: this build has no feature `ablation`"));
        }
        match (name.as_str(), value.as_str()) {
            (GROUP_COMMIT, "off") => settings.batch_max = 1,
            (HAND_OFF, "off") => settings.hand_off = false,
            (ORDERED_IDS, "off") => settings.ordered_ids = false,
            (COUNTS, "on") => {}
            _ => return Err(format!("{name}={value} is no setting of a measurement")),
        }
    }
    Ok(())
}

/// Answers on standard output for as long as somebody asks, if that was asked for.
pub fn answer_counts(sent: Arc<Sent>) {
    if !IN_BUILD || std::env::var_os(COUNTS).is_none() {
        return;
    }
    // Detached: it ends with its standard input, or with the process.
    std::thread::spawn(move || {
        for _ in std::io::stdin().lines().map_while(Result::ok) {
            if crate::cli::output::put(format_args!("{} {}", sent.statements(), sent.commits())).is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(in_build: bool, name: &str, value: &str, expected: Option<(usize, bool, bool)>) {
        let mut settings = Settings::default();
        let environment = [("PATH", "/bin"), (name, value)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let applied = apply_from(in_build, environment.into_iter(), &mut settings);
        let found = applied.ok().map(|()| (settings.batch_max, settings.hand_off, settings.ordered_ids));
        assert_eq!(found, expected, "{in_build} {name}={value}");
    }

    #[test]
    fn settings_of_a_measurement() {
        let batch_max = Settings::default().batch_max;
        check(true, GROUP_COMMIT, "off", Some((1, true, true)));
        check(true, HAND_OFF, "off", Some((batch_max, false, true)));
        check(true, ORDERED_IDS, "off", Some((batch_max, true, false)));
        check(true, COUNTS, "on", Some((batch_max, true, true)));
        check(true, "ESTEIRA_LOG", "warn", Some((batch_max, true, true)));
        check(true, HAND_OFF, "on", None);
        check(true, "ESTEIRA_BENCH_SPEED", "off", None);
    }

    #[test]
    fn another_build_refuses_them_all() {
        for name in [GROUP_COMMIT, HAND_OFF, ORDERED_IDS, COUNTS, "ESTEIRA_BENCH_SPEED"] {
            check(false, name, "off", None);
        }
        check(false, "ESTEIRA_LOG", "warn", Some((Settings::default().batch_max, true, true)));
    }
}
