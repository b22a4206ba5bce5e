//! The key of a provider is nowhere: not in documents, events, logs, answers, files or the store, however it comes back.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    asking::{Asking, KIND, meanwhile},
    peer::Peer,
    protocol,
    script::SECRET,
    server::TestServer,
};

/// Half of it would tell too much.
fn has_key(bytes: &[u8]) -> bool {
    let part = &SECRET.as_bytes()[3..11];
    bytes.windows(part.len()).any(|window| window == part)
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_40_a_key_is_in_no_document_event_log_answer_or_file_though_the_provider_repeats_it() {
    let data = tempfile::tempdir().unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    let written = log.reopen().unwrap();
    let server = TestServer::start_as(data.path(), &[], |command| {
        command.env("COSCRIBE_LOG", "trace").env("ANTHROPIC_API_KEY", SECRET).stderr(written);
    });
    let asking = Asking::over(server).await;
    let mut ana: Peer = asking.peer().await;
    let told = format!("no such key: {SECRET} ({})", &SECRET[..12]);

    // Refused, failing in the middle, and as a redirection: each time the provider repeats the key.
    let run = asking.run();
    let mut provider = asking.script.accept().await;
    let request = provider.request().await;
    assert_eq!(request.header("authorization"), Some(format!("Bearer {SECRET}").as_str()), "it was really used");
    provider.answer("400 Bad Request", "", &json!({ "error": { "message": told } }).to_string()).await;
    let refused = asking.ended(&run);
    assert!(refused["error"].as_str().unwrap().contains("no such key: …"), "{refused}");
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    provider.write(&(protocol::text(KIND, "Half a") + &protocol::error(KIND, &told))).await;
    drop(provider);
    asking.ended(&run);
    let draft = asking.of_cell("draft");
    let drafted = meanwhile(|| asking.server.ask("POST", &draft).send(), async {
        let mut provider = asking.script.accept().await;
        provider.request().await;
        let elsewhere = format!("location: http://{SECRET}@127.0.0.1:1/?key={SECRET}\r\n");
        provider.answer("307 Temporary Redirect", &elsewhere, &told).await;
    });
    assert!(drafted.text().contains("sends elsewhere (307)") && !has_key(&drafted.body), "{}", drafted.text());

    // Every address that can be read, with what it needs to be found.
    let description = serde_json::to_value(coscribe::http::openapi_document()).unwrap();
    let mut asked = 0;
    for (path, _) in description["paths"].as_object().unwrap().iter().filter(|(_, methods)| methods["get"].is_object())
    {
        let path = path.replace("{id}", &asking.notebook).replace("{cell}", &asking.cell);
        let path = path.replace("{document}", &asking.notebook).replace("{run}", &run).replace("{name}", "demo");
        let path = if path == "/api/events" { "/api/events?follow=false&since=0".into() } else { path };
        let answer = asking.server.get(&path);
        assert!(!has_key(&answer.body), "{path}");
        asked += 1;
    }
    assert!(asked > 15, "{asked}");
    for path in ["/metrics".to_owned(), format!("/debug/rooms/{}", asking.notebook), asking.path("export?format=md")] {
        assert!(!has_key(&asking.server.get(&path).body), "{path}");
    }
    ana.ask_for_everything().await;
    let notebook = serde_json::to_vec(&asking.server.get(&asking.path("export")).json()).unwrap();
    assert!(
        !has_key(&notebook) && !has_key(&asking.server.get(&format!("/api/documents/{}/state", asking.notebook)).body)
    );

    // On disk it stands in the one file that only its owner reads.
    asking.server.signal("TERM");
    let mut server = asking.server;
    assert_eq!(server.wait(), Some(0));
    let holders: Vec<_> = files(data.path()).into_iter().filter(|path| has_key(&fs::read(path).unwrap())).collect();
    assert_eq!(holders, [data.path().join("providers.json")]);
    let log = fs::read(log.path()).unwrap();
    assert!(log.len() > 10_000, "the log was written");
    assert!(!has_key(&log), "{}", String::from_utf8_lossy(&log));
}
