//! The language-model engine against providers: a scripted one over real TCP in every protocol, and a real model.

mod exchange;
mod failing;
mod model_server;
mod protocol;
mod provider;
mod real;
mod requests;
mod script;
mod settings;
mod streaming;
