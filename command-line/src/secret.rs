//! What somebody types that nobody may read over their shoulder, in a list of processes, or in a
//! history of commands.

use std::io::{self, BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// Letters of what is typed at most.
const LETTERS_MAX: usize = 256;

/// One line of standard input, without its end. At a terminal the question is asked first, and what
/// is typed does not show.
///
/// # Errors
/// Nothing came, or too much.
pub fn ask_secret(question: &str) -> io::Result<Zeroizing<String>> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return line_of(&mut stdin.lock());
    }
    let mut stderr = io::stderr();
    write!(stderr, "{question}: ")?;
    stderr.flush()?;
    let hidden = Hidden::begin()?;
    let typed = line_of(&mut stdin.lock());
    drop(hidden);
    writeln!(stderr)?;
    typed
}

/// Whether a person is asked, who may mistype.
#[must_use]
pub fn asks_a_person() -> bool {
    io::stdin().is_terminal()
}

fn line_of(input: &mut impl BufRead) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(LETTERS_MAX));
    input.read_line(&mut line)?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    match length {
        0 => Err(io::Error::other("nothing was typed")),
        1..=LETTERS_MAX => Ok(line),
        _ => Err(io::Error::other("too much was typed")),
    }
}

/// A terminal that shows nothing, until this is dropped.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // The terminal is gone, then.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_without_its_end_and_one_at_a_time() {
        let mut input = io::Cursor::new("2580\r\n7531\n");
        assert_eq!(line_of(&mut input).unwrap().as_str(), "2580");
        assert_eq!(line_of(&mut input).unwrap().as_str(), "7531");
        assert!(line_of(&mut input).is_err(), "nothing more");
        let mut long = io::Cursor::new("9".repeat(LETTERS_MAX + 1));
        assert!(line_of(&mut long).is_err());
    }
}
