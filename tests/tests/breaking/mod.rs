//! The catalogue of guards and how each is broken: `tests/mutations/*.toml`.

use std::{fs, path::PathBuf};

use tests::workspace;

/// One guard, broken on purpose.
#[derive(Clone, Debug)]
pub(crate) struct Mutation {
    /// The area, which is the catalogue's file, and the name: what is wrong then.
    pub(crate) name: String,
    /// Where the guard stands, from the root of the workspace.
    pub(crate) file: PathBuf,
    /// The guard: text that stands in the file once.
    pub(crate) old: String,
    /// What stands there instead; it compiles.
    pub(crate) new: String,
    /// The package of the test.
    pub(crate) package: String,
    /// `--lib`, or `--test NAME`.
    pub(crate) target: String,
    /// A part of the names of the tests of which one has to fail.
    pub(crate) test: String,
}

const KEYS: [&str; 8] = [
    "name", "file", "old", "new", "package", "target", "test", "why",
];

/// All of them, in the order of the files' names.
pub(crate) fn catalogue() -> Vec<Mutation> {
    let folder = workspace().join("tests/mutations");
    let entries = fs::read_dir(folder).expect("the catalogue is there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .collect();
    files.sort();
    files.into_iter().flat_map(|file| of_area(&file)).collect()
}

fn of_area(path: &PathBuf) -> Vec<Mutation> {
    let area = path.file_stem().and_then(|stem| stem.to_str());
    let area = area.expect("an area has a name");
    let text = fs::read_to_string(path).expect("the catalogue is text");
    let table: toml::Table = text
        .parse()
        .unwrap_or_else(|error| panic!("{area}: {error}"));
    let keys: Vec<_> = table.keys().collect();
    assert_eq!(keys, ["mutation"], "{area}");
    let rows = table["mutation"].as_array().expect("a list of tables");
    rows.iter().map(|row| mutation(area, row)).collect()
}

fn mutation(area: &str, row: &toml::Value) -> Mutation {
    let row = row.as_table().expect("a table");
    let unknown = row.keys().find(|key| !KEYS.contains(&key.as_str()));
    assert_eq!(unknown, None, "{area}: {row:#?}");
    let text = |key: &str| {
        let text = row.get(key).and_then(toml::Value::as_str);
        text.unwrap_or_else(|| panic!("{area}: {key} is missing: {row:#?}"))
            .to_owned()
    };
    assert!(!text("why").is_empty(), "{area}: {row:#?}");
    Mutation {
        name: format!("{area}/{}", text("name")),
        file: PathBuf::from(text("file")),
        old: text("old"),
        new: text("new"),
        package: text("package"),
        target: text("target"),
        test: text("test"),
    }
}
