//! `codeAction/resolve`: the edit that writes a loader.

use gobpf_analysis::Emit;
use serde::Deserialize;

use crate::lsp::session::{Failure, Session};
use crate::lsp::transport::protocol::{
    CodeAction, CreateFile, CreateFileOptions, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, Range, ResourceOp, TextDocumentEdit, TextEdit, Uri,
    WorkspaceEdit,
};
use crate::names;

/// What an action without its edit carries.
#[derive(Deserialize, Debug)]
struct Data {
    uri: Uri,
    generation: u64,
}

/// `action` with its edit. One that has it already is given back as it is.
pub async fn handle(session: &Session, mut action: CodeAction) -> Result<CodeAction, Failure> {
    let Some(data) = action.data.clone().filter(|_| action.edit.is_none()) else { return Ok(action) };
    let data: Data = serde_json::from_value(data).map_err(|error| Failure::Invalid(error.to_string()))?;
    let published = session.current(&data.uri).await.ok_or(Failure::Stale)?;
    if published.generation != data.generation {
        return Err(Failure::Stale);
    }
    let (snapshot, cancel) = (published.snapshot.clone(), published.cancel.clone());
    let emitted = session.compute(&data.uri, &published, move || snapshot.emit(Emit::Loader, &cancel));
    let text = emitted.await?.map_err(|error| Failure::Internal(error.to_string()))?;
    let target = loader_uri(&data.uri).ok_or_else(|| Failure::Invalid("the document has no file".into()))?;
    action.edit = Some(create(target, text));
    Ok(action)
}

/// The loader's place, beside the source.
fn loader_uri(source: &Uri) -> Option<Uri> {
    let path = source.to_file_path()?;
    Uri::from_file_path(names::loader_of(&path))
}

/// An edit that makes a file of `text`, over one that is there.
fn create(uri: Uri, text: String) -> WorkspaceEdit {
    let options = Some(CreateFileOptions { overwrite: Some(true), ignore_if_exists: None });
    let make = CreateFile { uri: uri.clone(), options, annotation_id: None };
    let insert = TextEdit { range: Range::default(), new_text: text };
    let fill = TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version: None },
        edits: vec![OneOf::Left(insert)],
    };
    let operations =
        vec![DocumentChangeOperation::Op(ResourceOp::Create(make)), DocumentChangeOperation::Edit(fill)];
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(operations)),
        ..WorkspaceEdit::default()
    }
}
