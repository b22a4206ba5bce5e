use super::*;
use crate::{ids::NotebookId, vocabulary::*};
use yrs::{Options, ReadTxn, TransactionMut};
pub struct Notebook {}
#[allow(unused)]
impl Notebook {
    pub fn initialise(txn: &mut TransactionMut, content: ImportedNotebook) {}
    pub fn open<T: ReadTxn>(txn: &T) -> Notebook {
        Notebook {}
    }
    pub fn apply(&mut self, txn: &mut TransactionMut, op: &Op, actor: &Actor, now: Millis) -> Result<(), OpError> {
        Ok(())
    }
    pub fn heal(&mut self, txn: &mut TransactionMut) {}
    pub fn events(&mut self, txn: &TransactionMut, notebook: &NotebookId, now: Millis) -> Vec<Event> {
        vec![]
    }
    pub fn due(&mut self, now: Millis) -> (Vec<Event>, Option<Millis>) {
        (vec![], None)
    }
    pub fn set_author(txn: &mut TransactionMut, client_id: u64, actor: &Actor) {}
    pub fn purge_bin(&mut self, txn: &mut TransactionMut, now: Millis) -> bool {
        false
    }
    pub fn view<T: ReadTxn>(txn: &T) -> NotebookView {
        NotebookView::default()
    }
    pub fn cell_count(&self) -> u32 {
        0
    }
    pub fn title(&self) -> &str {
        ""
    }
}
impl ImportedNotebook {
    pub fn empty() -> Self {
        Self::default()
    }
}
pub fn document_options(client_id: u64) -> Options {
    let mut o = Options::with_client_id(yrs::ClientID::new(client_id));
    o.offset_kind = yrs::OffsetKind::Utf16;
    o.skip_gc = false;
    o
}
