//! What an Output widget has taken: nbformat outputs as a value of its state.
//!
//! Imports outputs. Invariant: they stay within [`BYTES_MAX`]; of more the oldest go, and of a long text its beginning.

use serde_json::{Value, json};

use crate::notebook::{
    outputs::{Bundle, Output, StreamName, output_object, weight},
    schema,
};

/// Bytes of all outputs, which are written whole whenever one comes.
const BYTES_MAX: usize = 128 << 10;
/// Bytes of a text that stay.
const TEXT_MAX: usize = 32 << 10;

/// The outputs of one widget.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Captured {
    /// Each with the id by which the program changes it.
    outputs: Vec<(Value, Option<String>)>,
    clear_next: bool,
}

impl Captured {
    /// The program itself has set them.
    pub fn set(&mut self, outputs: &Value) {
        self.outputs = outputs.as_array().into_iter().flatten().map(|output| (output.clone(), None)).collect();
        self.clear_next = false;
    }

    /// Adds what a program puts out; whether anything changed that can be seen.
    pub fn write(&mut self, output: Output) -> bool {
        if let Output::Clear { wait: true } = output {
            self.clear_next = true;
            return false;
        }
        if std::mem::take(&mut self.clear_next) || matches!(output, Output::Clear { .. }) {
            self.outputs.clear();
        }
        match output {
            Output::Stream { name, text } => self.stream(name, &text),
            Output::Notice(sentence) => self.stream(StreamName::Stderr, &format!("[{sentence}]\n")),
            Output::Display { bundle, display_id } => {
                self.outputs.push((shown(schema::DISPLAY_DATA, bundle), display_id));
            }
            Output::Result { bundle, display_id, count } => {
                let mut output = shown(schema::EXECUTE_RESULT, bundle);
                output[schema::EXECUTION_COUNT] = count.into();
                self.outputs.push((output, display_id));
            }
            Output::Update { bundle, display_id } => self.update(&bundle, &display_id),
            Output::Error { name, value, traceback } => {
                let error = json!({ schema::OUTPUT_TYPE: schema::ERROR, schema::ENAME: name, schema::EVALUE: value,
                    schema::TRACEBACK: traceback });
                self.outputs.push((error, None));
            }
            Output::Clear { .. } => {}
        }
        self.bound();
        true
    }

    /// As the widget's state has them.
    pub fn value(&self) -> Value {
        self.outputs.iter().map(|(output, _)| output.clone()).collect()
    }

    fn stream(&mut self, name: StreamName, text: &str) {
        let is_open = |last: &Value| last[schema::OUTPUT_TYPE] == schema::STREAM && last[schema::NAME] == name.as_str();
        let open = self.outputs.pop_if(|(last, _)| is_open(last));
        let before = open.as_ref().and_then(|(last, _)| last[schema::TEXT].as_str()).unwrap_or_default().to_owned();
        let stream = json!({ schema::OUTPUT_TYPE: schema::STREAM, schema::NAME: name.as_str(),
            schema::TEXT: written_on(before, text) });
        self.outputs.push((stream, None));
    }

    fn update(&mut self, bundle: &Bundle, display_id: &str) {
        let shows = |output: &&mut (Value, Option<String>)| output.1.as_deref() == Some(display_id);
        for (output, _) in self.outputs.iter_mut().filter(shows) {
            output[schema::DATA] = Value::Object(bundle.data.clone());
            output[schema::METADATA] = Value::Object(bundle.metadata.clone());
        }
    }

    fn bound(&mut self) {
        let mut bytes: usize = self.outputs.iter().map(|(output, _)| weight(output)).sum();
        while bytes > BYTES_MAX && self.outputs.len() > 1 {
            bytes -= weight(&self.outputs.remove(0).0);
        }
    }
}

/// A text that goes on: `\r` begins its last line anew.
fn written_on(mut text: String, more: &str) -> String {
    let mut begins_anew = text.ends_with('\r');
    for character in more.chars() {
        if begins_anew && character != '\n' {
            text.truncate(text.rfind('\n').map_or(0, |at| at + 1));
        }
        begins_anew = character == '\r';
        text.push(character);
    }
    if text.len() > TEXT_MAX {
        let from = (text.len() - TEXT_MAX..).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        let line = text[from..].find('\n').map_or(from, |at| from + at + 1);
        text.replace_range(..line, "\u{2026}\n");
    }
    text
}

fn shown(output_type: &str, Bundle { data, metadata }: Bundle) -> Value {
    Value::Object(output_object(output_type, Value::Object(data), Value::Object(metadata)))
}

#[cfg(test)]
mod tests {
    use serde_json::Map as Object;

    use super::*;

    fn print(captured: &mut Captured, text: &str) {
        captured.write(Output::Stream { name: StreamName::Stdout, text: text.into() });
    }

    #[test]
    fn ln_43_a_text_goes_on_and_a_clear_that_waits_takes_it_away_with_the_next() {
        let mut captured = Captured::default();
        print(&mut captured, "one\n");
        print(&mut captured, "1%\r");
        print(&mut captured, "2%\r");
        print(&mut captured, "3%");
        assert_eq!(captured.value()[0]["text"], "one\n3%");
        assert!(!captured.write(Output::Clear { wait: true }));
        assert_eq!(captured.value()[0]["text"], "one\n3%");
        print(&mut captured, "new");
        assert_eq!(captured.value(), json!([{ "output_type": "stream", "name": "stdout", "text": "new" }]));
        assert!(captured.write(Output::Clear { wait: false }));
        assert_eq!(captured.value(), json!([]));
    }

    #[test]
    fn what_a_widget_has_taken_is_bounded() {
        let mut captured = Captured::default();
        for line in 0..20_000 {
            print(&mut captured, &format!("line {line}\n"));
        }
        let text = captured.value()[0]["text"].as_str().unwrap().to_owned();
        assert!(text.len() <= TEXT_MAX + 8 && text.ends_with("line 19999\n"), "{}", text.len());
        let data = Object::from_iter([("image/png".to_owned(), "A".repeat(BYTES_MAX / 3).into())]);
        for _ in 0..10 {
            let bundle = Bundle { data: data.clone(), ..Bundle::default() };
            captured.write(Output::Display { bundle, display_id: None });
        }
        assert!(weight(&captured.value()) <= BYTES_MAX + 16, "{}", weight(&captured.value()));
    }
}
