//! `workspace/didChangeConfiguration`, and settings that come in other ways.

use gobpf_analysis::KernelVersion;
use serde_json::Value;

use crate::lsp::outgoing::Outgoing;
use crate::lsp::owner::Message;
use crate::lsp::session::Session;
use crate::lsp::transport::protocol::DidChangeConfigurationParams;
use crate::settings::Settings;

/// Takes the settings that the client sends, or asks for them where it only says that they changed.
pub fn handle(session: &Session, params: &DidChangeConfigurationParams) {
    if params.settings.get("gobpf").is_none() && session.profile().has_configuration {
        session.send(Message::Say(Outgoing::AskSettings));
    } else {
        take(session, &params.settings);
    }
}

/// Takes `{"kernel": "6.1", "btf": "/a/file", "goErrors": false}`, alone or under `gobpf`, over the settings of the command line.
pub fn take(session: &Session, settings: &Value) {
    match read(session.settings.clone(), settings.get("gobpf").unwrap_or(settings)) {
        Ok(settings) => session.send(Message::Configure(settings)),
        Err(problem) => session.send(Message::Say(Outgoing::Problem(format!("gobpf settings: {problem}")))),
    }
}

fn read(mut settings: Settings, given: &Value) -> Result<Settings, String> {
    match given.get("kernel") {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) if text.is_empty() => {}
        Some(Value::String(text)) => settings.kernel = Some(text.parse::<KernelVersion>()?),
        Some(other) => return Err(format!("`kernel` is a string such as \"6.1\", not {other}")),
    }
    match given.get("btf") {
        None | Some(Value::Null) => {}
        Some(Value::String(path)) if path.is_empty() => {}
        Some(Value::String(path)) => settings.btf = Some(path.into()),
        Some(other) => return Err(format!("`btf` is the path of a file, not {other}")),
    }
    match given.get("goErrors") {
        None | Some(Value::Null) => {}
        Some(Value::Bool(shown)) => settings.go_errors = *shown,
        Some(other) => return Err(format!("`goErrors` is true or false, not {other}")),
    }
    Ok(settings)
}
