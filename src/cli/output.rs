//! Printing for people and for programs.

use std::{
    io::{ErrorKind, IsTerminal, Write},
    time::Duration,
};

use serde::Serialize;

use super::client::CliError;
use crate::{
    vocabulary::Millis,
    wire::rest::{SetAsideDocument, StoreReport},
};

/// For whom results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    Text,
    Json,
}

impl Output {
    /// Prints a result: as JSON, or as the lines `text` makes of it.
    pub fn print<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), CliError> {
        match self {
            Self::Text => print_line(&text(value)),
            Self::Json => {
                print_line(&serde_json::to_string(value).map_err(|error| CliError::Refused(error.to_string()))?)
            }
        }
    }
}

/// Prints to standard output. A reader that has seen enough (`| head`) is no failure.
pub fn print_line(line: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(cause) => Err(CliError::File { path: "standard output".into(), cause }),
        Ok(()) => Ok(()),
    }
}

/// Colours of the terminal, by what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Good,
    Busy,
    Urgent,
    Quiet,
}

/// A text and its colour on a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Styled {
    pub text: String,
    pub colour: Option<Colour>,
}

impl From<String> for Styled {
    fn from(text: String) -> Self {
        Self { text, colour: None }
    }
}

impl Styled {
    /// A text of this colour.
    pub fn new(text: impl Into<String>, colour: Colour) -> Self {
        Self { text: text.into(), colour: Some(colour) }
    }

    /// The text, padded with spaces, in its colour if standard output shows colours.
    pub fn painted(&self, width: usize) -> String {
        let padding = " ".repeat(width.saturating_sub(self.text.chars().count()));
        let code = self.colour.filter(|_| shows_colours()).map(|colour| match colour {
            Colour::Good => 32,
            Colour::Busy => 33,
            Colour::Urgent => 31,
            Colour::Quiet => 2,
        });
        match code {
            Some(code) => format!("\u{1b}[{code}m{}\u{1b}[0m{padding}", self.text),
            None => format!("{}{padding}", self.text),
        }
    }
}

/// Standard output is a terminal, and nobody said that it should be plain (<https://no-color.org>).
fn shows_colours() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Tells something beside the result, on standard error; that nobody listens there is no failure.
pub fn tell(line: &str) {
    if let Err(error) = writeln!(std::io::stderr(), "{line}") {
        tracing::debug!(%error, "nobody listens to standard error");
    }
}

/// Columns as wide as their widest cell.
pub fn table(rows: &[Vec<String>]) -> String {
    styled_table(&rows.iter().map(|row| row.iter().cloned().map(Styled::from).collect()).collect::<Vec<_>>())
}

/// What is known of one thing, a line for each that says something; texts of others are safe on a terminal.
pub fn fields<const COUNT: usize>(fields: [(&str, Option<String>); COUNT]) -> String {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
    table(&given.map(|(name, value)| vec![name.to_owned(), printable(&value, false)]).collect::<Vec<_>>())
}

/// Columns as wide as their widest cell, in colours on a terminal.
pub fn styled_table(rows: &[Vec<Styled>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<Styled>| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| cell.painted(width));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// How long something took, as people say it.
pub fn lasting(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Text of others, safe on a terminal: no sign in it moves the cursor or changes anything but, if wanted, colours.
pub fn printable(text: &str, colours: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((sequence, end)) = escape_sequence(rest) {
            if colours && end == 'm' {
                shown.push_str(sequence);
            }
            rest = &rest[sequence.len()..];
            continue;
        }
        if !first.is_control() || first == '\n' || first == '\t' {
            shown.push(first);
        }
        rest = &rest[first.len_utf8()..];
    }
    if colours && shown.contains(ESCAPE) { shown + COLOURS_OFF } else { shown }
}

const ESCAPE: char = '\u{1b}';

/// What one text switches on is not to reach the next.
const COLOURS_OFF: &str = "\u{1b}[0m";

/// A control sequence at the beginning of a text, and the sign that ends it and says what it does.
fn escape_sequence(text: &str) -> Option<(&str, char)> {
    let inside = text.strip_prefix("\u{1b}[")?;
    let (at, end) = inside.char_indices().find(|(_, sign)| !(' '..='?').contains(sign))?;
    ('@'..='~').contains(&end).then(|| (&text[..2 + at + end.len_utf8()], end))
}

/// A moment as people read it, in UTC.
pub fn moment(millis: Millis) -> String {
    let seconds = millis.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// The Gregorian date of a day counted from 1970-01-01, by counting in eras of 400 years that begin in March.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1)
}

/// Prints what an inspection found; damage is a failure.
pub fn print_report(report: &StoreReport, output: Output) -> Result<(), CliError> {
    output.print(report, report_text)?;
    if report.damage.is_empty() && report.set_aside.is_empty() { Ok(()) } else { Err(CliError::Damaged) }
}

fn report_text(report: &StoreReport) -> String {
    let StoreReport { documents, blobs, events, bytes_on_disk, bytes_live, .. } = report;
    let counts = format!("{documents} documents, {blobs} blobs, {events} events");
    let space = format!("{bytes_live} bytes of data, {bytes_on_disk} bytes on disk");
    let mut lines = vec![counts, space];
    lines.extend(report.set_aside.iter().map(set_aside_sentence));
    lines.extend(report.damage.iter().cloned());
    lines.extend(report.damaged_documents.iter().map(|document| damaged_sentence(document)));
    if report.damage.len() > report.damaged_documents.len() {
        lines.push("What belongs to no document can only come back from a backup: `coscribe restore`.".into());
    }
    if lines.len() == 2 {
        lines.push("Nothing is damaged.".into());
    }
    lines.join("\n")
}

fn set_aside_sentence(found: &SetAsideDocument) -> String {
    let SetAsideDocument { document, cause } = found;
    format!(
        "{document} is set aside: {cause}. Let it be opened again with `coscribe doctor --take-back {document}`, or move \
         it out of the store with `coscribe doctor --set-aside {document}`."
    )
}

fn damaged_sentence(document: &str) -> String {
    format!(
        "{document} cannot be opened. Restore a backup into a new data directory, or stop the server and move the \
         document out of the store, all its records kept, with `coscribe doctor --set-aside {document}`."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates_in_utc() {
        assert_eq!(moment(0), "1970-01-01 00:00:00");
        assert_eq!(moment(951_782_399_999), "2000-02-28 23:59:59");
        assert_eq!(moment(951_782_400_000), "2000-02-29 00:00:00");
        assert_eq!(moment(1_795_227_005_000), "2026-11-21 02:10:05");
        assert_eq!(moment(-1), "1969-12-31 23:59:59");
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        assert_eq!(lasting(Duration::from_millis(1250)), "1.2 s");
        assert_eq!(lasting(Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(lasting(Duration::from_secs(3725)), "1 h 2 min");
    }

    #[test]
    fn nothing_that_others_wrote_moves_the_cursor() {
        let hostile = "a\u{1b}[2J\u{1b}]0;title\u{7}b\r\u{1b}[31mred\u{1b}[1;1Hc\u{9b}2Jd\n\te";
        assert_eq!(printable(hostile, false), "a]0;titlebredc2Jd\n\te");
        assert_eq!(printable(hostile, true), "a]0;titleb\u{1b}[31mredc2Jd\n\te\u{1b}[0m");
        assert_eq!(printable("\u{1b}[", true), "[");
    }

    #[test]
    fn columns_line_up() {
        let rows = [vec!["a".into(), "b".into()], vec!["ccc".into(), "d".into()]];
        assert_eq!(table(&rows), "a    b\nccc  d");
    }
}
