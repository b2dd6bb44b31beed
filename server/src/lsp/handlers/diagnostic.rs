//! `textDocument/diagnostic`: diagnostics for a client that pulls them.

use crate::lsp::convert;
use crate::lsp::session::{Failure, Session};
use crate::lsp::transport::protocol::{
    DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportResult,
    FullDocumentDiagnosticReport, RelatedFullDocumentDiagnosticReport,
    RelatedUnchangedDocumentDiagnosticReport, UnchangedDocumentDiagnosticReport,
};

/// The diagnostics of the document, or that they are those that the client already has.
pub async fn handle(
    session: &Session,
    params: DocumentDiagnosticParams,
) -> Result<DocumentDiagnosticReportResult, Failure> {
    let uri = params.text_document.uri;
    let Some((published, analysis)) = session.analysed(&uri).await? else {
        return Ok(full(FullDocumentDiagnosticReport::default()));
    };
    let result_id = published.generation.to_string();
    if params.previous_result_id.as_deref() == Some(&result_id) {
        let report = RelatedUnchangedDocumentDiagnosticReport {
            related_documents: None,
            unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id },
        };
        return Ok(DocumentDiagnosticReportResult::Report(DocumentDiagnosticReport::Unchanged(report)));
    }
    let profile = session.profile();
    let (of, speaking) = (published.clone(), uri.clone());
    let items = session.compute(&uri, &published, move || {
        let items = analysis.diagnostics.iter();
        items.map(|one| convert::diagnostic(&speaking, &of, &analysis, one, &profile)).collect()
    });
    Ok(full(FullDocumentDiagnosticReport { result_id: Some(result_id), items: items.await? }))
}

fn full(report: FullDocumentDiagnosticReport) -> DocumentDiagnosticReportResult {
    let report = RelatedFullDocumentDiagnosticReport {
        related_documents: None,
        full_document_diagnostic_report: report,
    };
    DocumentDiagnosticReportResult::Report(DocumentDiagnosticReport::Full(report))
}
