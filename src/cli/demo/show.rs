//! What the demo prints: calm lines for people, one object a line for programs.

use std::path::Path;
use std::time::Duration;

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::json;
use tokio::time::Instant;
use usagewarden_core::amount::Amount;

use super::plan::{Plan, STEPS};
use super::stage::Stage;
use super::story::Told;
use crate::cli::Terminal;
use crate::cli::terminal::Mark;
use crate::cli::wording::count;
use crate::config::Environment;
use crate::simulator::{ADMIN_KEY, Runaway};
use crate::sink::Received;

/// Where a line cannot be redrawn, one stands for this long.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Of a mail's text, in whole paragraphs. The rest is in its file.
const EXTRACT_LINES: usize = 6;
const BAR_CELLS: usize = 30;

pub(super) struct Show<'a> {
    terminal: &'a mut Terminal,
    /// Full and empty cell of the bar, and the edge of an extract.
    letters: [char; 3],
    began: Option<Instant>,
    last_line: Option<Instant>,
}

impl<'a> Show<'a> {
    pub(super) fn new(terminal: &'a mut Terminal, environment: &Environment) -> Self {
        let letters = if environment.is_utf8() { ['█', '░', '│'] } else { ['#', '.', '|'] };
        Self { terminal, letters, began: None, last_line: None }
    }

    pub(super) fn greeting(&mut self, stage: &Stage, url: &str, shown_for: Option<Duration>) {
        let folder = stage.folder.path();
        if self.terminal.json() {
            return self.terminal.record(&json!({
                "event": "started", "status_page": format!("{url}/"), "metrics": format!("{url}/metrics"),
                "status": format!("{url}/api/v1/status"), "simulator": stage.simulator_url,
                "admin_key": ADMIN_KEY, "folder": folder, "budget": stage.plan.amount.plain(),
            }));
        }
        let title = self.terminal.marked(Mark::Strong, "usagewarden demo");
        let what = "a simulated API, the daemon that watches it, and a mail server";
        self.terminal.line(format_args!("{title}  {what}\n"));
        self.row("status page", format_args!("{url}/"));
        self.row("metrics", format_args!("{url}/metrics"));
        self.row("as JSON", format_args!("{url}/api/v1/status"));
        self.row("simulated API", &stage.simulator_url);
        self.row("its key", ADMIN_KEY);
        self.row("files", folder.display());
        let amount = stage.plan.amount;
        let steps = STEPS.map(|step| format!("{step}")).join(", ");
        self.row("budget", format_args!("{amount} a week; mails at {steps} %"));
        let until = match shown_for {
            Some(time) => format!("after {} s, or with Ctrl-C", time.as_secs()),
            None => "with Ctrl-C".to_owned(),
        };
        self.row("ends", until);
        self.terminal.line("");
    }

    fn row(&mut self, name: &str, value: impl std::fmt::Display) {
        let name = self.terminal.marked(Mark::Faint, format_args!("{name:<13}"));
        self.terminal.line(format_args!("  {name}  {value}"));
    }

    /// The past takes some seconds.
    pub(super) fn reading(&mut self) {
        let text = "  reading the past of the simulated organization ...";
        if self.terminal.is_live() && !self.terminal.json() {
            self.terminal.redraw(text, text.len());
        }
    }

    /// The runaway is loose.
    pub(super) fn begin(&mut self, spent: Amount, plan: &Plan) {
        self.began = Some(Instant::now());
        self.last_line = self.began;
        if self.terminal.json() {
            let times = plan.times;
            return self.terminal.record(&json!({
                "event": "runaway", "spent": spent.plain(), "times_median_hour": times,
            }));
        }
        self.told(format_args!("acme has spent {spent} this week, and all is calm"));
        let pace = plan.times / Runaway::default().times;
        self.told(format_args!(
            "the key `evals` runs away, {pace} times as fast as in `simulate`, to fit the time"
        ));
    }

    /// How it stands: a bar that is redrawn, or a line now and then.
    pub(super) fn spend(&mut self, spent: Amount, amount: Amount) {
        let is_due = self.last_line.is_none_or(|at| at.elapsed() >= LINE_EVERY);
        let (live, json) = (self.terminal.is_live(), self.terminal.json());
        if !is_due && (!live || json) {
            return;
        }
        self.last_line = Some(Instant::now());
        let percent = percent(spent, amount);
        if json {
            let ratio = spent.ratio_of(amount).unwrap_or_default().round_dp(4);
            self.terminal.record(&json!({
                "event": "spend", "spent": spent.plain(), "ratio": ratio,
            }));
        } else if live {
            let cells = BAR_CELLS * usize::try_from(percent.min(100)).unwrap_or(0) / 100;
            let [full, empty, _] = self.letters.map(|letter| letter.to_string());
            let bar = full.repeat(cells) + &empty.repeat(BAR_CELLS - cells);
            let start = format!("{}  ", self.clock());
            let end = format!("  {percent:>3} %  {spent} of {amount}");
            let letters = start.len() + BAR_CELLS + end.len();
            let bar = self.terminal.marked(mark(percent), bar);
            self.terminal.redraw(&format!("{start}{bar}{end}"), letters);
        } else {
            self.told(format_args!("{percent:>3} %  {spent} of {amount}"));
        }
    }

    pub(super) fn crossed(&mut self, step: u32, spent: Amount) {
        if self.terminal.json() {
            return self.terminal.record(&json!({
                "event": "crossed", "step": format!("{step}%"), "spent": spent.plain(),
            }));
        }
        // The next line of figures would only repeat this one.
        self.last_line = Some(Instant::now());
        let what = self.terminal.marked(mark(step), format_args!("{step} % crossed"));
        self.told(format_args!("{what}, at {spent}"));
    }

    pub(super) fn mail(&mut self, mail: &Received) {
        let Received { number, path, from, to, letter } = mail;
        if self.terminal.json() {
            return self.terminal.record(&json!({
                "event": "mail", "number": number, "subject": letter.subject, "from": letter.from,
                "sender": from, "to": to, "text": letter.text, "file": path,
            }));
        }
        let subject = self.terminal.marked(Mark::Strong, &letter.subject);
        self.told(format_args!("mail {number}: {subject}\n"));
        self.part("from", &letter.from);
        self.part("to", to.join(", "));
        self.part("kept", path.display());
        self.terminal.line("");
        for line in beginning(&letter.text) {
            let edge = self.terminal.marked(Mark::Faint, self.letters[2]);
            self.terminal.line(format_args!("         {edge} {line}"));
        }
        self.terminal.line("");
    }

    fn part(&mut self, name: &str, value: impl std::fmt::Display) {
        let name = self.terminal.marked(Mark::Faint, format_args!("{name:<4}"));
        self.terminal.line(format_args!("         {name}  {value}"));
    }

    /// Something to know, beside the story.
    pub(super) fn note(&mut self, text: &str) {
        if self.terminal.json() {
            return self.terminal.record(&json!({ "event": "note", "text": text }));
        }
        self.told(text);
    }

    /// What it came to.
    pub(super) fn end(&mut self, told: &Told, plan: &Plan, folder: &Path, log: &Path) {
        let Told { spent, crossed, mails } = told;
        let (crossed, amount) = (&STEPS[..*crossed], plan.amount);
        if self.terminal.json() {
            let steps: Vec<String> = crossed.iter().map(|step| format!("{step}%")).collect();
            return self.terminal.record(&json!({
                "event": "ended", "spent": spent.plain(), "budget": amount.plain(), "crossed": steps,
                "mails": mails.len(), "folder": folder, "log": log,
            }));
        }
        let steps: Vec<String> = crossed.iter().map(ToString::to_string).collect();
        let steps = if steps.is_empty() { "nothing".to_owned() } else { steps.join(", ") + " %" };
        self.terminal.line("");
        self.row("spent", format_args!("{spent} of {amount}, {} %", percent(*spent, amount)));
        self.row("crossed", steps);
        self.row(
            "mails",
            format_args!("{}, in {}", count(mails.len(), "mail"), folder.join("mails").display()),
        );
        self.row("log", log.display());
        self.row("left behind", format_args!("{}, and nothing else", folder.display()));
    }

    /// A line of the story, behind the seconds since it began.
    fn told(&mut self, text: impl std::fmt::Display) {
        let clock = self.terminal.marked(Mark::Faint, self.clock());
        self.terminal.line(format_args!("{clock}  {text}"));
    }

    fn clock(&self) -> String {
        let seconds = self.began.map_or(0, |began| began.elapsed().as_secs());
        format!("{seconds:>5} s")
    }

    pub(super) fn error(&mut self, text: impl std::fmt::Display, hint: impl std::fmt::Display) {
        self.terminal.error(text);
        self.terminal.hint(hint);
    }
}

/// The first paragraphs of a text: as many as fit an extract, and a part of the first
/// if even that does not.
fn beginning(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = Vec::new();
    for paragraph in text.trim_matches('\n').split("\n\n") {
        let more: Vec<&str> = paragraph.lines().map(str::trim_end).collect();
        if !lines.is_empty() && lines.len() + more.len() > EXTRACT_LINES {
            break;
        }
        lines.extend(more);
    }
    lines.truncate(EXTRACT_LINES);
    lines
}

/// Whole percent, never rounded up to a step that is not reached.
fn percent(spent: Amount, amount: Amount) -> u32 {
    let ratio = spent.ratio_of(amount).unwrap_or_default() * Decimal::ONE_HUNDRED;
    let whole = ratio.round_dp_with_strategy(0, RoundingStrategy::ToNegativeInfinity);
    u32::try_from(whole).unwrap_or(0)
}

const fn mark(percent: u32) -> Mark {
    match percent {
        0..80 => Mark::Good,
        80..100 => Mark::Warn,
        _ => Mark::Bad,
    }
}
