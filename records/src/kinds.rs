//! Which kinds of records there are, by the names of `journal.proto`: so that a test finds the kind
//! it has no sample of.

use std::{collections::BTreeSet, fmt::Debug, fs, path::Path};

/// The kind of a record's body.
pub(crate) fn kind(body: &impl Debug) -> String {
    let shown = format!("{body:?}");
    let end = shown.find('(').unwrap_or(shown.len());
    shown[..end].to_owned()
}

/// All kinds of a message's `body`.
pub(crate) fn kinds_in(message: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/journal/v1/journal.proto");
    let text = fs::read_to_string(path).unwrap();
    let (_, from) = text.split_once(&format!("message {message} {{")).unwrap();
    let (_, from) = from.split_once("oneof body {").unwrap();
    let (body, _) = from.split_once("\n  }").unwrap();
    let fields = body.lines().filter_map(|line| line.split_once(" = "));
    let names = fields.filter_map(|(field, _)| field.split_whitespace().nth(1));
    names.map(camel_case).collect()
}

fn camel_case(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}
