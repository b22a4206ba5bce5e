//! The messages that are sent to kernels. Imports ids and vocabulary. Invariant: every request has an id of its own.

use jupyter_protocol::{
    CommMsg, CompleteRequest, ExecuteRequest, Header, InputReply, InspectRequest, InterruptRequest, JupyterMessage,
    KernelInfoRequest, ReplyStatus, ShutdownRequest,
};
use serde_json::{Map, Value, json};

use super::{places, variables};
use crate::{ids::CellId, vocabulary::KernelQuestion};

/// The id under which answers to a message come back.
pub fn id(message: &JupyterMessage) -> String {
    message.header.msg_id.clone()
}

/// Runs code; what follows it is not aborted when it fails, because the notebook's queue decides that.
/// Which cell it is of stands where JupyterLab tells it, so that a program can know its cell.
pub fn execute(code: String, cell: Option<&CellId>, allow_input: bool) -> JupyterMessage {
    let request = ExecuteRequest { code, allow_stdin: allow_input, stop_on_error: false, ..Default::default() };
    let mut message = JupyterMessage::new(request, None);
    if let Some(cell) = cell {
        message.metadata = json!({ "cellId": cell });
    }
    message
}

/// Asks what the kernel is; the first sign that it answers.
pub fn kernel_info() -> JupyterMessage {
    JupyterMessage::new(KernelInfoRequest {}, None)
}

/// Asks a question.
pub fn question(question: &KernelQuestion) -> JupyterMessage {
    match question {
        KernelQuestion::Complete { code, cursor } => {
            let cursor_pos = places::in_characters(code, *cursor);
            JupyterMessage::new(CompleteRequest { code: code.clone(), cursor_pos }, None)
        }
        KernelQuestion::Inspect { code, cursor, detail } => {
            let cursor_pos = places::in_characters(code, *cursor);
            let detail_level = Some(usize::from(*detail));
            JupyterMessage::new(InspectRequest { code: code.clone(), cursor_pos, detail_level }, None)
        }
        KernelQuestion::Variables => JupyterMessage::new(look_at_variables(), None),
    }
}

/// Runs nothing and is neither counted nor remembered; only its expression is evaluated.
fn look_at_variables() -> ExecuteRequest {
    let expressions = [(variables::EXPRESSION.to_owned(), variables::expression())].into();
    ExecuteRequest {
        code: String::new(),
        silent: true,
        store_history: false,
        user_expressions: Some(expressions),
        allow_stdin: false,
        stop_on_error: false,
    }
}

/// The line that an input request asked for.
pub fn input(value: String, asked: Header) -> JupyterMessage {
    let mut message = JupyterMessage::new(InputReply { value, status: ReplyStatus::Ok, error: None }, None);
    message.parent_header = Some(asked);
    message
}

/// Interrupts the run under way.
pub fn interrupt() -> JupyterMessage {
    JupyterMessage::new(InterruptRequest {}, None)
}

/// Asks the kernel to end by itself.
pub fn shutdown(restart: bool) -> JupyterMessage {
    JupyterMessage::new(ShutdownRequest { restart }, None)
}

/// A message to a widget.
pub fn comm(comm: String, data: Map<String, Value>, buffers: Vec<Vec<u8>>) -> JupyterMessage {
    let message = JupyterMessage::new(CommMsg { comm_id: comm.into(), data }, None);
    message.with_buffers(buffers.into_iter().map(Into::into).collect())
}
