//! The connection: the only module that knows the framework (tower-lsp).
//!
//! The framework polls all handlers in one task, in the order of the messages only up to the first await of each. So
//! every handler begins by sending to the owner, nothing here computes, and nothing waits for the client's replies but
//! tasks of their own.

use std::sync::{Arc, mpsc};
use std::thread;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::{Client, LanguageServer, LspService, Server};

pub use tower_lsp::ls_types as protocol;

use crate::cli::{Exit, usage_error};
use crate::lsp::handlers;
use crate::lsp::outgoing::Outgoing;
use crate::lsp::owner::{Message, Owner};
use crate::lsp::session::{Documents, Failure, Session};
use crate::settings::Settings;
use protocol::*;

/// Requests that may wait at the same time. The framework's own limit of 4 would make a cancellation wait for a slot.
const CONCURRENT_REQUESTS: usize = 256;

/// Stack of the threads that compute. Bytes.
const STACK_BYTES: usize = 64 << 20;

/// `ServerCancelled` of the protocol, which the framework has no name for.
const SERVER_CANCELLED: i64 = -32802;

/// Serves a client over standard input and output until it ends. The exit is clean when it said `shutdown` before.
pub fn serve(settings: Settings) -> Exit {
    start_log();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return usage_error(&error.to_string()),
    };
    let documents = Documents::default();
    let (to_owner, messages) = mpsc::channel();
    let (to_client, outgoing) = unbounded_channel();
    let owner = Owner::new(Arc::clone(&documents), to_client, runtime.handle().clone());
    let thread = thread::Builder::new().name("owner".into()).stack_size(STACK_BYTES);
    if let Err(error) = thread.spawn(move || owner.run(&messages)) {
        return usage_error(&error.to_string());
    }
    let session = Arc::new(Session::new(to_owner, documents, settings));
    let clean = runtime.block_on(connect(Arc::clone(&session), outgoing));
    // Work that nobody waits for any more does not hold up the end.
    runtime.shutdown_background();
    if clean { Exit::Clean } else { Exit::Findings }
}

/// The log goes to standard error, as much of it as `GOBPF_LOG` says.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("GOBPF_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("off"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // It is set once, here.
    let _ = log.try_init();
}

/// Runs the connection; whether it ended as the protocol wants.
async fn connect(session: Arc<Session>, outgoing: UnboundedReceiver<Outgoing>) -> bool {
    let backend = |client: Client| {
        tokio::spawn(pump(client, Arc::clone(&session), outgoing));
        Backend { session: Arc::clone(&session) }
    };
    let (service, socket) =
        LspService::build(backend).custom_method("$/setTrace", Backend::set_trace).finish();
    let server = Server::new(tokio::io::stdin(), tokio::io::stdout(), socket);
    server.concurrency_level(CONCURRENT_REQUESTS).serve(service).await;
    session.is_shut_down()
}

/// Sends what the server says of its own accord, in order. What needs a reply gets a task of its own.
async fn pump(client: Client, session: Arc<Session>, mut outgoing: UnboundedReceiver<Outgoing>) {
    while let Some(next) = outgoing.recv().await {
        match next {
            Outgoing::Diagnostics { uri, generation, version, items } => {
                let newest = session.newest(&uri).map(|published| published.generation);
                if newest == generation {
                    client.publish_diagnostics(uri, items, version).await;
                }
            }
            Outgoing::Trace(message) => {
                let params = LogTraceParams { message, verbose: None };
                client.send_notification::<notification::LogTrace>(params).await;
            }
            Outgoing::Log(text) => client.log_message(MessageType::ERROR, text).await,
            Outgoing::Problem(text) => client.show_message(MessageType::ERROR, text).await,
            Outgoing::AskSettings => {
                tokio::spawn(ask_settings(client.clone(), Arc::clone(&session)));
            }
            Outgoing::WatchFiles => {
                tokio::spawn(watch_files(client.clone()));
            }
            Outgoing::Refresh => {
                tokio::spawn(refresh(client.clone(), Arc::clone(&session)));
            }
        }
    }
}

async fn ask_settings(client: Client, session: Arc<Session>) {
    let item = ConfigurationItem { scope_uri: None, section: Some("gobpf".into()) };
    if let Ok(answers) = client.configuration(vec![item]).await {
        let answer = answers.into_iter().next().unwrap_or_default();
        handlers::did_change_configuration::take(&session, &json!({ "gobpf": answer }));
    }
}

async fn watch_files(client: Client) {
    let watchers =
        json!({ "watchers": [{ "globPattern": "**/go.mod" }, { "globPattern": "**/gobpf.toml" }] });
    let registration = Registration {
        id: "gobpf-files".into(),
        method: "workspace/didChangeWatchedFiles".into(),
        register_options: Some(watchers),
    };
    // A client that refuses will not tell; the next save of a file looks again anyway.
    let _ = client.register_capability(vec![registration]).await;
}

async fn refresh(client: Client, session: Arc<Session>) {
    let profile = session.profile();
    // A client that refuses asks again at its next edit.
    if profile.refreshes_diagnostics {
        let _ = client.workspace_diagnostic_refresh().await;
    }
    if profile.refreshes_lenses {
        let _ = client.code_lens_refresh().await;
    }
}

/// The framework's view of the server: each method goes to its handler.
struct Backend {
    session: Arc<Session>,
}

impl Backend {
    async fn set_trace(&self, params: SetTraceParams) {
        self.session.send(Message::Trace(params.value));
    }
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        Ok(handlers::initialize::handle(&self.session, &params))
    }

    async fn initialized(&self, _: InitializedParams) {
        handlers::initialized::handle(&self.session);
    }

    async fn shutdown(&self) -> Result<()> {
        self.session.shut_down();
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.session.send(Message::Open(params.text_document));
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let document = params.text_document;
        self.session.send(Message::Change(document.uri, document.version, params.content_changes));
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.session.send(Message::Save(params.text_document.uri));
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.session.send(Message::Close(params.text_document.uri));
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        handlers::did_change_configuration::handle(&self.session, &params);
    }

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        self.session.send(Message::Reload);
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        handlers::diagnostic::handle(&self.session, params).await.map_err(|failure| match failure {
            Failure::Stale => server_cancelled(),
            other => error(other),
        })
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        handlers::hover::handle(&self.session, params).await.map_err(error)
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        handlers::code_action::handle(&self.session, params).await.map_err(error)
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        handlers::code_action_resolve::handle(&self.session, action).await.map_err(error)
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        handlers::code_lens::handle(&self.session, params).await.map_err(error)
    }
}

/// A failure as an answer.
fn error(failure: Failure) -> Error {
    match failure {
        Failure::Stale => Error::content_modified(),
        Failure::Invalid(text) => Error::invalid_params(text),
        Failure::Internal(text) => Error { code: ErrorCode::InternalError, message: text.into(), data: None },
    }
}

/// The answer to a pull that a newer version overtook: ask again.
fn server_cancelled() -> Error {
    let data: Value = json!({ "retriggerRequest": true });
    let message = "the document changed meanwhile".into();
    Error { code: ErrorCode::ServerError(SERVER_CANCELLED), message, data: Some(data) }
}
