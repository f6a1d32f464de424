//! A tree of lines for people.

use clap::builder::styling::{AnsiColor, Style};
use std::fmt::Write;
use std::io::{IsTerminal, stdout};

/// A line with the lines below it.
#[derive(Debug, Default)]
pub struct Node {
    line: String,
    below: Vec<Node>,
}

impl Node {
    /// A line.
    pub fn new(line: impl Into<String>) -> Self {
        Self { line: line.into(), below: Vec::new() }
    }

    /// Adds a line below, unless it is empty.
    pub fn add(&mut self, node: impl Into<Self>) -> &mut Self {
        let node = node.into();
        if !node.line.is_empty() {
            self.below.push(node);
        }
        self
    }

    /// Adds a name and a value below, the values aligned; an empty value is left out.
    pub fn field(&mut self, name: &str, value: impl AsRef<str>) -> &mut Self {
        let value = value.as_ref();
        if value.is_empty() { self } else { self.add(format!("{name:<10} {value}")) }
    }

    /// All lines, with what leads to them.
    pub fn draw(&self) -> String {
        let mut out = self.line.clone();
        self.draw_below("", &mut out);
        out
    }

    fn draw_below(&self, before: &str, out: &mut String) {
        for (index, node) in self.below.iter().enumerate() {
            let is_last = index + 1 == self.below.len();
            let (own, lower) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let _ = write!(out, "\n{before}{own}{}", node.line);
            node.draw_below(&format!("{before}{lower}"), out);
        }
    }
}

impl From<String> for Node {
    fn from(line: String) -> Self {
        Self::new(line)
    }
}

/// Colours, where somebody sees them.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    is_on: bool,
}

impl Paint {
    /// On when standard output is a terminal and the environment does not say otherwise (no-color.org).
    pub fn for_output() -> Self {
        let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { is_on: stdout().is_terminal() && !is_refused }
    }

    /// A state of a job or task, in the colour of what it means.
    pub fn state(self, state: &str) -> String {
        let colour = match state {
            "SUCCEEDED" => AnsiColor::Green,
            "FAILED" | "TIMED_OUT" => AnsiColor::Red,
            "CANCELLED" | "CANCELLING" | "SKIPPED" => AnsiColor::BrightBlack,
            _ => AnsiColor::Yellow,
        };
        self.with(Style::new().fg_color(Some(colour.into())), state)
    }

    /// What went wrong.
    pub fn bad(self, text: &str) -> String {
        self.with(Style::new().fg_color(Some(AnsiColor::Red.into())), text)
    }

    /// What a reader looks for first.
    pub fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// What a reader may pass over.
    pub fn faint(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.is_on && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lead_to_what_is_below_them() {
        let mut inner = Node::new("b");
        inner.add(Node::new("c")).add(Node::new("d"));
        let mut root = Node::new("a");
        root.add(inner).add(Node::default()).field("name", "value").field("nothing", "");
        assert_eq!(root.draw(), "a\n├─ b\n│  ├─ c\n│  └─ d\n└─ name       value");
    }

    #[test]
    fn colour_is_only_where_it_is_seen() {
        assert_eq!(Paint { is_on: false }.state("FAILED"), "FAILED");
        assert_eq!(Paint { is_on: true }.state("FAILED"), "\u{1b}[31mFAILED\u{1b}[0m");
        assert_eq!(Paint { is_on: true }.bold(""), "");
    }
}
