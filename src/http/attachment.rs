//! `Content-Disposition` for what is to be kept as a file, and how a browser is to treat it.

use axum::http::HeaderValue;

/// In case somebody opens it in the browser all the same, it runs nothing in our origin.
pub const SANDBOX: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

/// Bytes without a meaning for browsers.
pub const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// The name of the file: plain for old clients, exact in UTF-8 for the others (RFC 6266).
pub fn named(name: &str) -> HeaderValue {
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || "-_. ".contains(letter) { letter } else { '_' };
    let plain: String = name.chars().map(safe).collect();
    let encoded: String = name.bytes().map(percent_encoded).collect();
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    value.parse().unwrap_or(HeaderValue::from_static("attachment"))
}

fn percent_encoded(byte: u8) -> String {
    match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_safe_in_a_header_and_exact_in_utf_8() {
        let value = named("Año \"1\"\r\n.md");
        let text = value.to_str().unwrap();
        assert_eq!(text, "attachment; filename=\"A_o _1___.md\"; filename*=UTF-8''A%C3%B1o%20%221%22%0D%0A.md");
    }
}
