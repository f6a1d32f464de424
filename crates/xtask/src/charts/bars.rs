//! Groups of bars, each with its number on top.

use super::style::{self, Entry, FONT, Failed, GRID, GROUND, INK, TEXT, TITLE};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

/// A picture of bars.
pub struct Bars {
    pub title: String,
    /// What the height is, with its unit.
    pub y: String,
    /// The names under the groups.
    pub groups: Vec<String>,
    /// For each series its name, and a height for each group; none where it was not measured.
    pub series: Vec<(String, Vec<Option<f64>>)>,
}

/// Of a group's width, what its bars take.
const FILLED: f64 = 0.8;

/// Room for the names under the groups, and the distance of their lines.
const NAMES: u32 = 92;
const NAME_LINE: i32 = 18;
/// Pixels of a character, about, and of the chart's width without its edges.
const CHARACTER: usize = 8;
const WIDTH: usize = 730;

impl Bars {
    /// Draws it.
    pub fn draw(&self) -> Result<String, String> {
        let mut text = String::new();
        self.draw_to(&mut text).map_err(|error| format!("{}: {error}", self.title))?;
        Ok(text)
    }

    fn draw_to(&self, text: &mut String) -> Result<(), Failed> {
        let entry = |(index, (name, _)): (usize, &(String, _))| Entry {
            name: name.clone(),
            colour: style::colour(index),
            mark: 14,
        };
        let legend: Vec<Entry> = self.series.iter().enumerate().map(entry).collect();
        let root = style::begin(text, &legend)?;
        let highest = self.series.iter().flat_map(|(_, heights)| heights.iter().flatten()).copied().fold(0.0, f64::max);
        let count = self.groups.len();
        let mut chart = ChartBuilder::on(&root)
            .caption(&self.title, (FONT, TITLE, &INK))
            .margin(16)
            .x_label_area_size(NAMES)
            .y_label_area_size(76)
            .build_cartesian_2d(0.0..count as f64, 0.0..(highest * 1.2).max(1e-9))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(GROUND)
            .bold_line_style(GRID)
            .axis_style(INK)
            .x_labels(0)
            .y_label_formatter(&|value| style::number(*value))
            .y_desc(&self.y)
            .label_style((FONT, TEXT, &INK))
            .draw()?;
        for (index, (_, heights)) in self.series.iter().enumerate() {
            let colour = style::colour(index);
            let width = FILLED / self.series.len() as f64;
            let left = |group: usize| group as f64 + (1.0 - FILLED) / 2.0 + index as f64 * width;
            let measured = || heights.iter().enumerate().filter_map(|(group, height)| Some((group, (*height)?)));
            chart.draw_series(measured().map(|(group, height)| {
                Rectangle::new([(left(group), 0.0), (left(group) + width * 0.94, height)], colour.filled())
            }))?;
            let above = (FONT, TEXT - 2, &INK).into_text_style(&root).pos(Pos::new(HPos::Center, VPos::Bottom));
            chart.draw_series(measured().map(|(group, height)| {
                Text::new(style::number(height), (left(group) + width * 0.47, height + highest * 0.01), above.clone())
            }))?;
        }
        let below = (FONT, TEXT, &INK).into_text_style(&root).pos(Pos::new(HPos::Center, VPos::Top));
        for (group, name) in self.groups.iter().enumerate() {
            let (x, y) = chart.backend_coord(&(group as f64 + 0.5, 0.0));
            let lines = style::wrapped(name, WIDTH / count.max(1) / CHARACTER);
            for (line, text) in (0..).zip(lines) {
                root.draw(&Text::new(text, (x, y + 8 + line * NAME_LINE), below.clone()))?;
            }
        }
        root.present()?;
        Ok(())
    }
}
