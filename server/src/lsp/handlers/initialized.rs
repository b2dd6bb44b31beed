//! `initialized`: from now on the client may be asked.

use crate::lsp::outgoing::Outgoing;
use crate::lsp::owner::Message;
use crate::lsp::session::Session;

/// Asks for settings and for news of files, where the client can give them.
pub fn handle(session: &Session) {
    let profile = session.profile();
    if profile.has_configuration {
        session.send(Message::Say(Outgoing::AskSettings));
    }
    if profile.watches_files {
        session.send(Message::Say(Outgoing::WatchFiles));
    }
}
