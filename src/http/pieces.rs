//! A file as the body of an answer, read as fast as the client takes it.

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::{
    fs::File,
    io::{AsyncReadExt, Take},
};

/// Bytes read at a time.
const PIECE: usize = 256 << 10;

/// So many bytes of the file, although it may grow. Announce them: a failing disk ends the body early.
pub fn of(file: File, length: u64) -> Body {
    Body::from_stream(stream::unfold(file.take(length), next).fuse())
}

async fn next(mut file: Take<File>) -> Option<(Result<Bytes, Infallible>, Take<File>)> {
    let mut buffer = vec![0; PIECE];
    match file.read(&mut buffer).await {
        Ok(0) => None,
        Ok(length) => {
            buffer.truncate(length);
            Some((Ok(buffer.into()), file))
        }
        Err(error) => {
            tracing::error!(%error, "a file could not be read to its end");
            None
        }
    }
}
