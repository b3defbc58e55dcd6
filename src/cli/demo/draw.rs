//! Draws the picture.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, Gauge, Paragraph, Sparkline, Wrap},
};

use super::{
    chapter::CHAPTERS,
    picture::{Picture, Standing},
    told::Tone,
};

/// Draws everything into the frame; what has no room is cut off.
pub fn draw(frame: &mut Frame<'_>, picture: &Picture) {
    let [title, middle, log] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(3),
        Constraint::Fill(1),
    ])
    .areas(frame.area());
    let [left, right] =
        Layout::horizontal([Constraint::Percentage(42), Constraint::Fill(1)]).areas(middle);
    let [git, application, secret, traffic] = Layout::vertical([
        Constraint::Length(6),
        Constraint::Length(3),
        Constraint::Fill(1),
        Constraint::Length(7),
    ])
    .areas(left);
    let expected = u16::try_from(picture.expectations.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    let [rollout, expectations] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(expected)]).areas(right);
    draw_title(frame, title, picture);
    draw_git(frame, git, picture);
    draw_application(frame, application, picture);
    draw_secret(frame, secret, picture);
    draw_traffic(frame, traffic, picture);
    draw_rollout(frame, rollout, picture);
    draw_expectations(frame, expectations, picture);
    draw_log(frame, log, picture);
}

fn draw_title(frame: &mut Frame<'_>, area: Rect, picture: &Picture) {
    let (number, title) = &picture.chapter;
    let pause = if picture.is_paused {
        " · paused, Enter goes on"
    } else {
        ""
    };
    let text = format!(
        " waxwing demo · {number}/{} {title} · {:.0} s, {} times as fast{pause} · q ends",
        CHAPTERS.len(),
        picture.at,
        picture.speed,
    );
    let style = Style::new()
        .add_modifier(Modifier::BOLD)
        .bg(Color::Blue)
        .fg(Color::White);
    frame.render_widget(Paragraph::new(text).style(style), area);
}

fn draw_git(frame: &mut Frame<'_>, area: Rect, picture: &Picture) {
    let lines: Vec<Line<'_>> = picture
        .commits
        .iter()
        .map(|commit| {
            Line::from(vec![
                Span::styled(format!("{} ", commit.id), Style::new().fg(Color::Yellow)),
                Span::raw(commit.message.as_str()),
                Span::styled(
                    format!(" ({})", commit.author),
                    Style::new().fg(Color::DarkGray),
                ),
            ])
        })
        .collect();
    frame.render_widget(
        Paragraph::new(lines).block(Block::bordered().title(" Git: main ")),
        area,
    );
}

fn draw_application(frame: &mut Frame<'_>, area: Rect, picture: &Picture) {
    let (sync, health, revision) = &picture.application;
    let line = Line::from(vec![
        Span::styled(sync.as_str(), state(sync)),
        Span::raw(format!(" to {revision}   ")),
        Span::styled(health.as_str(), state(health)),
    ]);
    let block = Block::bordered().title(" Application backstage ");
    frame.render_widget(Paragraph::new(line).block(block), area);
}

fn draw_secret(frame: &mut Frame<'_>, area: Rect, picture: &Picture) {
    let mut lines: Vec<Line<'_>> = picture
        .versions
        .iter()
        .map(|version| {
            let (mark, style) = match (version.is_promoted, version.is_rejected) {
                (true, _) => ("promoted", Style::new().fg(Color::Green)),
                (false, true) => ("rejected", Style::new().fg(Color::Red)),
                (false, false) if version.readers > 0 => ("canary", Style::new().fg(Color::Yellow)),
                (false, false) => ("", Style::new()),
            };
            Line::from(vec![
                Span::raw(format!("v{:<3} ", version.number)),
                Span::styled(format!("{mark:<9}"), style),
                Span::raw(format!(
                    " {} {}",
                    "□".repeat(version.readers),
                    readers(version.readers)
                )),
            ])
        })
        .collect();
    if !picture.promotion.is_empty() {
        lines.push(Line::styled(
            picture.promotion.as_str(),
            Style::new().fg(Color::DarkGray),
        ));
    }
    let block = Block::bordered().title(" backstage-secrets: versions and their readers ");
    frame.render_widget(
        Paragraph::new(lines).wrap(Wrap { trim: true }).block(block),
        area,
    );
}

fn readers(count: usize) -> String {
    match count {
        0 => "no pod".to_owned(),
        1 => "1 pod".to_owned(),
        count => format!("{count} pods"),
    }
}

fn draw_traffic(frame: &mut Frame<'_>, area: Rect, picture: &Picture) {
    let last = picture.traffic.last().copied().unwrap_or_default();
    let errors = last.canary_errors.map_or_else(
        || "none".to_owned(),
        |share| format!("{:.0} %", share * 100.0),
    );
    let block = Block::bordered().title(format!(
        " {:.0}/s stable, {:.0}/s canary, failing: {errors} ",
        last.stable, last.canary
    ));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let [canary, failing] =
        Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(inside);
    let width = usize::from(inside.width);
    let shown = picture
        .traffic
        .get(picture.traffic.len().saturating_sub(width)..)
        .unwrap_or_default();
    let share = |part: f64, whole: f64| -> u64 {
        if whole <= 0.0 {
            return 0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a percentage between 0 and 100"
        )]
        let percent = (part / whole * 100.0).round().clamp(0.0, 100.0) as u64;
        percent
    };
    let weights = shown
        .iter()
        .map(|one| share(one.canary, one.canary + one.stable));
    let bars = Sparkline::default()
        .data(weights)
        .max(100)
        .style(Style::new().fg(Color::Cyan));
    frame.render_widget(bars, canary);
    let failed = shown
        .iter()
        .map(|one| share(one.canary_errors.unwrap_or(0.0), 1.0));
    let bars = Sparkline::default()
        .data(failed)
        .max(100)
        .style(Style::new().fg(Color::Red));
    frame.render_widget(bars, failing);
}

fn draw_rollout(frame: &mut Frame<'_>, area: Rect, picture: &Picture) {
    let view = &picture.rollout;
    let block = Block::bordered().title(" Rollout backstage ");
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let [head, weight, tree] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(1),
        Constraint::Fill(1),
    ])
    .areas(inside);
    let lines = vec![
        Line::from(vec![
            Span::styled(
                format!("{} {}", view.icon, view.status),
                state(&view.status),
            ),
            Span::raw(format!(
                "   step {}   {} ready of {}",
                if view.step.is_empty() {
                    "-"
                } else {
                    &view.step
                },
                view.ready,
                view.desired
            )),
        ]),
        Line::styled(view.message.as_str(), Style::new().fg(Color::DarkGray)),
    ];
    frame.render_widget(Paragraph::new(lines), head);
    let percent = u16::try_from(picture.weight.clamp(0, 100)).unwrap_or(0);
    let gauge = Gauge::default()
        .percent(percent)
        .label(format!("{percent} % of the traffic to the canary"))
        .gauge_style(Style::new().fg(Color::Cyan).bg(Color::Black));
    frame.render_widget(gauge, weight);
    let lines: Vec<Line<'_>> = picture
        .tree
        .iter()
        .map(|line| Line::raw(line.as_str()))
        .collect();
    frame.render_widget(Paragraph::new(lines), tree);
}

fn draw_expectations(frame: &mut Frame<'_>, area: Rect, picture: &Picture) {
    let lines: Vec<Line<'_>> = picture
        .expectations
        .iter()
        .map(|(standing, text)| {
            let (mark, style) = match standing {
                Standing::Open => ("·", Style::new().fg(Color::DarkGray)),
                Standing::Held => ("✓", Style::new().fg(Color::Green)),
                Standing::Broken => ("✗", Style::new().fg(Color::Red)),
            };
            Line::styled(format!("{mark} {text}"), style)
        })
        .collect();
    let block = Block::bordered().title(" Expected of this chapter ");
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn draw_log(frame: &mut Frame<'_>, area: Rect, picture: &Picture) {
    let block = Block::bordered().title(" What happens ");
    let rows = usize::from(block.inner(area).height);
    let first = picture.log.len().saturating_sub(rows);
    let lines: Vec<Line<'_>> = picture
        .log
        .iter()
        .skip(first)
        .map(|(tone, text)| Line::styled(text.as_str(), tone_style(*tone)))
        .collect();
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn tone_style(tone: Tone) -> Style {
    match tone {
        Tone::Title => Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD),
        Tone::Plain => Style::new(),
        Tone::Quiet => Style::new().fg(Color::DarkGray),
        Tone::Good => Style::new().fg(Color::Green),
        Tone::Bad => Style::new().fg(Color::Red),
    }
}

fn state(word: &str) -> Style {
    Style::new().fg(match word {
        "Synced" | "Healthy" => Color::Green,
        "Degraded" | "OutOfSync" => Color::Red,
        "Progressing" | "Paused" => Color::Yellow,
        _ => Color::Reset,
    })
}
