//! Pictures of a question that lie in blobs beside the document: read before it is asked.
//!
//! Invariant: a question that leaves here carries its pictures itself; one whose blob is not there is left out.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use storage::{BlobHash, Store};

use crate::notebook::{Picture, PictureContent, Question};

/// The question with its pictures, read on a thread that may wait for the disk.
pub(super) async fn with_pictures(store: Arc<dyn Store>, mut question: Question) -> Question {
    if !pictures(&mut question).any(|pictures| pictures.iter().any(lies_beside)) {
        return question;
    }
    let unread = question.clone();
    let read = tokio::task::spawn_blocking(move || {
        for pictures in pictures(&mut question) {
            pictures.retain_mut(|picture| !lies_beside(picture) || read(store.as_ref(), picture).is_some());
        }
        question
    });
    read.await.unwrap_or(unread)
}

fn pictures(question: &mut Question) -> impl Iterator<Item = &mut Vec<Picture>> {
    let said = question.cells.iter_mut().flat_map(|cell| &mut cell.messages);
    said.chain([&mut question.asked]).map(|message| &mut message.pictures)
}

fn lies_beside(picture: &Picture) -> bool {
    matches!(picture.content, PictureContent::Blob(_))
}

fn read(store: &dyn Store, picture: &mut Picture) -> Option<()> {
    let PictureContent::Blob(name) = &picture.content else { return Some(()) };
    let blob = store.blob(&BlobHash::parse(name)?);
    let blob = blob.inspect_err(|error| tracing::error!(%error, "a picture cannot be read")).ok()??;
    picture.content = PictureContent::Base64(STANDARD.encode(blob));
    Some(())
}

#[cfg(test)]
mod tests {
    use storage::MemoryStore;

    use super::*;
    use crate::notebook::{Message, Speaker};

    #[tokio::test]
    async fn ln_37_a_picture_beside_the_notebook_goes_with_the_question_and_a_missing_one_does_not() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let kept = store.put_blob(b"\x89PNG").unwrap().to_string();
        let picture = |content| Picture { mime: "image/png".into(), content };
        let pictures = vec![
            picture(PictureContent::Blob("0".repeat(64))),
            picture(PictureContent::Base64("AAAA".into())),
            picture(PictureContent::Blob(kept)),
        ];
        let asked = Message { speaker: Speaker::User, text: "What is it?".into(), pictures };
        let question =
            Question { system: None, cells: Vec::new(), asked, thinking: false, provider: None, model: None };
        let question = with_pictures(store, question).await;
        let contents = ["AAAA", "iVBORw=="].map(|text| picture(PictureContent::Base64(text.into())));
        assert_eq!(question.asked.pictures, contents);
    }
}
