//! Plan documents, as their authors write them.

use esteira_e2e::Server;

/// One step.
pub const GREET: &str = "
name: greet
display_name: A greeting
steps:
  - step_key: say
    function: cli.greet
";

/// The same plan with another function.
pub const GREET_AGAIN: &str = "
name: greet
display_name: A greeting
steps:
  - step_key: say
    function: cli.picky
";

/// It leads to a step that is not there.
pub const UNKNOWN_STEP: &str = "
name: lost
steps:
  - step_key: say
    function: cli.greet
    next: [nowhere]
";

/// One step that fails.
pub const PICKY: &str = "
name: picky
steps:
  - step_key: choose
    function: cli.picky
";

/// Three steps that nobody serves.
pub const THREE: &str = "
name: three
steps:
  - { step_key: a, function: cli.nobody }
  - { step_key: b, function: cli.nobody }
  - { step_key: c, function: cli.nobody }
";

/// A step that fails beside one that waits, so that the job goes on.
pub const BESIDE: &str = "
name: beside
steps:
  - { step_key: choose, function: cli.picky }
  - { step_key: later, function: cli.nobody }
";

/// Writes a file into the server's directory; its path.
pub fn write(server: &Server, name: &str, text: &str) -> String {
    let path = server.directory().join(name);
    std::fs::write(&path, text.trim_start()).expect("a file can be written");
    path.to_str().expect("the path is UTF-8").to_owned()
}

/// A step that says nothing.
pub const SILENT: &str = "
name: silent
steps:
  - step_key: look
    function: condition
";
