//! Blocks of a page.

/// A block between fences.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// The heading of its section.
    pub section: String,
    /// What stands behind its first fence.
    pub info: String,
    /// What stands in it.
    pub text: String,
}

/// All blocks of a page, in order.
pub fn of(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut section, mut open) = (String::new(), false);
    for line in page.lines() {
        match (line.trim_start().strip_prefix("```"), open) {
            (Some(info), false) => {
                blocks.push(Block { section: section.clone(), info: info.into(), text: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => {
                if let Some(block) = blocks.last_mut() {
                    block.text += line;
                    block.text.push('\n');
                }
            }
            (None, false) => {
                if let Some(heading) = line.strip_prefix("## ") {
                    section = heading.into();
                }
            }
        }
    }
    assert!(!open, "the last block has no end");
    blocks
}
