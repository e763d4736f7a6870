//! Which files of a crate import each other in a circle.
//!
//! A file imports another when it names something by a path from `crate`, `super` or `self` that
//! leads there; a `pub use` of a parent is followed one step, to the file that defines the thing. A
//! parent that names its children by their own names imports nothing, nor do tests.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// A module's path from the root of its crate.
type Module = Vec<String>;

/// The files of one crate with what each of them names.
pub(crate) struct Imports {
    files: BTreeMap<Module, Source>,
    /// What a module passes on under a name, and the module that has it.
    passed_on: BTreeMap<(Module, String), Module>,
}

struct Source {
    file: String,
    paths: BTreeSet<Vec<String>>,
}

impl Imports {
    /// Of the crate in this folder.
    pub(crate) fn of(folder: &str, sources: &[(PathBuf, String)]) -> Self {
        let root = format!("{folder}/src/");
        let mut files = BTreeMap::new();
        let mut named = Vec::new();
        for (path, text) in sources {
            let path = path.to_string_lossy();
            let Some(file) = path.strip_prefix(&root) else {
                continue;
            };
            if file.ends_with("tests.rs") || file.contains("tests/") {
                continue;
            }
            let names = Names::in_code(&code(text));
            let module = module_of(file);
            named.push((module.clone(), names.passed_on));
            let file = file.to_owned();
            let paths = names.paths;
            files.insert(module, Source { file, paths });
        }
        let mut passed_on = BTreeMap::new();
        for (module, paths) in named {
            for path in paths {
                let (Some(name), own) = (path.last(), own_path(&path)) else {
                    continue;
                };
                let mut owner = module.clone();
                owner.extend(own.iter().take(own.len().saturating_sub(1)).cloned());
                if files.contains_key(&owner) {
                    passed_on.insert((module.clone(), name.clone()), owner);
                }
            }
        }
        Self { files, passed_on }
    }

    /// The files of each circle.
    pub(crate) fn circles(&self) -> Vec<BTreeSet<&str>> {
        let edges: BTreeMap<&Module, BTreeSet<&Module>> = self
            .files
            .iter()
            .map(|(module, source)| (module, self.imported_by(module, source)))
            .collect();
        let reached: BTreeMap<&Module, BTreeSet<&Module>> = edges
            .keys()
            .map(|module| (*module, reachable(module, &edges)))
            .collect();
        let mut circles = BTreeSet::new();
        for (module, from_here) in &reached {
            let circle: BTreeSet<&str> = from_here
                .iter()
                .filter(|other| reached[*other].contains(module))
                .map(|other| self.files[*other].file.as_str())
                .collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    fn imported_by(&self, module: &Module, source: &Source) -> BTreeSet<&Module> {
        let owners = source.paths.iter();
        let owners = owners.filter_map(|path| self.owner(module, path));
        owners.filter(|owner| *owner != module).collect()
    }

    /// The file that a path leads to; the root of a crate is everybody's.
    fn owner(&self, module: &Module, path: &[String]) -> Option<&Module> {
        let mut full = module.clone();
        for (place, step) in path.iter().enumerate() {
            match (step.as_str(), place) {
                ("crate", 0) => full.clear(),
                ("self", 0) => {}
                ("super", _) => {
                    full.pop();
                }
                (name, _) => full.push(name.to_owned()),
            }
        }
        let (found, rest) = (0..=full.len()).rev().find_map(|length| {
            let (head, rest) = full.split_at(length);
            self.files
                .get_key_value(head)
                .map(|(found, _)| (found, rest))
        })?;
        let passed = rest
            .first()
            .and_then(|name| self.passed_on.get(&(found.clone(), name.clone())));
        Some(passed.unwrap_or(found)).filter(|owner| !owner.is_empty())
    }
}

fn reachable<'a>(
    from: &Module,
    edges: &BTreeMap<&'a Module, BTreeSet<&'a Module>>,
) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Module> = edges[from].iter().copied().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(edges[module].iter().copied());
        }
    }
    reached
}

fn module_of(file: &str) -> Module {
    let path = file.trim_end_matches(".rs");
    let mut module: Module = path.split('/').map(str::to_owned).collect();
    let last = module.last().map(String::as_str);
    if last == Some("mod") || (last == Some("lib") && module.len() == 1) {
        module.pop();
    }
    module
}

/// A path without what it begins at.
fn own_path(path: &[String]) -> &[String] {
    match path.split_first() {
        Some((first, rest)) if matches!(first.as_str(), "crate" | "self" | "super") => rest,
        _ => path,
    }
}

/// Without comments and without the tests at its end.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let tests_follow = line.trim() == "#[cfg(test)]"
            && lines
                .peek()
                .is_some_and(|next| next.contains("mod ") && next.ends_with('{'));
        if tests_follow {
            break;
        }
        code.push_str(line.split("//").next().unwrap_or_default());
        code.push('\n');
    }
    code
}

/// The paths that code names.
#[derive(Default)]
struct Names {
    paths: BTreeSet<Vec<String>>,
    passed_on: Vec<Vec<String>>,
}

impl Names {
    fn in_code(code: &str) -> Self {
        let tokens = tokens(code);
        let mut names = Self::default();
        let mut at = 0;
        while at < tokens.len() {
            match tokens[at] {
                "use" => {
                    let is_public = at > 0 && (tokens[at - 1] == "pub" || tokens[at - 1] == ")");
                    let mut tree = Vec::new();
                    at = use_tree(&tokens, at + 1, &[], &mut tree);
                    names.take_uses(tree, is_public);
                }
                "crate" | "super" if tokens.get(at + 1) == Some(&"::") => {
                    let mut path = vec![tokens[at].to_owned()];
                    while tokens.get(at + 1) == Some(&"::")
                        && tokens.get(at + 2).is_some_and(|token| is_name(token))
                    {
                        path.push(tokens[at + 2].to_owned());
                        at += 2;
                    }
                    names.paths.insert(path);
                    at += 1;
                }
                _ => at += 1,
            }
        }
        names
    }

    fn take_uses(&mut self, tree: Vec<Vec<String>>, is_public: bool) {
        for path in tree {
            let first = path.first().map(String::as_str);
            if matches!(first, Some("crate" | "super" | "self")) {
                self.paths.insert(path.clone());
            }
            if is_public {
                self.passed_on.push(path);
            }
        }
    }
}

/// Reads one use tree from `at` on, and gives where it ended.
fn use_tree(
    tokens: &[&str],
    mut at: usize,
    before: &[String],
    paths: &mut Vec<Vec<String>>,
) -> usize {
    let mut path = before.to_vec();
    while let Some(token) = tokens.get(at) {
        match *token {
            "::" => at += 1,
            "{" => {
                // What a group is taken from is named too.
                if before.is_empty() && path.len() > 1 {
                    paths.push(path.clone());
                }
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = use_tree(tokens, at, &path, paths);
                    if tokens.get(at) == Some(&",") {
                        at += 1;
                    }
                }
                return at + 1;
            }
            "as" => at += 2,
            // The module itself, among its own.
            "self" if !path.is_empty() => at += 1,
            name if is_name(name) => {
                path.push(name.to_owned());
                at += 1;
            }
            "*" => at += 1,
            _ => break,
        }
    }
    paths.push(path);
    at
}

fn is_name(token: &str) -> bool {
    token
        .chars()
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
}

fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            letter if letter.is_alphanumeric() || letter == '_' => rest
                .find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
                .unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            other => other.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        if !token.trim().is_empty() {
            tokens.push(token);
        }
        rest = behind;
    }
    tokens
}

#[test]
fn a_circle_is_found_through_groups_parents_and_what_is_passed_on() {
    let file = |name: &str, text: &str| (PathBuf::from(format!("a/src/{name}")), text.to_owned());
    let sources = [
        file("lib.rs", "mod desk; mod money;\npub use money::Money;\n"),
        file(
            "desk/mod.rs",
            "mod one; mod two;\npub use two::{Two, three::Three};\nuse one::One;\n",
        ),
        file(
            "desk/one.rs",
            "use crate::{Money, desk::{Other, Two as Second}};\n",
        ),
        file(
            "desk/two.rs",
            "fn two() { super::one::help(crate::money::zero()) }\n",
        ),
        file(
            "money.rs",
            "// use crate::desk::One;\n#[cfg(test)]\nmod tests {\n use crate::desk::Two;\n}\n",
        ),
        file("tests.rs", "use crate::money;\n"),
    ];
    let imports = Imports::of("a", &sources);
    let two = BTreeSet::from(["desk/one.rs", "desk/two.rs"]);
    assert_eq!(imports.circles(), [two]);
}
