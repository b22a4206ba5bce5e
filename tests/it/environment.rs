//! The Python environment over REST: made and changed on request, cancelled, and what is said when no index answers.

use serde_json::{Value, json};

use crate::{
    notebook::{Notebook, with_kernels},
    server::TestServer,
};

/// The environment once nothing is being done to it.
fn settled(server: &TestServer) -> Value {
    loop {
        let environment = server.get("/api/environment?wait=20s").expect(200);
        if environment["state"] != "making" {
            return environment;
        }
    }
}

fn package<'a>(environment: &'a Value, name: &str) -> Option<&'a Value> {
    environment["packages"].as_array().unwrap().iter().find(|package| package["name"] == name)
}

#[test]
fn packages_are_listed_added_and_removed_and_those_of_the_kernel_stay() {
    let server = with_kernels(&[]);
    let environment = server.get("/api/environment").expect(200);
    assert_eq!((&environment["state"], environment.get("sentence")), (&json!("ready"), None));
    assert!(environment["python"].as_str().unwrap().starts_with("3."), "{environment}");
    assert!(["pip", "uv"].contains(&environment["madeWith"].as_str().unwrap()));
    assert_eq!(package(&environment, "ipykernel").unwrap()["needed"], true);

    let begun = server.post("/api/environment/packages", &json!({ "packages": ["iniconfig>=2"] })).expect(202);
    assert_eq!(begun["state"], "making");
    let busy = server.post("/api/environment/packages", &json!({ "packages": ["six"] }));
    assert_eq!(busy.refused(409), "environment_busy");
    let added = settled(&server);
    assert_eq!(package(&added, "iniconfig").unwrap()["needed"], false, "{added}");
    assert!(!added["log"].as_array().unwrap().is_empty());
    assert_eq!(Notebook::new(&server, &[]).output("import iniconfig; print(iniconfig.__name__)"), "iniconfig\n");

    let unknown = "coscribe-has-no-such-package-5f0c";
    server.post("/api/environment/packages", &json!({ "packages": [unknown] })).expect(202);
    let failed = settled(&server);
    assert_eq!(failed["state"], "ready", "what was there still is");
    assert!(failed["sentence"].as_str().unwrap().contains(unknown), "{failed}");

    let remove = |name: &str| server.ask("DELETE", &format!("/api/environment/packages/{name}")).send();
    assert_eq!(remove("ipykernel").refused(409), "package_needed");
    assert_eq!(remove("tornado").refused(409), "package_needed");
    remove("INIConfig").expect(202);
    assert!(package(&settled(&server), "iniconfig").is_none());
    assert_eq!(remove("iniconfig").refused(404), "package_not_found");
    for (body, code) in
        [(json!({ "packages": [] }), "invalid_body"), (json!({ "packages": ["-r x"] }), "invalid_package")]
    {
        assert_eq!(server.post("/api/environment/packages", &body).refused(422), code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_making_is_told_as_it_goes_and_cancelled_by_anybody() {
    let server = TestServer::start();
    assert_eq!(server.get("/api/environment").expect(200), json!({ "state": "absent", "log": [], "packages": [] }));
    assert_eq!(server.ask("POST", "/api/environment/cancel").send().refused(409), "nothing_to_cancel");
    let early = server.post("/api/environment/packages", &json!({ "packages": ["six"] }));
    assert_eq!(early.refused(409), "environment_not_made");
    let begun = server.ask("POST", "/api/environment/make").send().expect(202);
    assert_eq!(begun["state"], "making");
    assert!(begun["step"].is_string() && begun["fraction"].as_f64().unwrap() <= 1.0, "{begun}");
    assert_eq!(server.get("/api/kernelspecs").expect(200)["specs"][0]["ready"], false);
    // A run waits for the same making, and ends with it.
    let notebook = Notebook::new(&server, &["1"]);
    let run = notebook.run(0);
    notebook.until(|notebook| notebook.kernel()["state"] == "preparing").await;
    server.ask("POST", "/api/environment/cancel").send().expect(202);
    let cancelled = settled(&server);
    assert_eq!(cancelled["state"], "absent");
    assert!(cancelled["sentence"].as_str().unwrap().contains("cancelled"), "{cancelled}");
    let ended = notebook.ended(&run);
    assert!(ended["error"].as_str().unwrap().contains("cancelled"), "{ended}");
}

#[test]
fn an_index_that_refuses_is_a_clear_state_of_the_environment_of_the_kernel_and_of_the_run() {
    // Nobody listens on the port for discarding.
    let nowhere = "http://127.0.0.1:9/simple";
    let variables = [
        ("PIP_INDEX_URL", nowhere),
        ("PIP_FIND_LINKS", ""),
        ("PIP_CONFIG_FILE", "/dev/null"),
        ("PIP_RETRIES", "1"),
        ("UV_DEFAULT_INDEX", nowhere),
        ("UV_NO_CONFIG", "1"),
        ("UV_NO_CACHE", "1"),
    ];
    let server = TestServer::start_prepared(|_| {}, &[], &variables);
    server.ask("POST", "/api/environment/make").send().expect(202);
    let failed = settled(&server);
    assert_eq!(failed["state"], "failed", "{failed}");
    let sentence = failed["sentence"].as_str().unwrap();
    assert!(sentence.contains("package index cannot be reached") && sentence.contains("try again"), "{sentence}");
    assert!(!failed["log"].as_array().unwrap().is_empty());
    let notebook = Notebook::new(&server, &["1"]);
    let ended = notebook.ended(&notebook.run(0));
    assert_eq!((&ended["state"], &ended["error"]), (&json!("failed"), &json!(sentence)));
    let kernel = notebook.kernel();
    assert_eq!((&kernel["state"], &kernel["sentence"]), (&json!("dead"), &json!(sentence)));
}
