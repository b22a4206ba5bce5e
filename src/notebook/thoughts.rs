//! The thinking before answers, as files hold it.
//!
//! Imports cell, schema and view. Invariant: what was folded into a file is unfolded when the file is imported.

use serde_json::{Map as Object, Value};

use super::{cell, schema, view::NotebookView};
use crate::vocabulary::ThinkingShown;

/// HTML that Markdown viewers show folded.
const FOLD_BEGIN: &str = "<details><summary>Thinking</summary>\n\n";
const FOLD_END: &str = "\n\n</details>";

/// Whether an output is the thinking before an answer.
pub fn is_thinking(output: &Value) -> bool {
    output.get(schema::DATA).is_some_and(|data| data.get(schema::THINKING).is_some())
}

/// Leaves the thinking of a notebook as it is, folds it, or takes it away.
pub fn show_thinking(notebook: &mut NotebookView, how: ThinkingShown) {
    for cell in &mut notebook.cells {
        match how {
            ThinkingShown::Full => {}
            ThinkingShown::Details => cell.outputs.iter_mut().filter(|output| is_thinking(output)).for_each(fold),
            ThinkingShown::Omit => cell.outputs.retain(|output| !is_thinking(output)),
        }
    }
}

fn fold(output: &mut Value) {
    let Some(Value::Object(data)) = output.get_mut(schema::DATA) else { return };
    let Some(text) = data.get(schema::TEXT_MARKDOWN).map(cell::joined) else { return };
    data.insert(schema::TEXT_MARKDOWN.into(), format!("{FOLD_BEGIN}{text}{FOLD_END}").into());
    // Who shows no HTML shows no folds either.
    data.insert(schema::TEXT_PLAIN.into(), text.into());
}

/// The bundle of an output of a file, its thinking as it was before it was folded.
pub fn unfold(data: &mut Object<String, Value>) {
    if !data.contains_key(schema::THINKING) {
        return;
    }
    let text = data.get(schema::TEXT_MARKDOWN).map(cell::joined).unwrap_or_default();
    if let Some(text) = text.strip_prefix(FOLD_BEGIN).and_then(|text| text.strip_suffix(FOLD_END)) {
        data.insert(schema::TEXT_MARKDOWN.into(), text.into());
        data.remove(schema::TEXT_PLAIN);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        notebook::{CellView, export_ipynb, export_markdown, import_ipynb},
        vocabulary::CellKind,
    };

    fn answered() -> NotebookView {
        let output = |text: &str, data: Value, part: &str| {
            let mut data = data;
            data["text/markdown"] = text.into();
            json!({ "output_type": "display_data", "data": data, "metadata": { "coscribe": { "part": part } } })
        };
        let mut cell = CellView::new("q".parse().unwrap(), CellKind::Prompt, "Why?".into());
        cell.outputs = vec![
            output("Hm.\n\n<b>", json!({ schema::THINKING: { "ms": 5 } }), schema::THOUGHT),
            output("Because.", json!({}), schema::ANSWER),
        ];
        NotebookView { cells: vec![cell], ..NotebookView::default() }
    }

    fn shown(how: ThinkingShown) -> NotebookView {
        let mut view = answered();
        show_thinking(&mut view, how);
        view
    }

    #[test]
    fn ln_32_thinking_is_left_out_of_a_file_folded_or_whole() {
        assert_eq!(shown(ThinkingShown::Full), answered());
        let markdown = |how| export_markdown(&shown(how));
        assert_eq!(markdown(ThinkingShown::Omit), "> Why?\n\nBecause.\n");
        let folded = "> Why?\n\n<details><summary>Thinking</summary>\n\nHm.\n\n<b>\n\n</details>\n\nBecause.\n";
        assert_eq!(markdown(ThinkingShown::Details), folded);
    }

    #[test]
    fn ln_32_what_was_folded_into_a_file_is_thinking_again_when_it_is_imported() {
        for how in [ThinkingShown::Full, ThinkingShown::Details] {
            let imported = import_ipynb(export_ipynb(&shown(how)).as_bytes()).unwrap();
            let data = &imported.cells[0].outputs[0]["data"];
            assert_eq!((&data["text/markdown"], &data[schema::THINKING]), (&json!("Hm.\n\n<b>"), &json!({ "ms": 5 })));
        }
        let file = export_ipynb(&shown(ThinkingShown::Omit));
        assert!(!file.contains("Hm.") && file.contains("Because."), "{file}");
    }
}
