//! The tables of a report: each with its columns, and the rows that a day has in it. Pages and
//! files are made of the same.

use domain::{
    money::{Currency, Money},
    till::CashMove,
    words::{Language, Worded},
};
use maud::{Markup, html};
use web::said;

use crate::{
    office::{find::tender_in, tables::table},
    report::{DayReport, TillLine},
};

/// One table.
pub(super) struct Table {
    /// Its name in an address.
    pub(super) name: &'static str,
    title: (&'static str, &'static str),
    columns: &'static [Column],
    rows: fn(&DayReport, Language) -> Vec<Row>,
}

/// Its name in a file, in English, in Chinese.
type Column = (&'static str, &'static str, &'static str);
type Row = Vec<Cell>;

enum Cell {
    Text(String),
    Count(u64),
    /// Minor units.
    Amount(Option<i64>),
}

/// In the order in which they stand on the page.
pub(super) const TABLES: [Table; 8] = [
    Table {
        name: "tenders.csv",
        title: ("Paid by", "付款方式"),
        columns: &[
            ("tender", "Tender", "方式"),
            ("scheme", "Scheme", "卡组织"),
            ("count", "Count", "笔数"),
            ("total_minor", "Amount", "金额"),
        ],
        rows: tenders,
    },
    Table {
        name: "lanes.csv",
        title: ("Lanes", "收银台"),
        columns: &[
            ("lane", "Lane", "收银台"),
            ("sales", "Sales", "销售"),
            ("voided", "Voided", "取消"),
            ("items", "Items", "件数"),
            ("total_minor", "Amount", "金额"),
        ],
        rows: lanes,
    },
    Table {
        name: "hours.csv",
        title: ("Hours", "时段"),
        columns: &[
            ("hour", "Hour", "时段"),
            ("sales", "Sales", "销售"),
            ("total_minor", "Amount", "金额"),
        ],
        rows: hours,
    },
    Table {
        name: "payments.csv",
        title: ("Cards", "银行卡"),
        columns: &[("what", "Decided", "结果"), ("count", "Count", "笔数")],
        rows: payments,
    },
    Table {
        name: "batches.csv",
        title: ("Batches with the bank", "银行批次"),
        columns: &[
            ("batch", "Batch", "批次"),
            ("lane_minor", "Lanes", "收银台"),
            ("hub_minor", "Hub", "主机"),
            ("host_minor", "Bank", "银行"),
            ("balanced", "Balanced", "平账"),
        ],
        rows: batches,
    },
    Table {
        name: "tills.csv",
        title: ("Cash drawers", "钱箱"),
        columns: &[
            ("lane", "Lane", "收银台"),
            ("expected_minor", "Expected", "应有"),
            ("counted_minor", "Counted", "实点"),
            ("variance_minor", "Variance", "差异"),
            ("open_shift_of", "Shift open", "未交班"),
            ("no_sales", "No sale", "无交易开箱"),
            ("z_numbers", "Z", "Z报表"),
        ],
        rows: tills,
    },
    Table {
        name: "cash.csv",
        title: ("Cash that moved", "现金调拨"),
        columns: &[
            ("of", "Of", "归属"),
            ("what", "What", "项目"),
            ("count", "Count", "笔数"),
            ("total_minor", "Amount", "金额"),
        ],
        rows: moves,
    },
    Table {
        name: "completeness.csv",
        title: ("How far each lane is contained", "各收银台完整度"),
        columns: &[
            ("lane", "Lane", "收银台"),
            ("through_record", "Through record", "至记录"),
            ("known_record", "Of", "共"),
            ("state", "State", "状态"),
        ],
        rows: completeness,
    },
];

fn text(said: impl Into<String>) -> Cell {
    Cell::Text(said.into())
}

fn tenders(report: &DayReport, language: Language) -> Vec<Row> {
    let rows = report.by_tender.iter().map(|line| {
        vec![
            text(tender_in(&line.tender, language)),
            text(line.scheme.clone()),
            Cell::Count(line.count.into()),
            Cell::Amount(Some(line.total_minor)),
        ]
    });
    rows.collect()
}

fn lanes(report: &DayReport, _: Language) -> Vec<Row> {
    let rows = report.by_lane.iter().map(|line| {
        vec![
            Cell::Count(line.lane.into()),
            Cell::Count(line.sales.into()),
            Cell::Count(line.voided.into()),
            Cell::Count(line.items),
            Cell::Amount(Some(line.total_minor)),
        ]
    });
    rows.collect()
}

fn hours(report: &DayReport, _: Language) -> Vec<Row> {
    let rows = report.by_hour.iter().map(|line| {
        vec![
            text(format!("{:02}:00", line.hour)),
            Cell::Count(line.sales.into()),
            Cell::Amount(Some(line.total_minor)),
        ]
    });
    rows.collect()
}

fn payments(report: &DayReport, language: Language) -> Vec<Row> {
    let of = report.payments;
    let rows = [
        (of.requested, "requested", "请求"),
        (of.approved, "approved", "批准"),
        (of.partially_approved, "in part", "部分批准"),
        (of.declined, "declined", "拒绝"),
        (of.unknown, "not confirmed", "未确认"),
        (of.refused, "refused here", "系统拒绝"),
        (of.stand_in, "without the bank", "代授权"),
        (of.offline_approved, "by a lane alone", "脱机批准"),
        (of.reversed, "reversed", "已冲正"),
        (
            of.declined_after_goods,
            "declined after goods",
            "交货后被拒绝",
        ),
    ];
    let rows = rows.into_iter();
    rows.map(|(count, english, chinese)| {
        vec![text(said(language, english, chinese)), Cell::Count(count)]
    })
    .collect()
}

fn batches(report: &DayReport, language: Language) -> Vec<Row> {
    let rows = report.settlement.batches.iter().map(|batch| {
        let balanced = match batch.balanced {
            true => said(language, "yes", "是"),
            false => said(language, "NO", "否"),
        };
        vec![
            text(format!("{} {}", batch.tid, batch.batch)),
            Cell::Amount(Some(batch.lane_minor)),
            Cell::Amount(Some(batch.hub_minor)),
            Cell::Amount(batch.host_minor),
            text(balanced),
        ]
    });
    rows.collect()
}

fn tills(report: &DayReport, _: Language) -> Vec<Row> {
    let row = |till: &TillLine| {
        let shift = till.open_shift_of.map(|operator| operator.to_string());
        let numbers: Vec<String> = till.z_numbers.iter().map(ToString::to_string).collect();
        vec![
            Cell::Count(till.lane.into()),
            Cell::Amount(till.expected_minor),
            Cell::Amount(till.counted_minor),
            Cell::Amount(Some(till.variance_minor)),
            text(shift.unwrap_or_default()),
            Cell::Count(till.no_sales.into()),
            text(numbers.join(" ")),
        ]
    };
    report.tills.iter().map(row).collect()
}

/// Cash that moved, with what it made of the store's accounts.
fn moves(report: &DayReport, language: Language) -> Vec<Row> {
    let of_lanes = report.tills.iter().flat_map(|till| {
        let lane = format!("{} {}", said(language, "lane", "收银台"), till.lane);
        till.moves.iter().map(move |line| {
            vec![
                text(lane.clone()),
                text(move_in(&line.kind, language)),
                Cell::Count(line.count.into()),
                Cell::Amount(Some(line.total_minor)),
            ]
        })
    });
    let account = |words: &str, minor: i64| {
        vec![
            text(said(language, "store", "门店")),
            text(words),
            text(""),
            Cell::Amount(Some(minor)),
        ]
    };
    let mut rows: Vec<Row> = of_lanes.collect();
    if let Some(cash) = report.cash_accounts {
        let safe = said(language, "safe, gained", "保险柜净增");
        let deposit = said(language, "on its way to the bank, gained", "送行途中净增");
        rows.push(account(safe, cash.safe_minor));
        rows.push(account(deposit, cash.deposit_minor));
    }
    rows
}

/// As reports name it.
fn move_in(kind: &str, language: Language) -> String {
    let named = CashMove::by_name(kind).map(CashMove::in_words);
    named.map_or_else(|| kind.to_owned(), |said| said.read_in(language).to_owned())
}

fn completeness(report: &DayReport, language: Language) -> Vec<Row> {
    let rows = report.completeness.iter().map(|lane| {
        let whole = match (lane.complete, report.closed) {
            (true, _) => said(language, "whole", "完整").to_owned(),
            (false, true) => {
                let partial = said(language, "PARTIAL", "不完整");
                format!("{partial}: {}", lane.missing.read_in(language))
            }
            // Nobody has ended the day yet.
            (false, false) => said(language, "still running", "营业中").to_owned(),
        };
        vec![
            Cell::Count(lane.lane.into()),
            Cell::Count(lane.through_sequence),
            Cell::Count(lane.known_sequence),
            text(whole),
        ]
    });
    rows.collect()
}

impl Table {
    /// On the page; nothing where the day has no row of it.
    pub(super) fn shown(&self, report: &DayReport, language: Language) -> Markup {
        let rows = (self.rows)(report, language);
        if rows.is_empty() {
            return html! {};
        }
        let currency = currency_of(report);
        let title = said(language, self.title.0, self.title.1);
        let columns = self.columns.iter();
        let headings: Vec<&str> = columns
            .map(|(_, english, chinese)| said(language, english, chinese))
            .collect();
        let cells = rows.iter().flat_map(|row| row.iter().enumerate());
        let mut numbers: Vec<usize> = cells
            .filter(|(_, cell)| !matches!(cell, Cell::Text(_)))
            .map(|(column, _)| column)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let rows: Vec<Markup> = rows
            .iter()
            .map(|row| html! { tr { @for cell in row { (cell_of(cell, currency, language)) } } })
            .collect();
        html! {
            section .report-part {
                h2 { (title) " "
                    a .csv .no-print download
                        href={ "/reports/" (report.business_date) "/" (self.name) }
                        aria-label={ (title) " CSV" } { "CSV" } }
                (table(title, &headings, &numbers, &rows))
            }
        }
    }

    /// As a file: programs read it, in the language of records.
    pub(super) fn csv(&self, report: &DayReport) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, ..)| *name).collect();
        csv_of(&names, &(self.rows)(report, Language::English))
    }
}

pub(super) fn currency_of(report: &DayReport) -> Currency {
    Currency::by_letters(&report.currency).unwrap_or(Currency::CNY)
}

fn cell_of(cell: &Cell, currency: Currency, language: Language) -> Markup {
    match cell {
        Cell::Text(text) => html! { td .words { (text) } },
        Cell::Count(count) => html! { td .n { (count) } },
        Cell::Amount(Some(minor)) => {
            let money = Money::new(*minor, currency).to_string();
            html! { td .n { (money) } }
        }
        Cell::Amount(None) => html! { td .n .bad { (said(language, "not told", "未告知")) } },
    }
}

fn csv_of(names: &[&str], rows: &[Row]) -> String {
    let mut text = format!("{}\r\n", names.join(","));
    for row in rows {
        let fields: Vec<String> = row.iter().map(field_of).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

/// What begins as a formula does is text to a spreadsheet, too.
fn field_of(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => {
            let guard = match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                true => "'",
                false => "",
            };
            format!("\"{guard}{}\"", text.replace('"', "\"\""))
        }
        Cell::Count(count) => count.to_string(),
        Cell::Amount(minor) => minor.map_or_else(String::new, |minor| minor.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_quotes_and_no_formula() {
        let rows = [
            vec![
                text("=HYPERLINK(\"x\")"),
                Cell::Count(2),
                Cell::Amount(Some(-1250)),
            ],
            vec![text("cash, all"), Cell::Count(0), Cell::Amount(None)],
        ];
        let expected = "tender,count,total_minor\r\n\"'=HYPERLINK(\"\"x\"\")\",2,-1250\r\n\
                        \"cash, all\",0,\r\n";
        let names = ["tender", "count", "total_minor"];
        assert_eq!(csv_of(&names, &rows), expected);
    }
}
