//! A file as a whole.

use std::{fs, path::Path};

use zeroize::Zeroizing;

use crate::{
    Fault, FileError, Section,
    fault::Faults,
    syntax::{self, Readable},
};

/// Reads a file. `read` takes its values and the folder that paths in it are relative to.
///
/// # Errors
/// It can't be read, or has faults: all of them at once.
pub fn read_file<T>(
    path: &Path,
    read: impl FnOnce(&mut Section<'_>, &Path) -> Option<T>,
) -> Result<T, FileError> {
    // It may hold keys.
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|reason| FileError::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    parse(&text, |root| read(root, folder)).map_err(|faults| FileError::Faults {
        path: path.to_owned(),
        faults,
    })
}

/// Reads the text of a file. `read` may come back with nothing only where it reported a fault.
///
/// # Errors
/// All faults, in the order of the file.
pub fn parse<T>(
    text: &str,
    read: impl FnOnce(&mut Section<'_>) -> Option<T>,
) -> Result<T, Vec<Fault>> {
    let Readable {
        text,
        faults: broken,
        is_whole,
    } = syntax::readable(text);
    let faults = Faults::default();
    let mut value = None;
    if is_whole && let Ok(document) = toml_span::parse(&text) {
        let mut root = Section::root(&document, &text, &faults);
        value = read(&mut root);
    }
    let mut faults = faults.into_sorted();
    // A line that is no TOML is told once, not for its value as well.
    faults.retain(|fault| broken.iter().all(|other| other.line != fault.line));
    faults.extend(broken);
    faults.sort_by_key(|fault| fault.line);
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        Some(_) | None => Err(faults),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Store {
        name: String,
        timeout: Duration,
        lanes: Vec<u16>,
    }

    fn store(root: &mut Section<'_>) -> Option<Store> {
        let mut section = root.section("store");
        let name = section.text("name");
        let timeout = section.duration_or("timeout", Duration::from_secs(60));
        let terminals = root.sections("terminal");
        let lanes: Vec<_> = terminals
            .into_iter()
            .map(|mut terminal| {
                let _key = terminal.hidden("key", "16 hex digits", |text| {
                    (text.len() == 16).then_some(())
                });
                terminal.number("lane", 1..=u16::MAX)
            })
            .collect();
        Some(Store {
            name: name?,
            timeout,
            lanes: lanes.into_iter().collect::<Option<_>>()?,
        })
    }

    fn faults(text: &str) -> Vec<String> {
        let faults = parse(text, store).unwrap_err();
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_right_is_read() {
        let text = "[store]\nname = \"one\"\ntimeout = \"2m\"\n\
                    [[terminal]]\nlane = 7\nkey = \"0123456789ABCDEF\"\n";
        let read = parse(text, store).unwrap();
        assert_eq!(read.lanes, [7]);
        assert_eq!(read.timeout, Duration::from_secs(120));
    }

    #[test]
    fn all_faults_are_told_at_once_each_with_line_and_key() {
        let text = "colour = 1\n\
                    [store]\n\
                    nmae = \"one\"\n\
                    timeout = 60\n\
                    \n\
                    [[terminal]]\n\
                    lane = 0\n\
                    key = \"secret\"\n\
                    [[terminal]]\n\
                    key = \"0123456789ABCDEF\"\n";
        assert_eq!(
            faults(text),
            [
                "line 1: colour: is not a known key",
                "line 2: store.name: is missing",
                "line 3: store.nmae: is not a known key; did you mean name?",
                "line 4: store.timeout: must be a text in quotes",
                "line 7: terminal[1].lane: must be a whole number from 1 to 65535",
                "line 8: terminal[1].key: must be 16 hex digits",
                "line 9: terminal[2].lane: is missing",
            ]
        );
    }

    #[test]
    fn a_missing_section_is_one_fault() {
        assert_eq!(faults(""), ["line 1: store: this section is missing"]);
        let misspelt = "[stroe]\nname = \"one\"\n";
        let said = "line 1: stroe: is not a known key; did you mean store?";
        assert_eq!(
            faults(misspelt),
            ["line 1: store: this section is missing", said]
        );
    }

    #[test]
    fn lines_that_are_no_toml_are_told_with_the_faults_of_the_others() {
        let text = "[store]\n\
                    name = one\n\
                    timeout = \"60\"\n\
                    name = \"two\"\n\
                    [[terminal]]\n\
                    lane = 2026-11-22\n\
                    key = \"0123456789ABCDEF\"\n";
        let said = faults(text);
        assert_eq!(said.len(), 4, "{said:#?}");
        assert!(said[0].starts_with("line 2: store.name: "), "{said:#?}");
        assert!(said[1].starts_with("line 3: store.timeout: "), "{said:#?}");
        assert!(said[2].starts_with("line 4: store.name: "), "{said:#?}");
        assert!(said[3].starts_with("line 6: terminal.lane: "), "{said:#?}");
    }

    #[test]
    fn a_broken_header_is_told_and_what_follows_is_not_guessed_at() {
        let said = faults("[store\nname = 1\n");
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].starts_with("line 1: "), "{said:#?}");
    }

    #[test]
    fn nothing_that_a_file_holds_ends_the_program() {
        for text in [
            "a.b = 1\n[[a]]",
            "a.b.c = 1\n[[a.b]]",
            "[[a]]\n[a.b]\n[[a.b]]",
            "[a]\n[a]",
            "[[a]]\n[a]",
            "x = [1, 2",
            "x = \"\"\"never ended",
            "\u{feff}x = 1",
            "x = {a = 1, a = 2}",
            "= 1",
            "[]",
            "[store]\nstore.name = 1",
            "store = 1",
            "store = [{}]\nterminal = [1, {lane = 2}]",
        ] {
            assert!(parse(text, store).is_err(), "{text}");
        }
        let deep = "[".repeat(10_000);
        assert!(parse(&format!("x = {deep}"), store).is_err());
    }
}
