//! How a receiver knows that a message is ours: the scheme of Standard Webhooks (standardwebhooks.com), for which there are
//! libraries in every language.
//!
//! Invariant: a secret is never printed, except to whoever it was just made for.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::vocabulary::Millis;

/// Bytes of a secret: as many as the hash has, more would add nothing.
const SECRET_BYTES: usize = 32;

/// What secrets begin with, so that people and scanners recognise one.
const PREFIX: &str = "whsec_";

/// How long an old secret still signs after it was replaced: a day to tell all receivers the new one.
const OVERLAP: Millis = 24 * 60 * 60 * 1000;

/// What both sides know.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

impl Secret {
    /// A new secret.
    pub fn generate() -> Self {
        Self(format!("{PREFIX}{}", STANDARD.encode(rand::random::<[u8; SECRET_BYTES]>())))
    }

    /// As the receiver is to be given it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn sign(&self, signed: &str) -> Option<String> {
        let key = STANDARD.decode(self.0.strip_prefix(PREFIX)?).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(signed.as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }
}

/// The secret of a webhook, and for a while the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secrets {
    current: Secret,
    /// And until when it signs too.
    previous: Option<(Secret, Millis)>,
}

impl Secrets {
    /// A first secret.
    pub fn generate() -> Self {
        Self { current: Secret::generate(), previous: None }
    }

    /// The one that counts.
    pub fn current(&self) -> &Secret {
        &self.current
    }

    /// Replaces the secret; the old one signs too for a day.
    pub fn replace(&mut self, now: Millis) {
        let old = std::mem::replace(&mut self.current, Secret::generate());
        self.previous = Some((old, now + OVERLAP));
    }

    /// The value of the header `webhook-signature`. `id` and `seconds` stand in the headers `webhook-id` and
    /// `webhook-timestamp`.
    pub fn signature(&self, id: &str, seconds: i64, body: &str, now: Millis) -> String {
        let signed = format!("{id}.{seconds}.{body}");
        let previous = self.previous.iter().filter(|(_, until)| now < *until).map(|(secret, _)| secret);
        let signatures = std::iter::once(&self.current).chain(previous).filter_map(|secret| secret.sign(&signed));
        signatures.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use standardwebhooks::Webhook;

    use super::*;

    fn verified(secret: &Secret, signature: &str, seconds: i64, body: &str) -> bool {
        let seconds = seconds.to_string();
        let fields = [("webhook-id", "msg_1"), ("webhook-timestamp", &seconds), ("webhook-signature", signature)];
        let headers = fields
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_str(value).unwrap()));
        Webhook::new(secret.reveal()).unwrap().verify(body.as_bytes(), &headers.collect()).is_ok()
    }

    #[test]
    fn ms_34_the_published_library_verifies_what_is_signed_here_and_nothing_else() {
        let secrets = Secrets::generate();
        let seconds = crate::events::now() / 1000;
        let signature = secrets.signature("msg_1", seconds, "{\"seq\":1}", 0);
        assert!(verified(secrets.current(), &signature, seconds, "{\"seq\":1}"));
        assert!(!verified(secrets.current(), &signature, seconds, "{\"seq\":2}"));
        assert!(!verified(secrets.current(), &signature, seconds - 1, "{\"seq\":1}"));
        assert!(!verified(&Secret::generate(), &signature, seconds, "{\"seq\":1}"));
    }

    #[test]
    fn ms_34_a_replaced_secret_signs_for_a_day_beside_the_new_one() {
        let mut secrets = Secrets::generate();
        let old = secrets.current().clone();
        secrets.replace(1000);
        let seconds = crate::events::now() / 1000;
        let during = secrets.signature("msg_1", seconds, "{}", 1000 + OVERLAP - 1);
        let after = secrets.signature("msg_1", seconds, "{}", 1000 + OVERLAP);
        assert!(verified(secrets.current(), &during, seconds, "{}") && verified(&old, &during, seconds, "{}"));
        assert!(verified(secrets.current(), &after, seconds, "{}") && !verified(&old, &after, seconds, "{}"));
    }

    #[test]
    fn a_secret_is_not_printed_by_accident() {
        let secrets = Secrets::generate();
        assert!(!format!("{secrets:?}").contains(secrets.current().reveal()));
    }
}
