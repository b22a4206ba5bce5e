//! Makes sure that the folder of web assets exists: a checkout whose web part was not built still compiles, and the server
//! then says so on its page.

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=web/dist");
    std::fs::create_dir_all("web/dist")
}
