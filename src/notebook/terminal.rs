//! What a terminal would show of a stream of text: `\r`, `\b`, erased lines, colours kept. Pure.
//!
//! Only the line the cursor is in is remembered; a program that moves the cursor up writes below instead.
//! Invariant: the edits given, applied in order, make exactly the text that [`Terminal`] believes is shown.

use std::sync::Arc;

/// A longer line is cut here for the cursor: what stands before cannot be overwritten any more.
const LINE_MAX: usize = 8_192;
/// Longer colour sequences start anew; no program needs more at once.
const STYLE_MAX: usize = 128;
/// An escape sequence that does not end by then is none.
const ESCAPE_MAX: usize = 128;
const RESET: &str = "\x1b[0m";

/// The colours in force, as the sequences that set them; `None` is the terminal's own.
type Style = Option<Arc<str>>;

#[derive(Debug, Clone, PartialEq)]
struct Glyph {
    character: char,
    style: Style,
}

/// How the shown text changes, in UTF-16 units counted from the start of the line the cursor was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub at: u32,
    pub remove: u32,
    pub insert: String,
}

/// The state of one stream.
#[derive(Debug, Default)]
pub struct Terminal {
    line: Vec<Glyph>,
    column: usize,
    style: Style,
    /// The style in which the text before this line ended.
    base: Style,
    /// The line as it is shown.
    shown: String,
    /// An escape sequence whose end has not come yet.
    escape: String,
}

impl Terminal {
    /// The length of the line the cursor is in, in UTF-16 units.
    pub fn line_units(&self) -> u32 {
        units(&self.shown)
    }

    /// Writes text; says how what is shown changes.
    pub fn write(&mut self, text: &str) -> Edit {
        let mut done = String::new();
        let rest = self.write_plainly(text, &mut done);
        self.write_slowly(rest, &mut done);
        let line = self.render();
        let after = done + &line;
        let kept = common_prefix(&self.shown, &after);
        let edit = Edit {
            at: units(&self.shown[..kept]),
            remove: units(&self.shown[kept..]),
            insert: after[kept..].to_owned(),
        };
        self.shown = line;
        edit
    }

    /// Whole lines without control characters, which is nearly all there is. Gives what it did not write.
    fn write_plainly<'a>(&mut self, text: &'a str, done: &mut String) -> &'a str {
        let special = |byte: &u8| *byte < 0x20 && *byte != b'\n' && *byte != b'\t' || *byte == 0x7f;
        let plain_bytes = text.as_bytes().iter().position(special).unwrap_or(text.len());
        let lines = text[..plain_bytes].rfind('\n').map_or(0, |at| at + 1);
        let at_end = self.column == self.line.len() && self.escape.is_empty();
        if lines == 0 || !at_end || self.style != self.end_of_line() {
            return text;
        }
        done.push_str(&self.render());
        done.push_str(&text[..lines]);
        self.base = self.style.clone();
        self.line.clear();
        self.column = 0;
        &text[lines..]
    }

    /// The style in which the shown line ends.
    fn end_of_line(&self) -> Style {
        self.line.last().map_or_else(|| self.base.clone(), |glyph| glyph.style.clone())
    }

    fn write_slowly(&mut self, text: &str, done: &mut String) {
        for character in text.chars() {
            match character {
                _ if !self.escape.is_empty() => self.continue_escape(character),
                '\x1b' => self.escape.push(character),
                '\n' => self.end_line(done, true),
                '\r' => self.column = 0,
                '\x08' => self.column = self.column.saturating_sub(1),
                '\t' => self.put(character, done),
                control if control.is_control() => {}
                character => self.put(character, done),
            }
        }
    }

    fn put(&mut self, character: char, done: &mut String) {
        let glyph = Glyph { character, style: self.style.clone() };
        while self.line.len() < self.column {
            self.line.push(Glyph { character: ' ', style: None });
        }
        match self.line.get_mut(self.column) {
            Some(there) => *there = glyph,
            None => self.line.push(glyph),
        }
        self.column += 1;
        if self.line.len() > LINE_MAX && self.column == self.line.len() {
            self.end_line(done, false);
        }
    }

    fn end_line(&mut self, done: &mut String, with_break: bool) {
        done.push_str(&self.render());
        self.base = self.end_of_line();
        if with_break {
            turn(&self.base, &self.style, done);
            self.base = self.style.clone();
            done.push('\n');
        }
        self.line.clear();
        self.column = 0;
    }

    fn continue_escape(&mut self, character: char) {
        self.escape.push(character);
        let kind = self.escape.as_bytes().get(1).copied();
        let over = match kind {
            Some(b'[') => self.escape.len() > 2 && ('@'..='~').contains(&character),
            // A title or a link: up to BEL or ESC \.
            Some(b']') => character == '\x07' || self.escape.ends_with("\x1b\\"),
            _ => true,
        };
        if over || self.escape.len() > ESCAPE_MAX && kind != Some(b']') {
            let escape = std::mem::take(&mut self.escape);
            self.obey(&escape, character);
        } else if self.escape.len() > ESCAPE_MAX {
            // Of a long title only its kind must be known until it ends.
            self.escape.replace_range(2..self.escape.len() - character.len_utf8(), "");
        }
    }

    fn obey(&mut self, escape: &str, command: char) {
        let Some(parameters) = escape.strip_prefix("\x1b[").and_then(|rest| rest.strip_suffix(command)) else { return };
        let count = parameters.parse::<usize>().unwrap_or(1).clamp(1, LINE_MAX);
        match command {
            'm' => self.set_style(escape, parameters),
            'K' => self.erase(parameters),
            'C' => self.column = (self.column + count).min(LINE_MAX),
            'D' => self.column = self.column.saturating_sub(count),
            'G' => self.column = count - 1,
            _ => {}
        }
    }

    fn set_style(&mut self, escape: &str, parameters: &str) {
        let first = parameters.split(';').next().unwrap_or_default();
        let resets = first.is_empty() || first == "0";
        let only_resets = resets && !parameters.contains(';');
        let before = self.style.as_deref().filter(|before| !resets && before.len() + escape.len() <= STYLE_MAX);
        self.style = (!only_resets).then(|| format!("{}{escape}", before.unwrap_or_default()).into());
    }

    fn erase(&mut self, parameters: &str) {
        let end = self.line.len();
        let erased = match parameters {
            "" | "0" => self.column.min(end)..end,
            "1" => 0..(self.column + 1).min(end),
            "2" => 0..end,
            _ => return,
        };
        if erased.end == end {
            self.line.truncate(erased.start);
        } else {
            self.line[erased].fill(Glyph { character: ' ', style: None });
        }
    }

    fn render(&self) -> String {
        let mut text = String::with_capacity(self.line.len());
        let mut style = &self.base;
        for glyph in &self.line {
            turn(style, &glyph.style, &mut text);
            style = &glyph.style;
            text.push(glyph.character);
        }
        text
    }
}

/// Writes what leads from one style to another.
fn turn(from: &Style, to: &Style, text: &mut String) {
    if from == to {
        return;
    }
    let to = to.as_deref().unwrap_or_default();
    match to.strip_prefix(from.as_deref().unwrap_or_default()) {
        Some(more) if !to.is_empty() => text.push_str(more),
        _ => {
            text.push_str(RESET);
            text.push_str(to);
        }
    }
}

fn common_prefix(old: &str, new: &str) -> usize {
    let both = old.char_indices().zip(new.chars());
    both.take_while(|((_, old), new)| old == new).last().map_or(0, |((at, character), _)| at + character.len_utf8())
}

/// Length in UTF-16 units, in which Yjs counts. A text in a document is far shorter than 4 Gi units.
pub fn units(text: &str) -> u32 {
    text.chars().map(|character| character.len_utf16() as u32).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A text kept by the edits alone.
    #[derive(Default)]
    struct Screen {
        terminal: Terminal,
        shown: Vec<u16>,
        changed: u32,
    }

    impl Screen {
        fn write(&mut self, text: &str) {
            let line = self.shown.len() - self.terminal.line_units() as usize;
            let edit = self.terminal.write(text);
            let (at, end) = (line + edit.at as usize, line + (edit.at + edit.remove) as usize);
            self.changed += edit.remove + units(&edit.insert);
            self.shown.splice(at..end, edit.insert.encode_utf16());
        }

        fn text(&self) -> String {
            String::from_utf16(&self.shown).unwrap()
        }
    }

    fn shown(chunks: &[&str]) -> String {
        let mut screen = Screen::default();
        chunks.iter().for_each(|chunk| screen.write(chunk));
        screen.text()
    }

    #[test]
    fn ln_83_a_progress_bar_shows_its_newest_line_only() {
        assert_eq!(shown(&["  0%|   |\r 50%|#  |", "\r100%|###|\n", "done\n"]), "100%|###|\ndone\n");
        assert_eq!(shown(&["long line\rab\n"]), "abng line\n");
        assert_eq!(shown(&["long line\r\x1b[Kab\n"]), "ab\n");
        assert_eq!(shown(&["abc\x08\x08X\n", "one\r\ntwo\r\n"]), "aXc\none\ntwo\n");
    }

    #[test]
    fn ln_83_colours_are_kept_as_they_were_written() {
        for text in [
            "\x1b[31mred\x1b[0m plain\n",
            "\x1b[0;31mE\x1b[0m: x",
            "\x1b[1m\x1b[32mb\x1b[0m\n",
            "a\x1b[31mb\nc\x1b[0md",
        ] {
            assert_eq!(shown(&[text]), text);
            let letters: Vec<String> = text.chars().map(String::from).collect();
            assert_eq!(shown(&letters.iter().map(String::as_str).collect::<Vec<_>>()), text);
        }
        assert_eq!(shown(&["\x1b[32mgreen\x1b[0m\r\x1b[31mred"]), "\x1b[31mred\x1b[0m\x1b[32men");
    }

    #[test]
    fn what_no_line_can_show_is_left_out() {
        assert_eq!(shown(&["a\x07b\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\x1b[2Jc\x00"]), "ablinkc");
        assert_eq!(shown(&["\x1b", "[", "3", "1", "mx"]), "\x1b[31mx");
    }

    #[test]
    fn a_line_that_never_ends_costs_no_more_than_its_text() {
        let mut screen = Screen::default();
        (0..1_000).for_each(|_| screen.write(&"x".repeat(1_000)));
        assert_eq!(screen.shown.len(), 1_000_000);
        assert_eq!(screen.changed, 1_000_000);
    }

    proptest! {
        #[test]
        fn the_pieces_in_which_a_stream_comes_change_nothing(
            text in "([a-c😀\n\r\t\x08]|\x1b\\[31m|\x1b\\[0m|\x1b\\[K|\x1b\\[2D){0,60}", cuts in proptest::collection::vec(0usize..200, 0..8)
        ) {
            let mut places: Vec<usize> = cuts.into_iter().filter(|at| text.is_char_boundary(*at)).collect();
            places.extend([0, text.len()]);
            places.retain(|at| *at <= text.len());
            places.sort_unstable();
            let chunks: Vec<&str> = places.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            prop_assert_eq!(shown(&chunks), shown(&[&text]));
        }

        #[test]
        fn plain_text_is_shown_as_it_is(text in "[a-z😀é\n\t]{0,200}") {
            prop_assert_eq!(shown(&[&text]), text);
        }
    }
}
