//! `initialize`: what the server offers to this client.

use crate::lsp::handlers::{code_action, did_change_configuration};
use crate::lsp::owner::Message;
use crate::lsp::profile::Profile;
use crate::lsp::session::Session;
use crate::lsp::transport::protocol::{
    CodeActionKind, CodeActionOptions, CodeLensOptions, DiagnosticOptions, DiagnosticServerCapabilities,
    HoverProviderCapability, InitializeParams, InitializeResult, SaveOptions, ServerCapabilities, ServerInfo,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
};

/// Notes what the client can do, takes its first settings, and answers with ours.
pub fn handle(session: &Session, params: &InitializeParams) -> InitializeResult {
    let profile = session.start(Profile::of(&params.capabilities));
    session.send(Message::Start(profile.clone()));
    session.send(Message::Trace(params.trace.unwrap_or_default()));
    session.send(Message::Configure(session.settings.clone()));
    if let Some(options) = &params.initialization_options {
        did_change_configuration::take(session, options);
    }
    InitializeResult {
        capabilities: capabilities(profile),
        server_info: Some(ServerInfo {
            name: "gobpf-lsp".into(),
            version: Some(env!("CARGO_PKG_VERSION").into()),
        }),
        ..InitializeResult::default()
    }
}

fn capabilities(profile: &Profile) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
        ..TextDocumentSyncOptions::default()
    };
    let kinds = vec![CodeActionKind::QUICKFIX, code_action::WRITE_LOADER, code_action::WRITE_LOADER_HERE];
    let actions = CodeActionOptions {
        code_action_kinds: Some(kinds),
        resolve_provider: Some(true),
        ..CodeActionOptions::default()
    };
    let diagnostics = DiagnosticOptions { identifier: Some("gobpf".into()), ..DiagnosticOptions::default() };
    ServerCapabilities {
        position_encoding: Some(profile.encoding_kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        code_action_provider: Some(actions.into()),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        // A client that can pull and is offered it would get everything twice if it were pushed as well.
        diagnostic_provider: profile
            .pulls_diagnostics
            .then_some(DiagnosticServerCapabilities::Options(diagnostics)),
        ..ServerCapabilities::default()
    }
}
