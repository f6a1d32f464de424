//! Lines through points, each point with its label.

use super::style::{self, Entry, FONT, Failed, GRID, GROUND, INK, TEXT, TITLE};
use plotters::{
    coord::{ranged1d::ValueFormatter, types::RangedCoordf64},
    prelude::*,
};

/// A picture of lines.
pub struct Lines {
    pub title: String,
    pub x: String,
    pub y: String,
    /// Whether the height is logarithmic.
    pub logarithmic: bool,
    pub series: Vec<Line>,
}

/// One line.
pub struct Line {
    pub name: String,
    /// Place, height, and what stands beside the point.
    pub points: Vec<(f64, f64, String)>,
    /// The colour's number; lines of one colour belong together.
    pub colour: usize,
    /// Whether it is drawn thin.
    pub thin: bool,
}

/// How thick lines are, in pixels.
const THIN: u32 = 2;
const THICK: u32 = 4;

impl Lines {
    /// Draws it.
    pub fn draw(&self) -> Result<String, String> {
        let mut text = String::new();
        self.draw_to(&mut text).map_err(|error| format!("{}: {error}", self.title))?;
        Ok(text)
    }

    fn points(&self) -> impl Iterator<Item = &(f64, f64, String)> {
        self.series.iter().flat_map(|line| &line.points)
    }

    fn draw_to(&self, text: &mut String) -> Result<(), Failed> {
        let entry = |line: &Line| Entry {
            name: line.name.clone(),
            colour: style::colour(line.colour),
            mark: if line.thin { THIN } else { THICK } as i32,
        };
        let legend: Vec<Entry> = self.series.iter().map(entry).collect();
        let root = style::begin(text, &legend)?;
        let right = self.points().map(|point| point.0).fold(0.0, f64::max) * 1.08;
        let top = self.points().map(|point| point.1).fold(0.0, f64::max);
        let bottom = self.points().map(|point| point.1).fold(top, f64::min);
        let mut builder = ChartBuilder::on(&root);
        builder.caption(&self.title, (FONT, TITLE, &INK)).margin(16).x_label_area_size(48).y_label_area_size(76);
        if self.logarithmic {
            let heights = (bottom * 0.7).max(1e-9)..(top * 1.5).max(1e-6);
            self.fill(builder.build_cartesian_2d(0.0..right.max(1e-9), heights.log_scale())?)?;
        } else {
            self.fill(builder.build_cartesian_2d(0.0..right.max(1e-9), 0.0..(top * 1.2).max(1e-9))?)?;
        }
        root.present()?;
        Ok(())
    }

    fn fill<'t, Y>(
        &self,
        mut chart: ChartContext<'t, SVGBackend<'t>, Cartesian2d<RangedCoordf64, Y>>,
    ) -> Result<(), Failed>
    where
        Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        chart
            .configure_mesh()
            .light_line_style(GROUND)
            .bold_line_style(GRID)
            .axis_style(INK)
            .x_desc(&self.x)
            .y_desc(&self.y)
            .x_label_formatter(&|value| style::number(*value))
            .y_label_formatter(&|value| style::number(*value))
            .label_style((FONT, TEXT, &INK))
            .draw()?;
        let beside = TextStyle::from((FONT, TEXT - 2).into_font()).color(&INK);
        for line in &self.series {
            let stroke = style::colour(line.colour).stroke_width(if line.thin { THIN } else { THICK });
            let places = || line.points.iter().map(|(x, y, _)| (*x, *y));
            chart.draw_series(LineSeries::new(places(), stroke))?;
            chart.draw_series(places().map(|place| Circle::new(place, 4, style::colour(line.colour).filled())))?;
            chart.draw_series(line.points.iter().filter(|point| !point.2.is_empty()).map(|(x, y, label)| {
                EmptyElement::at((*x, *y)) + Text::new(label.clone(), (7, -16), beside.clone())
            }))?;
        }
        Ok(())
    }
}
