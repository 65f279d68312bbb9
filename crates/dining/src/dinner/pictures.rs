//! Pictures of an evening: Gantt chart, browser trace, lines of text.

use super::report::{Report, Span, SpanKind};
use super::settings::name;
use crate::json;
use std::fmt::Write;
use std::time::Duration;

const ROW: f64 = 16.0;
const LEFT: f64 = 110.0;
const WIDTH: f64 = 1000.0;
const TOP: f64 = 44.0;

/// When the last span ends.
fn end(spans: &[Span]) -> Duration {
    spans.iter().map(|span| span.end).max().unwrap_or_default()
}

pub(super) fn gantt_svg(report: &Report) -> String {
    let rows = report.meals.len() as f64;
    let (width, height) = (LEFT + WIDTH + 20.0, TOP + rows * ROW + 30.0);
    let scale = WIDTH / end(&report.spans).as_secs_f64().max(1e-9);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <style>rect.h{{fill:#e69f00}}rect.e{{fill:#009e73}}text{{fill:#333}}.bg{{fill:#fff}}@media(prefers-color-scheme:dark){{text{{fill:#ddd}}.bg{{fill:#181818}}}}</style>\n\
         <rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>\n\
         <text x=\"8\" y=\"16\" font-size=\"13\">{}</text>\n\
         <rect class=\"h\" x=\"8\" y=\"24\" width=\"10\" height=\"10\"/><text x=\"22\" y=\"33\">hungry</text>\n\
         <rect class=\"e\" x=\"72\" y=\"24\" width=\"10\" height=\"10\"/><text x=\"86\" y=\"33\">eating</text>\n",
        escape(&report.title)
    );
    for p in 0..report.meals.len() {
        let _ = writeln!(out, "<text x=\"8\" y=\"{}\">{}</text>", TOP + (p as f64 + 0.75) * ROW, escape(&name(p)));
    }
    for span in &report.spans {
        let (class, what) = match span.kind {
            SpanKind::Hungry => ("h", "hungry"),
            SpanKind::Eating => ("e", "eating"),
        };
        let (x, w) = (LEFT + span.start.as_secs_f64() * scale, (span.end - span.start).as_secs_f64() * scale);
        let y = TOP + span.philosopher as f64 * ROW + 2.0;
        let _ = writeln!(
            out,
            "<rect class=\"{class}\" x=\"{x:.2}\" y=\"{y}\" width=\"{:.2}\" height=\"{}\"><title>{} {what} {:?}</title></rect>",
            w.max(0.2),
            ROW - 4.0,
            escape(&name(span.philosopher)),
            span.end - span.start
        );
    }
    let _ = writeln!(out, "<text x=\"{LEFT}\" y=\"{}\">0</text>", height - 10.0);
    let last = end(&report.spans);
    let _ = writeln!(out, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{last:.1?}</text>", LEFT + WIDTH, height - 10.0);
    out + "</svg>\n"
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub(super) fn chrome_trace_json(report: &Report) -> String {
    let mut events: Vec<String> = (0..report.meals.len())
        .map(|p| {
            format!(
                "{{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":{p},\"args\":{{\"name\":{}}}}}",
                json::string(&name(p))
            )
        })
        .collect();
    for span in &report.spans {
        let what = if span.kind == SpanKind::Eating { "eating" } else { "hungry" };
        let us = |time: Duration| json::number(time.as_nanos() as f64 / 1e3);
        events.push(format!(
            "{{\"name\":\"{what}\",\"ph\":\"X\",\"pid\":1,\"tid\":{},\"ts\":{},\"dur\":{}}}",
            span.philosopher,
            us(span.start),
            us(span.end - span.start)
        ));
    }
    format!("{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n{}\n]}}\n", events.join(",\n"))
}

pub(super) fn timeline(report: &Report, width: usize) -> Vec<String> {
    let last = end(&report.spans).as_secs_f64().max(1e-9);
    let mut shares = vec![vec![[0.0_f64; 2]; width]; report.meals.len()];
    for span in &report.spans {
        let (from, to) = (span.start.as_secs_f64() / last * width as f64, span.end.as_secs_f64() / last * width as f64);
        let row = &mut shares[span.philosopher];
        for (cell, share) in row.iter_mut().enumerate().take(to.ceil() as usize).skip(from as usize) {
            let covered = to.min(cell as f64 + 1.0) - from.max(cell as f64);
            share[usize::from(span.kind == SpanKind::Eating)] += covered.max(0.0);
        }
    }
    let mark = |&[hungry, eating]: &[f64; 2]| match 1.0 - hungry - eating {
        thinking if thinking > hungry.max(eating) => ' ',
        _ if eating >= hungry => '#',
        _ => '.',
    };
    shares.iter().map(|row| row.iter().map(mark).collect()).collect()
}
