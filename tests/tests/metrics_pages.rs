//! docs/operations/metrics.md and the alert rules say what the pages of a hub and a lane at work
//! say: no name is missing, and none is made up.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[allow(dead_code, reason = "each test uses a part of the shop")]
mod shop;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use shop::{Pays, Shop, customers, lane_starts};
use tests::workspace;

/// What Prometheus itself makes of each target.
const OF_PROMETHEUS: [&str; 1] = ["up"];
/// How a histogram is told.
const OF_A_HISTOGRAM: [&str; 3] = ["_bucket", "_sum", "_count"];

/// A family as a page tells it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Family {
    kind: String,
    help: String,
    /// Of all its samples; what divides a histogram is none.
    labels: BTreeSet<String>,
}

type Families = BTreeMap<String, Family>;

fn page(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    page
}

fn families(page: &str) -> Families {
    let mut families = Families::new();
    let mut last = String::new();
    for line in page.lines() {
        if let Some((name, help)) = told(line, "# HELP ") {
            last = name.to_owned();
            families.entry(last.clone()).or_default().help = help.to_owned();
        } else if let Some((name, kind)) = told(line, "# TYPE ") {
            families.get_mut(name).expect("help comes first").kind = kind.to_owned();
        } else if line.starts_with(&last) && !last.is_empty() {
            let labels = line.split_once('{').map_or("", |(_, labels)| labels);
            let labels = labels.split("\",").filter_map(|one| one.split_once("=\""));
            let names = labels.map(|(name, _)| name.to_owned());
            let of = families.get_mut(&last).unwrap();
            of.labels.extend(names.filter(|name| name != "le"));
        }
    }
    families
}

fn told<'a>(line: &'a str, what: &str) -> Option<(&'a str, &'a str)> {
    line.strip_prefix(what)?.split_once(' ')
}

/// The pages of a hub and a lane that have sold for cash and by card: together, and of the lane.
fn pages_at_work() -> (Families, Families) {
    let (shop, hub) = Shop::open(1);
    let folder = shop.lane(1);
    customers(&folder, &[Pays::Cash, Pays::Card], Duration::ZERO);
    let lane = lane_starts(&folder);
    shop.until_served(1, 2);
    let of_hub = families(&page(&hub.listening()));
    let of_lane = families(&page(&lane.listening()));
    lane.stop();
    hub.stop();
    (of_hub, of_lane)
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap()
}

/// Rows of the tables behind a heading, up to the next.
fn rows<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, behind) = text.split_once(heading).expect(heading);
    let lines = behind.lines().skip(1);
    let section = lines.take_while(|line| !line.starts_with("## "));
    section.filter(|line| line.starts_with("| `")).collect()
}

fn row(name: &str, family: &Family) -> String {
    let labels: Vec<String> = family.labels.iter().map(|one| format!("`{one}`")).collect();
    let labels = labels.join(", ");
    format!(
        "| `{name}` | {} | {labels} | {} |",
        family.kind, family.help
    )
}

/// The name in a row, and the row without its labels: a family without a sample shows none.
fn without_labels(row: &str) -> (String, String) {
    let cells: Vec<&str> = row.split(" | ").collect();
    let name = cells[0].trim_matches(['|', ' ', '`']).to_owned();
    (name, format!("{} | {}", cells[1], cells[3..].join(" | ")))
}

fn wrong_in(section: &str, families: &Families) -> Vec<String> {
    let text = read("docs/operations/metrics.md");
    let rows = rows(&text, section);
    let mut wrong = Vec::new();
    for (name, family) in families {
        let expected = row(name, family);
        let is_told = match family.labels.is_empty() {
            true => rows.iter().any(|row| {
                let told = without_labels(row);
                told == without_labels(&expected)
            }),
            false => rows.contains(&expected.as_str()),
        };
        if !is_told {
            wrong.push(format!("missing: {expected}"));
        }
    }
    let told = rows.iter().map(|row| without_labels(row).0);
    let made_up = told.filter(|name| !families.contains_key(name));
    wrong.extend(made_up.map(|name| format!("on no page: {name}")));
    wrong
}

/// Names that an expression of Prometheus reads: what stands before no bracket, is no label and no
/// word of the language.
fn names_in(expression: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    for word in expression.split(|letter| !is_part(letter)) {
        if word.starts_with("lanekeeper_") || word == "up" || word.starts_with("process_") {
            names.insert(word.to_owned());
        }
    }
    names
}

fn is_on(name: &str, families: &Families) -> bool {
    let mut ends = OF_A_HISTOGRAM.iter();
    let of_histogram = ends.find_map(|end| families.get(name.strip_suffix(end)?));
    OF_PROMETHEUS.contains(&name)
        || families.get(name).is_some_and(|of| of.kind != "histogram")
        || of_histogram.is_some_and(|of| of.kind == "histogram")
}

/// Each alert: its name, and its expression in one line.
fn alerts() -> Vec<(String, String)> {
    let text = read("docs/operations/alerts.yml");
    let mut alerts: Vec<(String, String)> = Vec::new();
    let mut in_expression = false;
    for line in text.lines() {
        let words = line.trim();
        if let Some(name) = words.strip_prefix("- alert: ") {
            alerts.push((name.to_owned(), String::new()));
        }
        if let Some(first) = words.strip_prefix("expr:") {
            in_expression = true;
            let first = first.trim().trim_start_matches(['|', '>', '-']);
            alerts.last_mut().unwrap().1.push_str(first);
        } else if ["for:", "labels:", "annotations:"].contains(&words.split(' ').next().unwrap()) {
            in_expression = false;
        } else if in_expression {
            let expression = &mut alerts.last_mut().unwrap().1;
            expression.push(' ');
            expression.push_str(words);
        }
    }
    alerts
}

#[test]
fn the_pages_the_document_and_the_rules_have_the_same_names() {
    let (hub, lane) = pages_at_work();
    assert!(hub.len() > 40 && lane.len() > 15, "{hub:#?} {lane:#?}");
    let mut wrong = wrong_in("## The hub", &hub);
    wrong.extend(wrong_in("## A lane", &lane));
    let mut all = hub;
    all.extend(lane);
    let alerts = alerts();
    assert!(alerts.len() > 15, "{alerts:#?}");
    for (alert, expression) in alerts {
        let names = names_in(&expression);
        assert!(!names.is_empty(), "{alert}: {expression}");
        let unknown = names.iter().filter(|name| !is_on(name, &all));
        wrong.extend(unknown.map(|name| format!("{alert}: {name} is on no page")));
    }
    assert!(wrong.is_empty(), "docs/operations:\n{}", wrong.join("\n"));
}

#[test]
fn each_alert_has_a_row_that_says_what_to_do_and_a_test_of_its_own() {
    let page = read("docs/operations/alerts.md");
    let tried = read("docs/operations/alerts.test.yml");
    let rows = rows(&page, "## What each one says");
    let alerts: BTreeSet<String> = alerts().into_iter().map(|(name, _)| name).collect();
    for alert in &alerts {
        let row = format!("| `{alert}` | ");
        assert!(
            rows.iter().any(|one| one.starts_with(&row)),
            "{alert}: no row"
        );
        let tried = tried.contains(&format!("alertname: {alert}\n"));
        assert!(tried, "{alert} is not tried in alerts.test.yml");
    }
    for row in rows {
        let (name, _) = without_labels(&format!("{row} | | "));
        assert!(alerts.contains(&name), "{name} is no alert");
    }
}

#[test]
fn a_name_is_found_in_an_expression_whatever_stands_around_it() {
    let expression = "histogram_quantile(0.99, sum by (le) (rate(lanekeeper_a_seconds_bucket\
                      {decision=~\"lane_.*\"}[5m]))) > 2 and on () up{job=\"hub\"} == 1";
    let expected = ["lanekeeper_a_seconds_bucket", "up"].map(str::to_owned);
    assert_eq!(names_in(expression), expected.into());
    let families = families(
        "# HELP a_seconds How long.\n# TYPE a_seconds histogram\n\
         a_seconds_bucket{of=\"x\",le=\"1\"} 2\n# HELP b How many.\n# TYPE b gauge\nb 2\n",
    );
    assert_eq!(families["a_seconds"].labels, ["of".to_owned()].into());
    assert!(is_on("a_seconds_bucket", &families) && !is_on("a_seconds", &families));
    assert!(is_on("b", &families) && !is_on("b_count", &families));
}
