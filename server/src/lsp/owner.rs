//! The owner of the documents: one thread that alone edits them, in the order of the client's messages.

use std::collections::HashMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use gobpf_analysis::{Cancel, Document, Options};
use gobpf_source::{FileId, SourceText, TextEdit};
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{oneshot, watch};

use crate::lsp::convert;
use crate::lsp::outgoing::Outgoing;
use crate::lsp::profile::Profile;
use crate::lsp::session::{Documents, Outcome, Published};
use crate::lsp::transport::protocol::{TextDocumentContentChangeEvent, TextDocumentItem, TraceValue, Uri};
use crate::overlay::Overlay;
use crate::settings::{Project, Settings};

/// What the owner is told.
pub enum Message {
    /// The client has introduced itself.
    Start(Profile),
    /// A document was opened.
    Open(TextDocumentItem),
    /// A document was edited; the changes apply one after the other.
    Change(Uri, i32, Vec<TextDocumentContentChangeEvent>),
    /// A document was closed.
    Close(Uri),
    /// A document was saved, perhaps after files that it imports were written.
    Save(Uri),
    /// Files on disk changed: imports and configuration files are looked at again.
    Reload,
    /// The settings are these now.
    Configure(Settings),
    /// How much is traced.
    Trace(TraceValue),
    /// Say this to the client, after what was said before.
    Say(Outgoing),
    /// Give the document as all messages before this one leave it; none when it isn't open.
    Look(Uri, oneshot::Sender<Option<Published>>),
}

/// The owner's state.
pub struct Owner {
    open: HashMap<Uri, Open>,
    documents: Documents,
    overlay: Arc<Overlay>,
    outgoing: UnboundedSender<Outgoing>,
    runtime: Handle,
    profile: Profile,
    settings: Settings,
    trace: TraceValue,
    generation: u64,
    next_file: u32,
}

/// An open document.
struct Open {
    document: Document,
    path: Option<PathBuf>,
}

impl Owner {
    /// An owner of no documents yet, that publishes to `documents` and computes on `runtime`.
    pub fn new(documents: Documents, outgoing: UnboundedSender<Outgoing>, runtime: Handle) -> Owner {
        Owner {
            open: HashMap::new(),
            documents,
            overlay: Arc::default(),
            outgoing,
            runtime,
            profile: Profile::default(),
            settings: Settings::default(),
            trace: TraceValue::Off,
            generation: 0,
            next_file: 0,
        }
    }

    /// Works until all senders are gone. A panic costs the message, not the server.
    pub fn run(mut self, messages: &mpsc::Receiver<Message>) {
        while let Ok(message) = messages.recv() {
            if panic::catch_unwind(AssertUnwindSafe(|| self.handle(message))).is_err() {
                self.say(Outgoing::Log("internal error while handling a message; see standard error".into()));
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Start(profile) => self.profile = profile,
            Message::Open(item) => self.open(item),
            Message::Change(uri, version, changes) => self.change(&uri, version, &changes),
            Message::Close(uri) => self.close(&uri),
            Message::Save(uri) => {
                // The other files of the package may use what was saved.
                let dir = file_path(&uri).and_then(|path| path.parent().map(Path::to_path_buf));
                let same_dir = |other: &Uri| {
                    file_path(other).is_some_and(|path| path.parent().map(Path::to_path_buf) == dir)
                };
                self.reload(|other| *other == uri || same_dir(other));
            }
            Message::Reload => self.reload(|_| true),
            Message::Configure(settings) => {
                self.settings = settings;
                self.reload(|_| true);
            }
            Message::Trace(trace) => self.trace = trace,
            Message::Say(outgoing) => self.say(outgoing),
            Message::Look(uri, asker) => {
                let published = self.documents.get(&uri).map(|published| published.clone());
                // Whoever asked may have been cancelled.
                let _ = asker.send(published);
            }
        }
    }

    fn open(&mut self, item: TextDocumentItem) {
        let path = file_path(&item.uri);
        let name = path.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_else(|| "untitled.go".into());
        if item.language_id != "go" && ![".go", ".bpf"].iter().any(|ending| name.ends_with(ending)) {
            return;
        }
        let file = FileId(self.next_file);
        self.next_file += 1;
        let options = self.options(path.as_deref());
        let document = Document::open(file, &name, &item.text, Some(item.version), options);
        self.open.insert(item.uri.clone(), Open { document, path });
        self.publish(&item.uri, true);
        self.follow(&item.uri);
    }

    /// Lets the documents that reach into the open document `uri` see its text.
    fn follow(&mut self, uri: &Uri) {
        let Some(Open { document, path: Some(path) }) = self.open.get(uri) else { return };
        self.overlay.set(path, document.text());
        let path = path.clone();
        self.reload_those_that_reach(&path, uri);
    }

    /// Looks again at the documents whose programs reach into the file at `path`, but for `uri`, which is that file.
    fn reload_those_that_reach(&mut self, path: &Path, uri: &Uri) {
        let beside = |other: &Uri| file_path(other).is_some_and(|other| other.parent() == path.parent());
        let documents = Arc::clone(&self.documents);
        let reaches = |other: &Uri| {
            let Some(published) = documents.get(other) else { return false };
            match &*published.outcome.borrow() {
                Some(Outcome::Done(analysis)) => {
                    let mut names = analysis.others.iter().map(|other| &*other.name);
                    names.any(|name| std::path::absolute(name).is_ok_and(|other| other == path))
                }
                // What is being computed may have looked already.
                _ => beside(other),
            }
        };
        self.reload(|other| other != uri && reaches(other));
    }

    fn change(&mut self, uri: &Uri, version: i32, changes: &[TextDocumentContentChangeEvent]) {
        let Some(open) = self.open.get_mut(uri) else { return };
        // Each range speaks of the text that the change before left, so the texts are made one after the other.
        let mut text = open.document.text().clone();
        let mut edits = Vec::with_capacity(changes.len());
        let mut whole = false;
        for change in changes {
            match change.range {
                Some(range) => {
                    let range = convert::bytes(&text, range, self.profile.encoding);
                    let edit = TextEdit { range, text: change.text.clone() };
                    text.apply(&edit);
                    edits.push(edit);
                }
                None => {
                    text = SourceText::new(&change.text);
                    whole = true;
                }
            }
        }
        let edited = panic::catch_unwind(AssertUnwindSafe(|| {
            if whole {
                open.document.replace(&text.to_text(), Some(version));
            } else {
                open.document.edit(&edits, Some(version));
            }
        }));
        if edited.is_err() {
            // What is left of the document can't be trusted; its text can.
            let item = TextDocumentItem::new(uri.clone(), "go".into(), version, text.to_text());
            self.open.remove(uri);
            self.documents.remove(uri);
            return self.open(item);
        }
        self.publish(uri, true);
        self.follow(uri);
    }

    fn close(&mut self, uri: &Uri) {
        let Some(closed) = self.open.remove(uri) else { return };
        if let Some(path) = closed.path {
            self.overlay.remove(&path);
            self.reload_those_that_reach(&path, uri);
        }
        if let Some((_, published)) = self.documents.remove(uri) {
            published.cancel.cancel();
        }
        if !self.profile.pulls_diagnostics {
            let (uri, items) = (uri.clone(), Vec::new());
            self.say(Outgoing::Diagnostics { uri, generation: None, version: None, items });
        }
    }

    /// Looks at imports, configuration files and settings again, for the documents that are `meant`.
    fn reload(&mut self, meant: impl Fn(&Uri) -> bool) {
        let all = self.open.iter().map(|(uri, open)| (uri.clone(), open.path.clone()));
        let all: Vec<_> = all.filter(|(uri, _)| meant(uri)).collect();
        for (uri, path) in &all {
            let options = self.options(path.as_deref());
            if let Some(open) = self.open.get_mut(uri) {
                open.document.set_options(options);
            }
            self.publish(uri, false);
        }
        if !all.is_empty() {
            self.say(Outgoing::Refresh);
        }
    }

    fn options(&self, path: Option<&Path>) -> Arc<Options> {
        let (dir, name) = (path.and_then(Path::parent), path.and_then(Path::to_str).unwrap_or_default());
        let options = self.settings.options(dir, name, &self.overlay).unwrap_or_else(|problem| {
            self.say(Outgoing::Problem(problem));
            self.settings.with_project(&Project::default(), dir, name, &self.overlay)
        });
        Arc::new(options)
    }

    /// Makes the document's state the newest, stops the work for the one before, and starts the analysis.
    fn publish(&mut self, uri: &Uri, parsed: bool) {
        let Some(open) = self.open.get(uri) else { return };
        if parsed && self.trace != TraceValue::Off {
            self.say(Outgoing::Trace(parse_trace(&open.document)));
        }
        self.generation += 1;
        let (done, outcome) = watch::channel(None);
        let (cancel, generation) = (Cancel::new(), self.generation);
        let published = Published { snapshot: open.document.snapshot(), generation, cancel, outcome };
        if let Some(stale) = self.documents.insert(uri.clone(), published.clone()) {
            stale.cancel.cancel();
        }
        let (uri, outgoing, profile) = (uri.clone(), self.outgoing.clone(), self.profile.clone());
        self.runtime.spawn_blocking(move || {
            let outcome = analyse(&published);
            if let (Outcome::Done(analysis), false) = (&outcome, profile.pulls_diagnostics) {
                let items = analysis.diagnostics.iter();
                let items =
                    items.map(|one| convert::diagnostic(&uri, &published, analysis, one, &profile)).collect();
                let (generation, version) = (Some(published.generation), published.snapshot.version());
                // The transport is gone only when the server ends.
                let _ = outgoing.send(Outgoing::Diagnostics { uri, generation, version, items });
            }
            done.send_replace(Some(outcome));
        });
    }

    fn say(&self, outgoing: Outgoing) {
        // The transport is gone only when the server ends.
        let _ = self.outgoing.send(outgoing);
    }
}

/// The analysis of `published`, on this thread.
fn analyse(published: &Published) -> Outcome {
    let work = || published.snapshot.analyse(&published.cancel);
    match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(analysis)) => Outcome::Done(analysis),
        Ok(Err(_)) => Outcome::Cancelled,
        Err(_) => Outcome::Failed,
    }
}

/// What the last parse cost, for a trace.
fn parse_trace(document: &Document) -> String {
    let (work, snapshot) = (document.work(), document.snapshot());
    let version = snapshot.version().map_or_else(|| "-".into(), |version| version.to_string());
    format!(
        "parsed {} version {version}: {} of {} bytes read, {} declarations parsed, {} reused",
        snapshot.name(),
        work.bytes,
        snapshot.text().len(),
        work.lowered,
        work.reused
    )
}

/// The path of a `file:` URI.
fn file_path(uri: &Uri) -> Option<PathBuf> {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    is_file.then(|| uri.to_file_path().map(|path| path.into_owned())).flatten()
}
