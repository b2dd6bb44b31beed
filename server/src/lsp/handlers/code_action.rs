//! `textDocument/codeAction`: quick fixes, and writing the loader.

use gobpf_analysis::Analysis;
use gobpf_source::{TextEdit, TextRange};
use serde_json::json;

use crate::lsp::convert;
use crate::lsp::handlers::code_action_resolve;
use crate::lsp::profile::Profile;
use crate::lsp::session::{Failure, Published, Session};
use crate::lsp::transport::protocol::{
    CodeAction, CodeActionKind, CodeActionParams, CodeActionResponse, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, Uri, WorkspaceEdit,
};
use crate::names;

/// The kind of the loader action for clients that ask for source actions.
pub const WRITE_LOADER: CodeActionKind = CodeActionKind::new("source.gobpf.writeLoader");

/// The kind of the same action for all others: editors hide source actions where none are asked for.
pub const WRITE_LOADER_HERE: CodeActionKind = CodeActionKind::new("refactor.rewrite.gobpf.writeLoader");

/// The actions for a range of the document.
pub async fn handle(
    session: &Session,
    params: CodeActionParams,
) -> Result<Option<CodeActionResponse>, Failure> {
    let uri = params.text_document.uri;
    let Some((published, analysis)) = session.analysed(&uri).await? else { return Ok(None) };
    if !analysis.relevant {
        return Ok(None);
    }
    let profile = session.profile();
    let only = params.context.only;
    let wants =
        |kind: &CodeActionKind| only.as_ref().is_none_or(|only| only.iter().any(|it| covers(it, kind)));
    let mut actions = Vec::new();
    if wants(&CodeActionKind::QUICKFIX) {
        let range = convert::bytes(published.snapshot.text(), params.range, profile.encoding);
        actions = quick_fixes(&uri, &published, &analysis, range, &profile);
    }
    let kind = [WRITE_LOADER_HERE, WRITE_LOADER].into_iter().find(|kind| wants(kind));
    let has_place = code_action_resolve::loader_uri(&uri).is_some();
    if let (Some(kind), Some(_), false, true) = (kind, &analysis.object, analysis.has_errors(), has_place) {
        let action = write_loader(&uri, &published, kind);
        actions.push(if profile.resolves_edits {
            action
        } else {
            code_action_resolve::handle(session, action).await?
        });
    }
    Ok(Some(actions.into_iter().map(Into::into).collect()))
}

/// Whether `asked` is `kind` or a parent of it.
fn covers(asked: &CodeActionKind, kind: &CodeActionKind) -> bool {
    let rest = kind.as_str().strip_prefix(asked.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || asked.as_str().is_empty())
}

/// The action without its edit; its data says how to compute it.
fn write_loader(uri: &Uri, published: &Published, kind: CodeActionKind) -> CodeAction {
    let name = names::loader_of(published.snapshot.name().as_ref());
    let data = json!({ "uri": uri, "version": published.snapshot.version() });
    CodeAction {
        title: format!("Write eBPF loader ({})", name.display()),
        kind: Some(kind),
        data: Some(data),
        ..CodeAction::default()
    }
}

fn quick_fixes(
    uri: &Uri,
    published: &Published,
    analysis: &Analysis,
    range: TextRange,
    profile: &Profile,
) -> Vec<CodeAction> {
    let here = analysis.diagnostics.iter().filter(|one| one.primary.range.intersect(range).is_some());
    let fixes = here.flat_map(|diagnostic| diagnostic.fixes.iter().map(move |fix| (diagnostic, fix)));
    let action = |(diagnostic, fix): (_, &gobpf_diagnostics::Fix)| CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![convert::diagnostic(uri, published, analysis, diagnostic, profile)]),
        edit: Some(workspace_edit(uri, published, &fix.edits, profile)),
        is_preferred: Some(diagnostic.fixes.len() == 1),
        ..CodeAction::default()
    };
    fixes.map(action).collect()
}

/// `edits` of this version of the document, which is named where the client can check it.
fn workspace_edit(uri: &Uri, published: &Published, edits: &[TextEdit], profile: &Profile) -> WorkspaceEdit {
    let text = published.snapshot.text();
    let edits = edits.iter().map(|edit| convert::edit(text, edit, profile.encoding));
    if !profile.versions_edits {
        return convert::unversioned(uri.clone(), edits.collect());
    }
    let (uri, version) = (uri.clone(), published.snapshot.version());
    let text_document = OptionalVersionedTextDocumentIdentifier { uri, version };
    let change = TextDocumentEdit { text_document, edits: edits.map(OneOf::Left).collect() };
    WorkspaceEdit { document_changes: Some(DocumentChanges::Edits(vec![change])), ..WorkspaceEdit::default() }
}
