//! `charts`: pictures and a table of what `esteira bench --json` wrote.
//!
//! Pictures have a ground of their own, so that they are legible on a light page and on a dark one. Read [`pictures`] first.

mod bars;
mod figures;
mod lines;
mod pictures;
mod style;
mod table;

use std::path::Path;

/// Draws all pictures that the figures have rows for, and writes the table.
pub fn run(figures: &Path, folder: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(figures).map_err(|error| format!("{}: {error}", figures.display()))?;
    let figures = figures::read(&text)?;
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files = pictures::draw(&figures)?;
    files.push(("figures.md", table::write(&figures)));
    for (name, text) in files {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        println!("{}", file.display());
    }
    Ok(())
}
