//! How all pictures look.

use plotters::{coord::Shift, prelude::*};

/// A part of a picture.
pub type Area<'t> = DrawingArea<SVGBackend<'t>, Shift>;
/// What drawing may say.
pub type Failed = Box<dyn std::error::Error>;

/// Width and height in pixels.
pub const SIZE: (u32, u32) = (1_060, 480);
/// Of the width, the legend's part.
const LEGEND: u32 = 220;
/// Of the legend: the distance of its lines, and of its top from the picture's.
const LEGEND_LINE: i32 = 24;
const LEGEND_TOP: i32 = 64;
/// The ground, the text and lines of the grid.
pub const GROUND: RGBColor = RGBColor(255, 255, 255);
pub const INK: RGBColor = RGBColor(36, 41, 47);
pub const GRID: RGBColor = RGBColor(222, 226, 230);
/// Fonts are named by kind: the reader's machine has one of each.
pub const FONT: &str = "sans-serif";
pub const TITLE: u32 = 22;
pub const TEXT: u32 = 15;

/// One colour a series; told apart by people who see few colours, too.
const SERIES: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// The colour of a series.
pub fn colour(series: usize) -> RGBColor {
    SERIES[series % SERIES.len()]
}

/// One line of a legend.
pub struct Entry {
    pub name: String,
    pub colour: RGBColor,
    /// Height of its mark in pixels.
    pub mark: i32,
}

/// Begins a picture with its legend at the right; what is left is for the chart.
pub fn begin<'t>(text: &'t mut String, legend: &[Entry]) -> Result<Area<'t>, Failed> {
    let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
    root.fill(&GROUND)?;
    let (chart, side) = root.split_horizontally(SIZE.0 - LEGEND);
    let style = TextStyle::from((FONT, TEXT - 1).into_font()).color(&INK);
    for (line, entry) in (0..).zip(legend) {
        let y = LEGEND_TOP + line * LEGEND_LINE;
        side.draw(&Rectangle::new([(0, y - entry.mark / 2), (16, y + (entry.mark + 1) / 2)], entry.colour.filled()))?;
        side.draw(&Text::new(entry.name.clone(), (24, y - 8), style.clone()))?;
    }
    Ok(chart)
}

/// Words in lines of so many characters, where words are short enough.
pub fn wrapped(text: &str, characters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= characters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A number for a reader: short, with separators.
pub fn number(value: f64) -> String {
    if value.abs() < 10.0 && value.fract() != 0.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if value < 0.0 { format!("-{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (value, expected) in
            [(0.0, "0"), (0.984, "0.98"), (7.0, "7"), (950.4, "950"), (12_345.6, "12,346"), (-1_000.0, "-1,000")]
        {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn words_are_kept_whole() {
        assert_eq!(wrapped("no group commit, 64 in flight", 13), ["no group", "commit, 64 in", "flight"]);
        assert_eq!(wrapped("connections", 3), ["connections"]);
    }
}
