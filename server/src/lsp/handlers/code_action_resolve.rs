//! `codeAction/resolve`: the edit that writes a loader.

use gobpf_analysis::{Cancel, Emit};
use serde::Deserialize;

use crate::lsp::convert;
use crate::lsp::session::{Failure, Session};
use crate::lsp::transport::protocol::{
    CodeAction, CreateFile, CreateFileOptions, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, ResourceOp, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};
use crate::names;

/// What an action without its edit carries.
#[derive(Deserialize, Debug)]
struct Data {
    uri: Uri,
    /// The version of the document that the action was offered for.
    version: Option<i32>,
}

/// `action` with its edit. One that has it already is given back as it is.
pub async fn handle(session: &Session, mut action: CodeAction) -> Result<CodeAction, Failure> {
    let Some(data) = action.data.clone().filter(|_| action.edit.is_none()) else { return Ok(action) };
    let data: Data = serde_json::from_value(data).map_err(|error| Failure::Invalid(error.to_string()))?;
    let target = loader_uri(&data.uri).ok_or_else(|| Failure::Invalid("the document has no file".into()))?;
    let (published, _) = session.analysed(&data.uri).await?.ok_or(Failure::Stale)?;
    if published.snapshot.version() != data.version {
        return Err(Failure::Stale);
    }
    let snapshot = published.snapshot.clone();
    // The analysis is there, so this is short, and a save meanwhile must not stop it.
    let emit = move || snapshot.emit(Emit::Loader, &Cancel::new());
    let emitted = session.compute(&data.uri, &published, emit).await?;
    let bytes = emitted.map_err(|error| Failure::Internal(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| Failure::Internal(error.to_string()))?;
    action.edit = Some(write(session, target, text));
    Ok(action)
}

/// The loader's place, beside the source; none for a document without a file.
pub fn loader_uri(source: &Uri) -> Option<Uri> {
    let path = source.to_file_path().filter(|_| source.scheme().as_str().eq_ignore_ascii_case("file"))?;
    Uri::from_file_path(names::loader_of(&path))
}

/// An edit that makes `text` all there is in the file `uri`.
///
/// The file may be there or not, and be open in the client with or without changes of its own. One that is there is not
/// made anew, which would change it behind the back of whoever has it open; then all of its text is replaced. A client
/// that can't create files is given the replacement alone: most open a document that is not there as an empty one.
fn write(session: &Session, uri: Uri, text: String) -> WorkspaceEdit {
    let profile = session.profile();
    let open = session.newest(&uri);
    let range = convert::everything(open.as_ref().map(|open| open.snapshot.text()), profile.encoding);
    let fill = TextEdit { range, new_text: text };
    if !profile.creates_files {
        return convert::unversioned(uri, vec![fill]);
    }
    let options = Some(CreateFileOptions { overwrite: None, ignore_if_exists: Some(true) });
    let make = CreateFile { uri: uri.clone(), options, annotation_id: None };
    let fill = TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version: None },
        edits: vec![OneOf::Left(fill)],
    };
    let operations =
        vec![DocumentChangeOperation::Op(ResourceOp::Create(make)), DocumentChangeOperation::Edit(fill)];
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(operations)),
        ..WorkspaceEdit::default()
    }
}
