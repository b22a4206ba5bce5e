//! Thinking that local models write into their answer as `<think>…</think>`, taken apart. Pure; imports nothing.
//!
//! A tag opens thinking where a model writes it: at the beginning of a line and outside of a fenced block of code, so that
//! an answer *about* the tag stays as it is. White space inside and behind the tags goes. Invariant: however the text is cut into
//! pieces, the thinking and the answer are the same.

/// Words of one sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    Thinking(String),
    Text(String),
}

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
const FENCE: &str = "```";

/// Where in the text the splitter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the answer; on this line only white space has come so far.
    LineStart,
    /// In the answer, within a line.
    Line,
    /// In thinking.
    Thinking,
}

/// Splits an answer as it comes.
#[derive(Debug)]
pub struct ThinkTags {
    place: Place,
    /// In a fenced block of code.
    fenced: bool,
    /// White space is to be dropped: a tag stands before it.
    after_tag: bool,
    /// Some of the answer has come.
    said: bool,
    /// What cannot be decided yet: shorter than a tag, or white space that a tag may follow.
    held: String,
}

impl Default for ThinkTags {
    fn default() -> Self {
        Self { place: Place::LineStart, fenced: false, after_tag: false, said: false, held: String::new() }
    }
}

impl ThinkTags {
    /// What is decided with the next piece.
    pub fn push(&mut self, piece: &str) -> Vec<Words> {
        self.held.push_str(piece);
        let mut words = Vec::new();
        while let Some(step) = self.step(false) {
            add(&mut words, step);
        }
        words
    }

    /// What was held back, when nothing follows.
    pub fn finish(&mut self) -> Vec<Words> {
        let mut words = Vec::new();
        while let Some(step) = self.step(true) {
            add(&mut words, step);
        }
        words
    }

    /// Takes the next thing from what is held: a tag, a fence, white space or a character. `None` when more must come.
    fn step(&mut self, last: bool) -> Option<Words> {
        match self.place {
            Place::Thinking => self.step_in_thinking(last),
            Place::LineStart => self.step_at_line_start(last),
            Place::Line => self.step_in_line(),
        }
    }

    fn step_in_thinking(&mut self, last: bool) -> Option<Words> {
        let blank = blank_length(&self.held);
        let rest = &self.held[blank..];
        if rest.starts_with(CLOSE) {
            self.held.drain(..blank + CLOSE.len());
            (self.place, self.after_tag) = (Place::LineStart, true);
            return Some(Words::Text(String::new()));
        }
        if rest.is_empty() || CLOSE.starts_with(rest) {
            return self.take_rest(last);
        }
        let mut taken = self.take_blank(blank);
        taken.push_str(&self.take_until('<'));
        self.after_tag = false;
        Some(Words::Thinking(taken))
    }

    fn step_at_line_start(&mut self, last: bool) -> Option<Words> {
        let blank = blank_length(&self.held);
        let rest = &self.held[blank..];
        if !self.fenced && rest.starts_with(OPEN) {
            let before = self.take_blank(blank);
            self.held.drain(..OPEN.len());
            (self.place, self.after_tag) = (Place::Thinking, true);
            // Between words of the answer it keeps them apart.
            return Some(Words::Text(if self.said { before } else { String::new() }));
        }
        let undecided = rest.is_empty() || (!self.fenced && OPEN.starts_with(rest)) || FENCE.starts_with(rest);
        if undecided && rest != FENCE {
            return self.take_rest(last);
        }
        if rest.starts_with(FENCE) {
            self.fenced = !self.fenced;
        }
        let taken = self.take_blank(blank);
        (self.place, self.after_tag, self.said) = (Place::Line, false, true);
        Some(Words::Text(taken))
    }

    fn step_in_line(&mut self) -> Option<Words> {
        if self.held.is_empty() {
            return None;
        }
        let end = self.held.find('\n').unwrap_or(self.held.len());
        if end == 0 {
            // The line end is held with the white space of the next line: a tag may follow it.
            self.place = Place::LineStart;
            return Some(Words::Text(String::new()));
        }
        Some(Words::Text(self.held.drain(..end).collect()))
    }

    /// Everything held, if nothing can follow.
    fn take_rest(&mut self, last: bool) -> Option<Words> {
        if !last || self.held.is_empty() {
            return None;
        }
        let blank = blank_length(&self.held);
        let mut rest = self.take_blank(blank);
        rest.push_str(&std::mem::take(&mut self.held));
        Some(if self.place == Place::Thinking { Words::Thinking(rest) } else { Words::Text(rest) })
    }

    /// The white space at the beginning, unless a tag stands before it.
    fn take_blank(&mut self, length: usize) -> String {
        let blank: String = self.held.drain(..length).collect();
        if self.after_tag { String::new() } else { blank }
    }

    /// The next characters up to white space or `end`, at least one.
    fn take_until(&mut self, end: char) -> String {
        let stops =
            |(at, character): (usize, char)| (at > 0 && (character == end || character.is_whitespace())).then_some(at);
        let length = self.held.char_indices().find_map(stops).unwrap_or(self.held.len());
        self.held.drain(..length).collect()
    }
}

fn blank_length(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// Adds words to those of the same sort.
fn add(words: &mut Vec<Words>, next: Words) {
    match (words.last_mut(), next) {
        (_, Words::Text(text) | Words::Thinking(text)) if text.is_empty() => {}
        (Some(Words::Text(before)), Words::Text(text)) => before.push_str(&text),
        (Some(Words::Thinking(before)), Words::Thinking(text)) => before.push_str(&text),
        (_, next) => words.push(next),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All words of the pieces, joined.
    fn split<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Vec<Words> {
        let mut tags = ThinkTags::default();
        let mut all = Vec::new();
        let steps: Vec<_> = pieces.into_iter().flat_map(|piece| tags.push(piece)).collect();
        for words in steps.into_iter().chain(tags.finish()) {
            add(&mut all, words);
        }
        all
    }

    fn text(words: &str) -> Words {
        Words::Text(words.into())
    }

    fn thinking(words: &str) -> Words {
        Words::Thinking(words.into())
    }

    #[test]
    fn ln_32_thinking_in_tags_is_apart_from_the_answer() {
        assert_eq!(split(["<think>\nHm, 2 < 3.\n</think>\n\nYes."]), [thinking("Hm, 2 < 3."), text("Yes.")]);
        assert_eq!(split(["\n <think>Hm.</think>Yes.\n"]), [thinking("Hm."), text("Yes.\n")]);
        assert_eq!(split(["First.\n<think>Hm.</think>\nThen."]), [text("First.\n"), thinking("Hm."), text("Then.")]);
        assert_eq!(split(["<think>Hm."]), [thinking("Hm.")]);
        assert_eq!(split(["<think></think>Yes."]), [text("Yes.")]);
    }

    #[test]
    fn ln_32_an_answer_about_the_tags_stays_as_it_is() {
        for answer in [
            "Write `<think>` first.",
            "```\n<think>x</think>\n```\nDone.",
            "  ```html\n  <think>\n  ```\n",
            "A </think> alone.",
            "<thin",
            "\n\n  Indented\n\n<thinking>\n",
            "``\n`` ` <",
        ] {
            assert_eq!(split([answer]), [text(answer)], "{answer}");
        }
    }

    #[test]
    fn ln_32_a_tag_that_is_cut_between_chunks_is_a_tag() {
        let whole = "<think>\nHm.\n</think>\n\nYes.";
        for at in 0..whole.len() {
            assert_eq!(split([&whole[..at], &whole[at..]]), [thinking("Hm."), text("Yes.")], "{at}");
        }
    }

    #[test]
    fn words_are_handed_on_as_soon_as_they_are_decided() {
        let mut tags = ThinkTags::default();
        assert_eq!(tags.push("Yes, "), [text("Yes, ")]);
        assert_eq!(tags.push("and <th"), [text("and <th")]);
        assert_eq!(tags.push("\n<th"), []);
        assert_eq!(tags.push("ird"), [text("\n<third")]);
    }

    /// Parts of which answers are made, with all that could confuse the splitter.
    fn part() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "<think>", "</think>", "<", "<th", "ink>", "</", "```", "``", "`", "\n", " ", "a", "ä😀", "word ", "\n\n",
            "\t",
        ])
    }

    proptest! {
        #[test]
        fn ln_32_however_an_answer_is_cut_its_thinking_is_the_same(
            parts in prop::collection::vec(part(), 0..40),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let whole = parts.concat();
            let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(whole.len() + 1)).collect();
            ends.retain(|end| whole.is_char_boundary(*end));
            ends.extend([0, whole.len()]);
            ends.sort_unstable();
            let pieces = ends.windows(2).map(|window| &whole[window[0]..window[1]]);
            prop_assert_eq!(split(pieces), split([whole.as_str()]));
        }

        #[test]
        fn ln_32_nothing_but_tags_and_the_space_beside_them_is_lost(parts in prop::collection::vec(part(), 0..40)) {
            let outside_of_tags = |text: &str| text.chars().filter(|character| "`aä😀word".contains(*character)).collect::<String>();
            let kept: String = split(parts.iter().copied()).into_iter().map(|words| match words {
                Words::Text(text) | Words::Thinking(text) => text,
            }).collect();
            prop_assert_eq!(outside_of_tags(&kept), outside_of_tags(&parts.concat()));
        }
    }
}
