//! What all handlers share: the way to the owner, and the newest version of each document.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, mpsc};

use dashmap::DashMap;
use gobpf_analysis::{Analysis, Cancel, Snapshot};
use tokio::sync::{oneshot, watch};

use crate::lsp::owner::Message;
use crate::lsp::profile::Profile;
use crate::lsp::transport::protocol::Uri;
use crate::settings::Settings;

/// The newest version of each open document.
pub type Documents = Arc<DashMap<Uri, Published>>;

/// A version of a document, with the analysis that runs or has run for it.
#[derive(Clone)]
pub struct Published {
    /// The version.
    pub snapshot: Snapshot,
    /// Grows with each version and each change of settings, over all documents.
    pub generation: u64,
    /// Raised when a newer version is published.
    pub cancel: Cancel,
    /// What came of the analysis; none while it runs.
    pub outcome: watch::Receiver<Option<Outcome>>,
}

/// What came of an analysis.
#[derive(Clone)]
pub enum Outcome {
    /// It is done.
    Done(Arc<Analysis>),
    /// A newer version made it useless.
    Cancelled,
    /// It panicked; the panic hook has told where.
    Failed,
}

/// Why a request has no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The document changed meanwhile; the client may ask again.
    Stale,
    /// We failed.
    Internal(String),
    /// The request makes no sense.
    Invalid(String),
}

/// The state of a running server.
pub struct Session {
    owner: mpsc::Sender<Message>,
    documents: Documents,
    profile: OnceLock<Profile>,
    /// Settings of the command line, over which the client's are laid.
    pub settings: Settings,
    shut_down: AtomicBool,
}

impl Session {
    /// A session whose documents belong to `owner`.
    pub fn new(owner: mpsc::Sender<Message>, documents: Documents, settings: Settings) -> Session {
        Session { owner, documents, profile: OnceLock::new(), settings, shut_down: AtomicBool::new(false) }
    }

    /// Sends `message` to the owner; never waits.
    pub fn send(&self, message: Message) {
        // The owner lives as long as the session; were it gone, requests would find no documents.
        let _ = self.owner.send(message);
    }

    /// Keeps what is known of the client.
    pub fn start(&self, profile: Profile) -> &Profile {
        self.profile.get_or_init(|| profile)
    }

    /// The client.
    pub fn profile(&self) -> Profile {
        self.profile.get().cloned().unwrap_or_default()
    }

    /// Notes that the client wants to end.
    pub fn shut_down(&self) {
        self.shut_down.store(true, Ordering::Release);
    }

    /// Whether the client has said that it wants to end.
    pub fn is_shut_down(&self) -> bool {
        self.shut_down.load(Ordering::Acquire)
    }

    /// The document as all messages before this one left it. The first poll sends to the owner, so the order of
    /// messages holds.
    pub async fn current(&self, uri: &Uri) -> Option<Published> {
        let (asker, answer) = oneshot::channel();
        self.send(Message::Look(uri.clone(), asker));
        answer.await.ok()?
    }

    /// The newest version right now.
    pub fn newest(&self, uri: &Uri) -> Option<Published> {
        self.documents.get(uri).map(|published| published.clone())
    }

    /// The document and its analysis; none for a document that isn't open.
    ///
    /// # Errors
    ///
    /// [`Failure::Stale`] when a newer version comes first. The same text under other settings is no newer version:
    /// its analysis is waited for.
    pub async fn analysed(&self, uri: &Uri) -> Result<Option<(Published, Arc<Analysis>)>, Failure> {
        let Some(mut published) = self.current(uri).await else { return Ok(None) };
        loop {
            let outcome = match published.outcome.wait_for(Option::is_some).await {
                Ok(outcome) => outcome.clone(),
                Err(_) => None,
            };
            match outcome {
                Some(Outcome::Done(analysis)) => return Ok(Some((published, analysis))),
                Some(Outcome::Cancelled) => published = self.same_text(uri, &published)?,
                Some(Outcome::Failed) | None => {
                    return Err(Failure::Internal("the analysis failed".into()));
                }
            }
        }
    }

    /// The newest state of the document, when its text is still that of `published`.
    fn same_text(&self, uri: &Uri, published: &Published) -> Result<Published, Failure> {
        let newest = self.newest(uri).ok_or(Failure::Stale)?;
        let same = newest.snapshot.version() == published.snapshot.version();
        if same { Ok(newest) } else { Err(Failure::Stale) }
    }

    /// Runs `work` where blocking is allowed, and drops its result when the text of `published` is no longer the newest.
    ///
    /// # Errors
    ///
    /// [`Failure::Stale`] then, [`Failure::Internal`] when `work` panics.
    pub async fn compute<T: Send + 'static>(
        &self,
        uri: &Uri,
        published: &Published,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let guarded = move || panic::catch_unwind(AssertUnwindSafe(work));
        let Ok(Ok(result)) = tokio::task::spawn_blocking(guarded).await else {
            return Err(Failure::Internal("the computation failed".into()));
        };
        self.same_text(uri, published).map(|_| result)
    }
}
