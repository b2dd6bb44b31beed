//! `textDocument/hover`: the instructions that a line became.

use crate::lsp::convert;
use crate::lsp::session::{Failure, Session};
use crate::lsp::transport::protocol::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};

/// What the analysis shows at the position, if anything.
pub async fn handle(session: &Session, params: HoverParams) -> Result<Option<Hover>, Failure> {
    let at = params.text_document_position_params;
    let uri = at.text_document.uri;
    let Some((published, analysis)) = session.analysed(&uri).await? else { return Ok(None) };
    let (snapshot, encoding) = (published.snapshot.clone(), session.profile().encoding);
    let hover = session.compute(&uri, &published, move || {
        let offset = convert::offset(snapshot.text(), at.position, encoding);
        let hover = analysis.hover(&snapshot, offset)?;
        let range = Some(convert::range(snapshot.text(), hover.span.range, encoding));
        let content = MarkupContent { kind: MarkupKind::Markdown, value: hover.markdown };
        Some(Hover { contents: HoverContents::Markup(content), range })
    });
    hover.await
}
