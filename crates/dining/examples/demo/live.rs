//! `--live`: the table in the terminal, turning, while the dinner goes on.

use dining::{Activity, Dinner, Report, Running, Snapshot, Stop, Strategy, Work};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::canvas::{Canvas, Circle, Line as Stroke};
use ratatui::widgets::{Block, Cell, Paragraph, Row, Table, Wrap};
use ratatui::{DefaultTerminal, Frame};
use std::f64::consts::TAU;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

const FRAME: Duration = Duration::from_millis(40);
const EAT: Duration = Duration::from_millis(400);
const THINK: Duration = Duration::from_millis(250);
/// Seconds for a full turn of the table.
const TURN: f64 = 60.0;
/// With more around the table their names would cover it.
const NAMED: usize = 24;

/// Whether there is a terminal to draw on and to read keys from.
pub(crate) fn is_possible() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// Shows dinners of `n` philosophers until the user has seen enough; gives a line about each dinner that was served.
pub(crate) fn run(n: usize, seed: u64) -> io::Result<Vec<String>> {
    let mut view = View::new(n, seed)?;
    let mut terminal = ratatui::init();
    let result = view.show(&mut terminal);
    ratatui::restore();
    result.map(|()| view.end())
}

/// What is on the screen.
struct View {
    n: usize,
    seed: u64,
    /// Place in [`Strategy::ALL`].
    strategy: usize,
    running: Option<Running>,
    /// The report of a dinner that ended by itself: a deadlock.
    ended: Option<Report>,
    last: Snapshot,
    waits: Vec<Wait>,
    paused: bool,
    /// When the table was last seen, without the pauses.
    clock: Clock,
    log: Vec<String>,
}

/// How long a philosopher has been hungry, by what the screen has seen.
#[derive(Clone, Default)]
struct Wait {
    meals: u64,
    since: Option<Duration>,
    longest: Duration,
}

/// Time without the pauses.
struct Clock {
    shown: Duration,
    last: Instant,
}

impl Clock {
    fn tick(&mut self, paused: bool) {
        let now = Instant::now();
        self.shown += if paused { Duration::ZERO } else { now - self.last };
        self.last = now;
    }
}

impl View {
    fn new(n: usize, seed: u64) -> io::Result<Self> {
        // Bounded bypass first.
        let strategy = Strategy::ALL.iter().position(|s| matches!(s, Strategy::BoundedBypass(_))).unwrap_or(0);
        let running = serve(n, seed, strategy)?;
        let last = running.snapshot();
        let clock = Clock { shown: Duration::ZERO, last: Instant::now() };
        let (ended, log) = (None, Vec::new());
        let waits = vec![Wait::default(); n];
        Ok(Self { n, seed, strategy, running: Some(running), ended, last, waits, paused: false, clock, log })
    }

    fn show(&mut self, terminal: &mut DefaultTerminal) -> io::Result<()> {
        loop {
            self.look();
            terminal.draw(|frame| self.draw(frame))?;
            let until = Instant::now() + FRAME;
            while event::poll(until.saturating_duration_since(Instant::now()))? {
                if let Event::Key(key) = event::read()?
                    && key.kind == KeyEventKind::Press
                {
                    let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
                    match key.code {
                        KeyCode::Char('q') | KeyCode::Esc => return Ok(()),
                        _ if interrupt => return Ok(()),
                        KeyCode::Char(' ') => self.pause(),
                        KeyCode::Right => self.change(1)?,
                        KeyCode::Left => self.change(Strategy::ALL.len() - 1)?,
                        _ => {}
                    }
                }
            }
        }
    }

    /// Takes a new picture, and the report of a dinner that has ended.
    fn look(&mut self) {
        self.clock.tick(self.paused);
        if let Some(running) = self.running.take_if(|running| running.is_over()) {
            self.log(running.wait());
        }
        let Some(running) = &self.running else { return };
        self.last = running.snapshot();
        let now = self.clock.shown;
        for (p, wait) in self.waits.iter_mut().enumerate() {
            let hungry = self.last.activities[p] == Activity::Hungry;
            if !hungry || self.last.meals[p] != wait.meals {
                (wait.since, wait.meals) = (None, self.last.meals[p]);
            }
            if hungry {
                let since = *wait.since.get_or_insert(now);
                wait.longest = wait.longest.max(now - since);
            }
        }
    }

    fn pause(&mut self) {
        self.paused = !self.paused;
        self.running.iter().for_each(|running| running.pause(self.paused));
    }

    /// Ends this dinner and serves the next strategy.
    fn change(&mut self, step: usize) -> io::Result<()> {
        if let Some(running) = self.running.take() {
            running.stop();
            let report = running.wait();
            self.log(report);
        }
        self.strategy = (self.strategy + step) % Strategy::ALL.len();
        self.running = Some(serve(self.n, self.seed, self.strategy)?);
        (self.ended, self.waits, self.paused) = (None, vec![Wait::default(); self.n], false);
        self.clock = Clock { shown: Duration::ZERO, last: Instant::now() };
        Ok(())
    }

    fn log(&mut self, report: Report) {
        let end = if report.deadlock().is_some() { "deadlock" } else { "ended" };
        self.log.push(format!(
            "{}: {} meals, longest wait {:.1} s, Jain {:.3}, {end}",
            Strategy::ALL[self.strategy],
            report.total_meals(),
            report.waits.max.as_secs_f64(),
            report.jain_index()
        ));
        self.ended = Some(report);
    }

    fn end(mut self) -> Vec<String> {
        if let Some(running) = self.running.take() {
            running.stop();
            let report = running.wait();
            self.log(report);
        }
        self.log
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        let [body, keys] = Layout::vertical([Constraint::Min(8), Constraint::Length(1)]).areas(frame.area());
        let [table, side] = Layout::horizontal([Constraint::Percentage(55), Constraint::Min(44)]).areas(body);
        let told = self.ended.as_ref().and_then(Report::deadlock);
        let tall = if told.is_some() { 2 * self.n.min(8) as u16 + 2 } else { 0 };
        let [list, end] = Layout::vertical([Constraint::Min(5), Constraint::Length(tall)]).areas(side);
        self.draw_table(frame, table);
        self.draw_list(frame, list);
        if let Some(deadlock) = told {
            let text = Paragraph::new(deadlock.to_string()).wrap(Wrap { trim: false });
            frame.render_widget(
                text.block(Block::bordered().title(" deadlock: nobody will ever eat ".red().bold())),
                end,
            );
        }
        let help = "space pause   \u{2190} \u{2192} strategy   q end";
        let dot = |kind| Span::styled(format!("  \u{25cf} {}", word(kind)), colour(kind));
        let kinds = [Activity::Thinking, Activity::Hungry, Activity::Eating];
        let spans: Vec<Span<'_>> = std::iter::once(help.into()).chain(kinds.map(dot)).collect();
        frame.render_widget(Line::from(spans), keys);
    }

    /// Philosophers around, a chopstick between each two, drawn towards who holds it.
    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect) {
        let state = match (&self.running, self.paused) {
            (None, _) => " ended ".red(),
            (_, true) => " paused ".yellow(),
            (_, false) => format!(" {:.0} s ", self.clock.shown.as_secs_f64()).into(),
        };
        let block = Block::bordered().title(format!(" {} ", Strategy::ALL[self.strategy])).title(state);
        let turn = self.clock.shown.as_secs_f64() / TURN * TAU;
        let at = |place: f64, radius: f64| {
            let angle = turn + place / self.n as f64 * TAU;
            (radius * angle.cos(), radius * angle.sin())
        };
        let canvas = Canvas::default().block(block).x_bounds([-130.0, 130.0]).y_bounds([-115.0, 115.0]);
        frame.render_widget(
            canvas.paint(|picture| {
                picture.draw(&Circle { x: 0.0, y: 0.0, radius: 60.0, color: Color::DarkGray });
                for (chopstick, holder) in self.last.holders.iter().enumerate() {
                    // Chopstick i lies between philosophers i - 1 and i.
                    let between = chopstick as f64 - 0.5;
                    let towards =
                        holder.map_or(between, |p| if p == chopstick { between + 0.3 } else { between - 0.3 });
                    let ((x1, y1), (x2, y2)) =
                        (at(between, 42.0), at(towards, if holder.is_some() { 80.0 } else { 60.0 }));
                    let color = holder.map_or(Color::Gray, |p| colour(self.last.activities[p]));
                    picture.draw(&Stroke { x1, y1, x2, y2, color });
                }
                picture.layer();
                for (p, &activity) in self.last.activities.iter().enumerate() {
                    let (x, y) = at(p as f64, 95.0);
                    picture.draw(&Circle { x, y, radius: 6.0, color: colour(activity) });
                    if self.n <= NAMED {
                        let name = Report::philosopher_name(p);
                        let back = 2.5 * name.len() as f64;
                        picture.print(x - back, y, Span::styled(name, Style::new().fg(colour(activity)).bold()));
                    }
                }
            }),
            area,
        );
    }

    fn draw_list(&self, frame: &mut Frame<'_>, area: Rect) {
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        let row = |p: usize| {
            let (activity, wait) = (self.last.activities[p], &self.waits[p]);
            let hungry = wait.since.map_or(String::new(), |since| seconds(self.clock.shown.saturating_sub(since)));
            Row::new([
                Cell::from(Report::philosopher_name(p)),
                Cell::from(word(activity)).style(colour(activity)),
                Cell::from(self.last.meals[p].to_string()),
                Cell::from(hungry),
                Cell::from(seconds(wait.longest)),
            ])
        };
        let widths = [
            Constraint::Min(10),
            Constraint::Length(9),
            Constraint::Length(6),
            Constraint::Length(9),
            Constraint::Length(9),
        ];
        let longest = self.waits.iter().map(|wait| wait.longest).max().unwrap_or_default();
        let eating = self.last.activities.iter().filter(|&&activity| activity == Activity::Eating).count();
        let title = format!(
            " {} meals, {eating} eating now, longest wait {} ",
            self.last.meals.iter().sum::<u64>(),
            seconds(longest)
        );
        let heading = Row::new(["", "", "meals", "waiting", "longest"]).style(Style::new().bold());
        let table = Table::new((0..self.n).map(row), widths).header(heading);
        frame.render_widget(table.block(Block::bordered().title(title)), area);
    }
}

fn serve(n: usize, seed: u64, strategy: usize) -> io::Result<Running> {
    let strategy = Strategy::ALL[strategy];
    Dinner::new(n)
        .strategy(strategy)
        .seed(seed)
        .eat(Work::Sleep(EAT))
        .think(Work::Sleep(THINK))
        .begin_together(strategy == Strategy::Naive)
        .stop(Stop::Time(Duration::MAX))
        .start()
        .map_err(io::Error::other)
}

fn word(activity: Activity) -> &'static str {
    match activity {
        Activity::Thinking => "thinking",
        Activity::Hungry => "hungry",
        Activity::Eating => "eating",
    }
}

fn colour(activity: Activity) -> Color {
    match activity {
        Activity::Thinking => Color::Blue,
        Activity::Hungry => Color::Yellow,
        Activity::Eating => Color::Green,
    }
}
