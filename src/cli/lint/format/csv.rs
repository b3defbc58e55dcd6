//! A table, safe to open in a spreadsheet: nothing in it is a formula.

use super::write::Report;

const HEAD: &str = "rule,severity,confidence,path,line,column,kind,namespace,name,field,overlay,message,fingerprint,baseline,suppressed\n";

/// The report.
pub fn render(report: &Report<'_>) -> String {
    let mut text = String::from(HEAD);
    for finding in &report.judged.outcome.findings {
        let object = finding.object.clone().unwrap_or_default();
        let place = &finding.place;
        let cells = [
            finding.rule.id.to_owned(),
            finding.severity.to_string(),
            finding.confidence.as_str().to_owned(),
            place.path.clone(),
            place.line.to_string(),
            place.column.to_string(),
            object.kind,
            object.namespace,
            object.name,
            finding.field.clone(),
            finding.overlay.clone().unwrap_or_default(),
            finding.message.clone(),
            finding.fingerprint(),
            finding.in_baseline.to_string(),
            finding
                .suppressed
                .as_ref()
                .map(|own| own.reason.clone())
                .unwrap_or_default(),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| quote(cell)).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    for one in &report.judged.outcome.unscanned {
        let cells = [
            "O602",
            "error",
            "proved",
            &one.path,
            &one.line.to_string(),
            "0",
            "",
            "",
            "",
            "",
            "",
            &one.reason,
            "",
            "false",
            "",
        ];
        let cells: Vec<String> = cells.iter().map(|cell| quote(cell)).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// A cell in quotes where it needs them, with a quote mark before what a spreadsheet would calculate.
fn quote(cell: &str) -> String {
    let safe = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if safe.contains([',', '"', '\n', '\r']) || safe.starts_with('\'') {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}
