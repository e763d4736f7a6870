//! The desk tool `iso8583`: messages, MACs, PIN blocks, keys, tracks, for an engineer's test keys.
//!
//! Data goes to standard output, errors to standard error as one JSON object. Exit codes: 0 done,
//! 1 the answer is no (a message that can't be read, a PIN block that doesn't fit), 2 usage.

mod arguments;
mod cards;
mod cryptography;
mod decode;
mod encode;
mod failure;

use arguments::{Arguments, Command, Output};
use clap::{CommandFactory, Parser};
use failure::Failure;
use serde_json::Value;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// The most bytes taken from standard input; more are refused, not cut off.
const INPUT_MAX: usize = 1024 * 1024;

/// Runs the tool with the program's arguments, name included.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let arguments = match Arguments::try_parse_from(&args) {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            // Nothing is left to be done if even that can't be printed.
            let _ = if error.use_stderr() {
                let text = without_secrets(error.render().to_string(), &args);
                std::io::stderr().write_all(text.as_bytes())
            } else {
                error.print()
            };
            return ExitCode::from(code);
        }
    };
    match execute(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "{}", failure.to_json());
            ExitCode::from(failure.exit_code())
        }
    }
}

/// The parser quotes what it can't place: a key or a card number without its option must not
/// come back in the error.
fn without_secrets(mut text: String, args: &[OsString]) -> String {
    for arg in args.iter().filter_map(|arg| arg.to_str()) {
        let value = arg.split_once('=').map_or(arg, |(_, value)| value);
        if value.len() >= 4 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            text = text.replace(value, "…");
        }
    }
    text
}

fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let output = arguments.output;
    let answer = match &arguments.command {
        Command::Decode(options) => decode::run(options, &read_input()?, output)?,
        Command::Encode(options) => encode::run(options, &read_input()?)?,
        Command::Mac(options) => cryptography::mac(options)?,
        Command::PinBlock(options) => cryptography::pin_block(options)?,
        Command::Dukpt(options) => cryptography::dukpt(options)?,
        Command::Kcv(options) => cryptography::kcv(options)?,
        Command::Cvv(options) => cryptography::cvv(options)?,
        Command::Tlv(options) => cards::tlv(options, &read_input()?)?,
        Command::Track => cards::track(&read_input()?)?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            let mut command = Arguments::command();
            clap_complete::generate(*shell, &mut command, "iso8583", &mut script);
            return write(&script);
        }
    };
    let mut text = Zeroizing::new(answer.render(output));
    text.push('\n');
    write(text.as_bytes())
}

fn read_input() -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    std::io::stdin()
        .take(INPUT_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("standard input can't be read: {error}")))?;
    if bytes.len() > INPUT_MAX {
        let reason = format!("input is longer than {INPUT_MAX} bytes");
        return Err(Failure::message("frame", INPUT_MAX, reason));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| Failure::message("frame", error.valid_up_to(), "input is not text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::usage(format!("standard output can't be written: {error}")))
}

/// What a command found.
enum Answer {
    /// One value with the name it has in JSON; text unless JSON is asked for.
    One(&'static str, Zeroizing<String>),
    /// JSON unless text is asked for.
    Json(Value),
    /// Text that was asked for.
    Text(String),
}

impl Answer {
    fn render(self, output: Option<Output>) -> String {
        match (self, output) {
            (Self::One(name, value), Some(Output::Json)) => {
                serde_json::json!({ name: value.as_str() }).to_string()
            }
            (Self::One(_, value), Some(Output::Text) | None) => value.as_str().to_owned(),
            (Self::Json(value), Some(Output::Json) | None) => value.to_string(),
            (Self::Json(value), Some(Output::Text)) => {
                serde_json::to_string_pretty(&value).unwrap_or_default()
            }
            (Self::Text(text), _) => text,
        }
    }
}
