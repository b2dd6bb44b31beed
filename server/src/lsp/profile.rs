//! What the client can do, and the choices that follow from it.

use gobpf_source::Encoding;

use crate::lsp::transport::protocol::{ClientCapabilities, PositionEncodingKind, ResourceOperationKind};

/// A client.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// How both sides count columns.
    pub encoding: Encoding,
    /// It asks for diagnostics, so none are pushed.
    pub pulls_diagnostics: bool,
    /// It shows places that belong to a diagnostic.
    pub shows_related: bool,
    /// It lets the edit of a code action be computed when the action is chosen.
    pub resolves_edits: bool,
    /// It can create a file as part of an edit.
    pub creates_files: bool,
    /// It takes edits that name the version of the document that they are for.
    pub versions_edits: bool,
    /// It can be asked for settings.
    pub has_configuration: bool,
    /// It can be asked to watch files.
    pub watches_files: bool,
    /// It can be told to pull diagnostics again.
    pub refreshes_diagnostics: bool,
    /// It can be told to ask for code lenses again.
    pub refreshes_lenses: bool,
}

impl Profile {
    /// Reads the client's capabilities.
    pub fn of(client: &ClientCapabilities) -> Profile {
        let document = client.text_document.as_ref();
        let workspace = client.workspace.as_ref();
        let offered = client.general.as_ref().and_then(|general| general.position_encodings.as_deref());
        let related = document.and_then(|document| document.publish_diagnostics.as_ref());
        let actions = document.and_then(|document| document.code_action.as_ref());
        let resolved = actions.and_then(|actions| actions.resolve_support.as_ref());
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let operations = edits.and_then(|edits| edits.resource_operations.as_deref()).unwrap_or_default();
        let watching = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
        let pull = document.and_then(|document| document.diagnostic.as_ref());
        let pulling = workspace.and_then(|workspace| workspace.diagnostics.as_ref());
        let lenses = workspace.and_then(|workspace| workspace.code_lens.as_ref());
        Profile {
            encoding: choose(offered.unwrap_or_default()),
            pulls_diagnostics: pull.is_some(),
            shows_related: related.and_then(|related| related.related_information).unwrap_or_default()
                || pull.and_then(|pull| pull.related_information).unwrap_or_default(),
            resolves_edits: resolved
                .is_some_and(|resolved| resolved.properties.iter().any(|it| it == "edit")),
            // Whoever creates files takes `documentChanges`, which is the only place for that; some don't say so twice.
            creates_files: operations.contains(&ResourceOperationKind::Create),
            versions_edits: edits.and_then(|edits| edits.document_changes).unwrap_or_default(),
            has_configuration: workspace.and_then(|workspace| workspace.configuration).unwrap_or_default(),
            watches_files: watching.and_then(|watching| watching.dynamic_registration).unwrap_or_default(),
            refreshes_diagnostics: pulling.and_then(|pulling| pulling.refresh_support).unwrap_or_default(),
            refreshes_lenses: lenses.and_then(|lenses| lenses.refresh_support).unwrap_or_default(),
        }
    }

    /// The encoding as the protocol calls it.
    pub fn encoding_kind(&self) -> PositionEncodingKind {
        match self.encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }
}

/// UTF-8 where it is offered, since the text is; else the client's first choice that we know; else UTF-16, which every
/// client must have.
fn choose(offered: &[PositionEncodingKind]) -> Encoding {
    if offered.contains(&PositionEncodingKind::UTF8) {
        return Encoding::Utf8;
    }
    let known = offered.iter().find_map(|kind| {
        if *kind == PositionEncodingKind::UTF16 {
            Some(Encoding::Utf16)
        } else if *kind == PositionEncodingKind::UTF32 {
            Some(Encoding::Utf32)
        } else {
            None
        }
    });
    known.unwrap_or_default()
}
