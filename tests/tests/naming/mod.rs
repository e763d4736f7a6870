//! Names that code gives, and doc blocks that say no more than the name below them.

/// Words that say nothing of what they stand beside.
const EMPTY_WORDS: [&str; 12] = [
    "a", "an", "and", "by", "for", "in", "is", "its", "of", "the", "this", "to",
];

/// The name that a line gives to an item, a field or a variant.
pub(crate) fn named(line: &str) -> Option<&str> {
    let mut words = line
        .trim_start()
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .skip_while(|word| {
            matches!(
                *word,
                "pub" | "crate" | "super" | "in" | "async" | "const" | "unsafe" | "extern"
            )
        });
    let first = words.next()?;
    match first {
        "fn" | "struct" | "enum" | "trait" | "type" | "mod" | "static" | "union" => words.next(),
        name => Some(name),
    }
}

/// The names that a text gives to items.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    let kinds = [
        "fn", "struct", "enum", "trait", "type", "mod", "const", "static",
    ];
    text.lines().filter_map(move |line| {
        let code = line.split("//").next().unwrap_or_default();
        let mut words = code
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .skip_while(|word| !kinds.contains(word));
        let name = words.next().and_then(|_| words.next())?;
        if kinds.contains(&name) {
            words.next()
        } else {
            Some(name)
        }
    })
}

/// Doc blocks of one line whose words are those of the name they stand above.
pub(crate) fn docs_that_repeat(text: &str) -> Vec<(usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let doc = |at: usize| {
        lines
            .get(at)
            .and_then(|line| line.trim_start().strip_prefix("///"))
    };
    let mut found = Vec::new();
    for at in 0..lines.len() {
        let alone = at == 0 || doc(at.wrapping_sub(1)).is_none();
        let Some(said) = doc(at).filter(|_| alone && doc(at + 1).is_none()) else {
            continue;
        };
        let mut below = lines.iter().skip(at + 1);
        let item = below.find(|line| !line.trim_start().starts_with("#["));
        let Some(name) = item.and_then(|line| named(line)) else {
            continue;
        };
        let name = words_of(name);
        let mut said = said
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_lowercase)
            .filter(|word| !word.is_empty() && !EMPTY_WORDS.contains(&word.as_str()))
            .peekable();
        if said.peek().is_some() && said.all(|word| name.contains(&word)) {
            found.push((at + 1, lines[at].trim()));
        }
    }
    found
}

fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = '_';
    for letter in name.chars() {
        if letter == '_' || (letter.is_uppercase() && !before.is_uppercase()) {
            words.push(String::new());
        }
        before = letter;
        if letter != '_'
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn a_doc_block_repeats_its_name_or_says_more() {
    let text = "/// The lane.\npub lane: LaneId,\n\
                /// A batch number.\n#[derive(Debug)]\npub struct BatchNumber(u32);\n\
                /// From 1.\nSaleNumber,\n\
                /// The lane.\n/// From 1.\npub lane: LaneId,\n\
                /// Its amount, undelivered.\nfn amount() {}\n\
                /// The lane.\nconst LANE: u8 = 1;\n";
    let lines: Vec<usize> = docs_that_repeat(text)
        .iter()
        .map(|(line, _)| *line)
        .collect();
    assert_eq!(lines, [1, 3, 13]);
    assert_eq!(
        items("pub(crate) const fn one() {}\nuse two;\npub struct Three;").collect::<Vec<_>>(),
        ["one", "Three"]
    );
}
