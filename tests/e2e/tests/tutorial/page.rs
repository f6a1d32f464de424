//! The page as blocks, and its promises about output.

/// A block, with what it prints when the page says so.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// Where its fence stands.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
    /// What stands in it.
    pub text: String,
    /// The `text` block right below it.
    pub prints: Option<String>,
}

/// What a block is.
#[derive(Debug, PartialEq)]
pub enum Kind {
    /// A file of this name.
    File(String),
    /// Commands.
    Shell,
}

impl Block {
    /// What it is, for the test's own output.
    pub fn title(&self) -> &str {
        match &self.kind {
            Kind::File(name) => name,
            Kind::Shell => self.text.lines().last().unwrap_or_default(),
        }
    }
}

/// Cuts a page into blocks. An error, with the line, for one that could not be run.
pub fn blocks(page: &str) -> Result<Vec<Block>, String> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = page.lines().zip(1..);
    let mut below_commands = false;
    while let Some((text, line)) = lines.next() {
        let Some(info) = text.strip_prefix("```") else {
            if text.trim_start().starts_with("```") || text.starts_with("~~~") {
                return Err(format!("line {line}: a block is neither indented nor between tildes"));
            }
            below_commands = false;
            continue;
        };
        let body = body(&mut lines).ok_or_else(|| format!("line {line}: a block without an end"))?;
        match (info.split_once(" title="), info) {
            (Some((_, name)), _) => {
                let kind = Kind::File(file_name(name, &body).map_err(|what| format!("line {line}: {what}"))?);
                blocks.push(Block { line, kind, text: body, prints: None });
            }
            (None, "sh") => blocks.push(Block { line, kind: Kind::Shell, text: body, prints: None }),
            (None, "text") => match blocks.last_mut() {
                Some(commands) if below_commands => commands.prints = Some(body),
                _ => return Err(format!("line {line}: output that is not right below its commands")),
            },
            (None, _) => return Err(format!("line {line}: neither a file, nor commands, nor their output")),
        }
        below_commands = info == "sh";
    }
    Ok(blocks)
}

/// The lines up to the end of a block.
fn body<'a>(lines: &mut impl Iterator<Item = (&'a str, usize)>) -> Option<String> {
    let mut body = String::new();
    loop {
        match lines.next()?.0 {
            "```" => return Some(body),
            text => {
                body += text;
                body.push('\n');
            }
        }
    }
}

/// A name inside the folder, which the file itself says in its first line: readers do not see the fence.
fn file_name(name: &str, text: &str) -> Result<String, String> {
    if name.starts_with('/') || name.split('/').any(|part| part == "..") || name.contains(['\'', ' ']) {
        return Err(format!("{name:?} leads out of the folder, or must be quoted"));
    }
    match text.lines().next().is_some_and(|first| first.ends_with(&format!(" {name}"))) {
        true => Ok(name.into()),
        false => Err(format!("its first line does not say {name:?}")),
    }
}

/// Compares what was printed with what the page shows, line by line.
pub fn compare(expected: &str, printed: &str) -> Result<(), String> {
    let mut printed_lines = printed.lines();
    for expected in expected.lines() {
        match printed_lines.next() {
            Some(printed) if fits(&squeezed(expected), &squeezed(printed)) => {}
            Some(printed) => return Err(format!("not {expected:?} but {printed:?}")),
            None => return Err(format!("{expected:?} is missing")),
        }
    }
    match printed_lines.next() {
        None => Ok(()),
        Some(more) => Err(format!("{more:?} is not on the page")),
    }
}

/// One space for each gap: columns are as wide as what stands in them.
fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('…') else { return pattern == text };
    // What stands beside the `…` may be nothing, and then the gap on its other side has gone too.
    let Some(rest) = text.strip_prefix(head).or_else(|| (text == head.trim_end()).then_some("")) else { return false };
    let places = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    places.into_iter().any(|at| fits(tail, &rest[at..]))
}
