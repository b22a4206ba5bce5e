//! A bar on the terminal for bytes that take a while.

use std::io::Read;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const TEMPLATE: &str = "{msg} [{wide_bar}] {bytes}/{total_bytes} {eta}";

/// A reader that shows how far it is, on standard error and only if that is a terminal.
pub fn watched<R: Read>(reader: R, length: Option<u64>, message: &'static str) -> impl Read {
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr()).with_message(message);
    // The template is a constant of ours; the standard bar is as good.
    bar.set_style(ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.wrap_read(reader)
}
