//! `textDocument/codeLens`: size and verdict above each program.

use crate::lsp::convert;
use crate::lsp::session::{Failure, Session};
use crate::lsp::transport::protocol::{CodeLens, CodeLensParams, Command};
use crate::names;

/// A lens for each compiled program.
pub async fn handle(session: &Session, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>, Failure> {
    let uri = params.text_document.uri;
    let Some((published, analysis)) = session.analysed(&uri).await? else { return Ok(None) };
    if analysis.object.is_none() {
        return Ok(None);
    }
    let (snapshot, encoding) = (published.snapshot.clone(), session.profile().encoding);
    let lenses = session.compute(&uri, &published, move || {
        let lens = |report| {
            // A command without a name is text that can't be clicked.
            let command = Command { title: names::lens(report), command: String::new(), arguments: None };
            let range = convert::range(snapshot.text(), report.span.range, encoding);
            CodeLens { range, command: Some(command), data: None }
        };
        analysis.programs.iter().map(lens).collect()
    });
    lenses.await.map(Some)
}
