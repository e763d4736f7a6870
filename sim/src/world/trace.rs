//! The trace of a run: one line for each thing that happened, with virtual time and a number, so
//! that two runs of a seed can be compared byte for byte.

use std::{
    cell::RefCell,
    fmt::{self, Write as _},
    fs::File,
    io::{self, BufWriter, Write as _},
    path::Path,
    time::Duration,
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

thread_local! {
    // A simulation runs on one thread; hosts inside it have no other way to reach the file.
    static TRACE: RefCell<Option<Trace>> = const { RefCell::new(None) };
}

struct Trace {
    file: BufWriter<File>,
    lines: u64,
    failed: Option<io::Error>,
}

/// Starts writing the trace of this thread's simulation to `path`; without one nothing is written.
///
/// # Errors
/// The file can't be created.
pub(crate) fn start(path: Option<&Path>) -> io::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let file = BufWriter::new(File::create(path)?);
    TRACE.with_borrow_mut(|trace| {
        *trace = Some(Trace {
            file,
            lines: 0,
            failed: None,
        })
    });
    Ok(())
}

/// Ends the trace and says how many lines it has.
///
/// # Errors
/// A line could not be written: the trace proves nothing then.
pub(crate) fn finish() -> io::Result<u64> {
    TRACE
        .with_borrow_mut(Option::take)
        .map_or(Ok(0), |mut trace| {
            trace.file.flush()?;
            trace.failed.map_or(Ok(trace.lines), Err)
        })
}

/// Writes one line: number, virtual time in microseconds, text.
pub(crate) fn line(text: &str) {
    at(turmoil::sim_elapsed().unwrap_or_default(), text);
}

/// The same from outside the hosts, where the driver knows the time.
pub(crate) fn at(elapsed: Duration, text: &str) {
    TRACE.with_borrow_mut(|trace| {
        let Some(trace) = trace else { return };
        trace.lines = trace.lines.saturating_add(1);
        let written = writeln!(
            trace.file,
            "{:06} {:>12} {text}",
            trace.lines,
            elapsed.as_micros()
        );
        if let Err(error) = written {
            trace.failed.get_or_insert(error);
        }
    });
}

/// Copies what the programs log into the trace.
pub(crate) struct TraceLayer;

impl<S: Subscriber> Layer<S> for TraceLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields(format!("log {}", event.metadata().target()));
        event.record(&mut fields);
        line(&fields.0);
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string can't fail.
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}
