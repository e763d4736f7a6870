//! The day report as one HTML page, without a script or a file beside it.

use domain::money::{Currency, Money};
use maud::{DOCTYPE, Markup, html as markup};

use super::{DayReport, DeadLetterLine};

const STYLE: &str = "body{font:15px/1.4 system-ui,sans-serif;max-width:60em;margin:2em auto;\
padding:0 1em}table{border-collapse:collapse;width:100%;margin:.5em 0 1.5em}\
th,td{text-align:left;padding:.25em .6em;border-bottom:1px solid #ccc}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#a00}";

/// The page.
pub(crate) fn html(report: &DayReport) -> String {
    let currency = Currency::by_letters(&report.currency).unwrap_or(Currency::CNY);
    let amount = |minor: i64| Money::new(minor, currency).to_string();
    let title = format!("{} {}", report.store_name, report.business_date);
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) }
                style { (STYLE) }
            }
            body {
                h1 { (title) }
                p {
                    "Store " (report.store_id) ", "
                    @if report.closed { "day closed" } @else { "day running" }
                    ", " (report.sales.count) " sales, " (report.sales.items) " items, "
                    b { (amount(report.sales.total_minor)) }
                }
                @if let Some(correction) = &report.correction {
                    p { "Replaces version " (correction.replaces_version) ": "
                        (correction.reason.english) }
                }
                (tenders(report, &amount))
                (lanes(report, &amount))
                (hours(report, &amount))
                (payments(report))
                (settlement(report, &amount))
                (tills(report, &amount))
                (dead_letters("Dead letters", &report.dead_letters, &amount))
                (dead_letters("Declined after goods", &report.declined_after_goods, &amount))
                (differences(report, &amount))
                (completeness(report))
            }
        }
    };
    page.into_string()
}

type Amount<'a> = &'a dyn Fn(i64) -> String;

fn tenders(report: &DayReport, amount: Amount<'_>) -> Markup {
    markup! {
        h2 { "Tenders" }
        table {
            tr { th { "tender" } th { "scheme" } th.n { "count" } th.n { "amount" } }
            @for line in &report.by_tender {
                tr {
                    td { (line.tender) } td { (line.scheme) }
                    td.n { (line.count) } td.n { (amount(line.total_minor)) }
                }
            }
        }
    }
}

fn lanes(report: &DayReport, amount: Amount<'_>) -> Markup {
    markup! {
        h2 { "Lanes" }
        table {
            tr {
                th { "lane" } th.n { "sales" } th.n { "voided" } th.n { "items" }
                th.n { "amount" }
            }
            @for line in &report.by_lane {
                tr {
                    td { (line.lane) " (epoch " (line.epoch) ")" }
                    td.n { (line.sales) } td.n { (line.voided) } td.n { (line.items) }
                    td.n { (amount(line.total_minor)) }
                }
            }
        }
    }
}

fn hours(report: &DayReport, amount: Amount<'_>) -> Markup {
    markup! {
        h2 { "Hours" }
        table {
            tr { th { "hour" } th.n { "sales" } th.n { "amount" } }
            @for line in &report.by_hour {
                tr {
                    td { (format!("{:02}:00", line.hour)) }
                    td.n { (line.sales) } td.n { (amount(line.total_minor)) }
                }
            }
        }
    }
}

fn payments(report: &DayReport) -> Markup {
    let payments = report.payments;
    let forward = report.forward;
    markup! {
        h2 { "Card payments" }
        table {
            @for (name, count) in [
                ("requested", payments.requested),
                ("approved", payments.approved),
                ("approved for a part", payments.partially_approved),
                ("declined", payments.declined),
                ("not confirmed", payments.unknown),
                ("refused by the hub", payments.refused),
                ("stood in for the bank", payments.stand_in),
                ("approved by a lane alone", payments.offline_approved),
                ("reversed", payments.reversed),
                ("late answers", payments.late_answers),
                ("queued", forward.queued),
                ("delivered", forward.delivered),
                ("withdrawn", forward.withdrawn),
                ("waiting", forward.waiting),
            ] {
                tr { td { (name) } td.n { (count) } }
            }
        }
    }
}

fn settlement(report: &DayReport, amount: Amount<'_>) -> Markup {
    let host = |minor: Option<i64>| minor.map_or_else(|| "not balanced".to_owned(), amount);
    markup! {
        h2 { "Settlement" }
        table {
            tr { th { "batch" } th.n { "lanes" } th.n { "hub" } th.n { "host" } }
            @for batch in &report.settlement.batches {
                tr {
                    td { (batch.tid) " " (batch.batch) }
                    td.n { (amount(batch.lane_minor)) }
                    td.n { (amount(batch.hub_minor)) }
                    td.n.bad[!batch.balanced] { (host(batch.host_minor)) }
                }
            }
            tr {
                th {
                    (report.settlement.balanced) " of " (report.settlement.batches.len())
                    " balanced"
                }
                th.n { (amount(report.settlement.lane_minor)) }
                th.n { (amount(report.settlement.hub_minor)) }
                th.n { (host(report.settlement.host_minor)) }
            }
        }
    }
}

/// Of lanes with floats only.
fn tills(report: &DayReport, amount: Amount<'_>) -> Markup {
    let told = |minor: Option<i64>| minor.map_or_else(|| "not told".to_owned(), amount);
    markup! {
        @if !report.tills.is_empty() {
            h2 { "Cash drawers" }
            table {
                tr {
                    th { "lane" } th.n { "expected" } th.n { "counted" } th.n { "variance" }
                    th { "shift open" } th.n { "no sale" } th { "Z" }
                }
                @for till in &report.tills {
                    tr {
                        td { (till.lane) " (epoch " (till.epoch) ")" }
                        td.n { (told(till.expected_minor)) }
                        td.n { (told(till.counted_minor)) }
                        td.n.bad[till.variance_minor != 0] { (amount(till.variance_minor)) }
                        td { @if let Some(operator) = till.open_shift_of { (operator) } }
                        td.n { (till.no_sales) }
                        td { @for number in &till.z_numbers { (number) " " } }
                    }
                }
            }
            @if let Some(cash) = report.cash_accounts {
                p { "Safe gained " (amount(cash.safe_minor)) ", on its way to the bank "
                    (amount(cash.deposit_minor)) }
            }
        }
    }
}

fn dead_letters(heading: &str, letters: &[DeadLetterLine], amount: Amount<'_>) -> Markup {
    markup! {
        @if !letters.is_empty() {
            h2 { (heading) }
            table {
                tr {
                    th { "payment" } th { "kind" } th { "reason" } th { "owner" }
                    th.n { "amount" }
                }
                @for letter in letters {
                    tr {
                        td { code { (letter.payment_id) } } td { (letter.kind) }
                        td { (letter.reason) } td { (letter.owner) }
                        td.n { (amount(letter.amount_minor)) }
                    }
                }
            }
        }
    }
}

fn differences(report: &DayReport, amount: Amount<'_>) -> Markup {
    markup! {
        h2 { "Differences" }
        @if report.differences.is_empty() {
            p { "None: lane journals and hub agree on every payment." }
        } @else {
            table {
                tr { th { "payment" } th { "what" } th.n { "lane" } th.n { "hub" } }
                @for line in &report.differences {
                    tr {
                        td { code { (line.payment_id) } } td.bad { (line.what) }
                        td.n { (amount(line.lane_minor)) } td.n { (amount(line.hub_minor)) }
                    }
                }
            }
        }
    }
}

fn completeness(report: &DayReport) -> Markup {
    markup! {
        h2 { "How far each lane is contained" }
        table {
            tr { th { "lane" } th.n { "through record" } th.n { "of" } th { "" } }
            @for lane in &report.completeness {
                tr {
                    td { (lane.lane) " (epoch " (lane.epoch) ")" }
                    td.n { (lane.through_sequence) } td.n { (lane.known_sequence) }
                    @if lane.complete { td { "complete" } }
                    @else { td.bad { "partial: " (lane.missing.english) } }
                }
            }
        }
    }
}
