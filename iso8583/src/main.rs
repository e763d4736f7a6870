//! The `iso8583` desk tool.

fn main() -> std::process::ExitCode {
    iso8583::run(std::env::args_os())
}
