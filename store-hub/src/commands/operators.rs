//! `store-hub operators`: who works in the store. A PIN is typed or piped in, never an argument; it
//! leaves this process only as what checks it.

use std::{fmt::Write, fs, path::PathBuf};

use clap::{Subcommand, ValueEnum};
use command_line::{ask_secret, asks_a_person};
use domain::{
    operators::{PinVerifier, Role},
    time::BusinessDate,
    words::Worded,
};
use operator_pin::{Cost, Pin, SALT_BYTES, verifier_of};
use ports::{OsRandom, Random};
use proto::store::v1::{
    OperatorOrder, OperatorPin, OperatorToAdd, OperatorToChange, OperatorToEnd, OperatorView,
    OperatorsRequest, OrderOperatorsRequest, OrderOperatorsResponse, operator_order::What,
};
use records::date_to_proto;
use serde_json::{Value, json};

use super::{
    Asked, Failed, Outcome, USAGE,
    hub::{block_on, running},
    view::{Reader, View, show},
};
use crate::{
    operators::{FirstPin, OperatorRow, read_rows},
    presentation,
};

#[derive(Subcommand)]
pub(super) enum OperatorAction {
    /// Everybody who works or worked here
    List,
    /// Somebody new; asks for the PIN, or reads it as a line of standard input
    Add {
        /// As colleagues call them
        #[arg(long)]
        name: String,
        /// What they are
        #[arg(long, value_enum)]
        role: RoleName,
        /// Their number; without it the next that nobody had
        #[arg(long)]
        number: Option<u32>,
        /// Asks for the badge, too: it is scanned, or the next line of standard input
        #[arg(long)]
        badge: bool,
        /// The first date they work on, YYYY-MM-DD
        #[arg(long, value_name = "DATE", value_parser = date)]
        from: Option<BusinessDate>,
        /// The last one
        #[arg(long, value_name = "DATE", value_parser = date)]
        until: Option<BusinessDate>,
    },
    /// Changes somebody; what is not named stays
    Change {
        /// Whom
        number: u32,
        /// Another name
        #[arg(long)]
        name: Option<String>,
        /// Another role
        #[arg(long, value_enum)]
        role: Option<RoleName>,
        /// Asks for another badge
        #[arg(long)]
        badge: bool,
        /// Takes the badge away
        #[arg(long, conflicts_with = "badge")]
        no_badge: bool,
        /// Another first date, YYYY-MM-DD, or none
        #[arg(long, value_name = "DATE", value_parser = date_or_none)]
        from: Option<DateOrNone>,
        /// Another last date, or none
        #[arg(long, value_name = "DATE", value_parser = date_or_none)]
        until: Option<DateOrNone>,
    },
    /// Somebody works here no more: at once, or after a date
    End {
        /// Who
        number: u32,
        /// The last date they work on, YYYY-MM-DD
        #[arg(long, value_name = "DATE", value_parser = date)]
        last_day: Option<BusinessDate>,
    },
    /// Gives a new PIN; asks for it, or reads it as a line of standard input
    SetPin {
        /// Whose
        number: u32,
    },
    /// Lets somebody try again who typed too many wrong PINs at the hub
    Unlock {
        /// Whom
        number: u32,
    },
    /// Adds everybody in a table: number, name, role, pin or pin_verifier, badge, active_from,
    /// active_until; all of them or none
    Import {
        /// CSV with a heading
        file: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum RoleName {
    Cashier,
    Supervisor,
    Manager,
    Technician,
}

impl RoleName {
    const fn role(self) -> Role {
        match self {
            Self::Cashier => Role::Cashier,
            Self::Supervisor => Role::Supervisor,
            Self::Manager => Role::Manager,
            Self::Technician => Role::Technician,
        }
    }
}

/// A date, or that there is none any more.
#[derive(Clone, Copy)]
pub(super) struct DateOrNone(Option<BusinessDate>);

fn date(text: &str) -> Result<BusinessDate, String> {
    BusinessDate::parse(text).map_err(|_| "must be a date as in 2026-11-30".to_owned())
}

fn date_or_none(text: &str) -> Result<DateOrNone, String> {
    match text {
        "none" => Ok(DateOrNone(None)),
        text => date(text).map(|date| DateOrNone(Some(date))),
    }
}

pub(super) fn operators(asked: &Asked, action: OperatorAction) -> Outcome {
    match action {
        OperatorAction::List => list(asked),
        OperatorAction::Import { file } => import(asked, &file),
        OperatorAction::Add {
            name,
            role,
            number,
            badge,
            from,
            until,
        } => {
            let pin_verifier = new_verifier()?.as_str().to_owned();
            let badge = if badge { badge_of()? } else { String::new() };
            order(
                asked,
                vec![What::Add(OperatorToAdd {
                    number: number.unwrap_or(0),
                    name,
                    role: role.role().number(),
                    pin_verifier,
                    badge,
                    active_from: date_to_proto(from),
                    active_until: date_to_proto(until),
                })],
            )
        }
        OperatorAction::Change {
            number,
            name,
            role,
            badge,
            no_badge,
            from,
            until,
        } => {
            let badge = match (badge, no_badge) {
                (true, _) => Some(badge_of()?),
                (false, true) => Some(String::new()),
                (false, false) => None,
            };
            order(
                asked,
                vec![What::Change(OperatorToChange {
                    number,
                    name,
                    role: role.map_or(0, |role| role.role().number()),
                    badge,
                    active_from: from.map(|from| date_to_proto(from.0)),
                    active_until: until.map(|until| date_to_proto(until.0)),
                })],
            )
        }
        OperatorAction::End { number, last_day } => {
            let last_day = date_to_proto(last_day);
            order(asked, vec![What::End(OperatorToEnd { number, last_day })])
        }
        OperatorAction::SetPin { number } => {
            let pin_verifier = new_verifier()?.as_str().to_owned();
            order(
                asked,
                vec![What::SetPin(OperatorPin {
                    number,
                    pin_verifier,
                })],
            )
        }
        OperatorAction::Unlock { number } => order(asked, vec![What::Unlock(number)]),
    }
}

fn typed(question: &str) -> Result<zeroize::Zeroizing<String>, Failed> {
    ask_secret(question).map_err(|error| Failed::new(USAGE, format!("{question}: {error}")))
}

/// A person types it twice.
fn new_verifier() -> Result<PinVerifier, Failed> {
    let pin = Pin::new(&typed("PIN, 4 to 8 digits")?);
    let pin = pin.ok_or_else(|| Failed::new(USAGE, "a PIN has 4 to 8 digits"))?;
    if asks_a_person() && Pin::new(&typed("the same PIN again")?).as_ref() != Some(&pin) {
        return Err(Failed::new(USAGE, "the two PINs differ"));
    }
    if pin.is_guessed_first() {
        command_line::say("this PIN is among the first that anybody would try");
    }
    made(&pin)
}

fn made(pin: &Pin) -> Result<PinVerifier, Failed> {
    let mut salt = [0; SALT_BYTES];
    OsRandom.fill(&mut salt);
    verifier_of(pin, &salt, Cost::Full).map_err(|error| Failed::new(USAGE, error))
}

fn badge_of() -> Result<String, Failed> {
    typed("scan the badge").map(|badge| badge.trim().to_owned())
}

fn order(asked: &Asked, orders: Vec<What>) -> Outcome {
    let orders = orders
        .into_iter()
        .map(|what| OperatorOrder { what: Some(what) });
    let request = OrderOperatorsRequest {
        orders: orders.collect(),
    };
    let (answer, reader) = block_on(async {
        let mut hub = running(asked).await?;
        let answer = hub.ask(async |hub| hub.order_operators(request).await);
        Ok((answer.await?, hub.reader(asked).await?))
    })?;
    show(asked.output, ordered(&answer, &reader))
}

fn ordered(answer: &OrderOperatorsResponse, reader: &Reader) -> View {
    let mut text = String::new();
    let what = match answer.changed {
        true => reader.words("done", "已完成"),
        false => reader.words("nothing to change", "无需更改"),
    };
    for number in &answer.numbers {
        // Writing to a String can't fail, here and below.
        let _ = writeln!(
            text,
            "{} {number}: {what}",
            reader.words("operator", "员工")
        );
    }
    let json = json!({
        "version": answer.version,
        "numbers": answer.numbers,
        "changed": answer.changed,
    });
    View { text, json }
}

fn import(asked: &Asked, file: &std::path::Path) -> Outcome {
    let unreadable = |error| Failed::new(USAGE, format!("{}: {error}", file.display()));
    let bytes = zeroize::Zeroizing::new(fs::read(file).map_err(unreadable)?);
    let rows = read_rows(&bytes).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let what = format!("HUB0063: {}: {}", file.display(), faults.join("\n"));
        Failed::new(USAGE, what)
    })?;
    let orders: Result<Vec<What>, Failed> = rows.into_iter().map(to_add).collect();
    order(asked, orders?)
}

fn to_add(row: OperatorRow) -> Result<What, Failed> {
    let verifier = match &row.pin {
        FirstPin::Typed(pin) => made(pin)?,
        FirstPin::Verifier(verifier) => verifier.clone(),
    };
    Ok(What::Add(OperatorToAdd {
        number: row.number.map_or(0, |number| number.0),
        name: row.name,
        role: row.role.number(),
        pin_verifier: verifier.as_str().to_owned(),
        badge: row.badge,
        active_from: date_to_proto(row.active_from),
        active_until: date_to_proto(row.active_until),
    }))
}

fn list(asked: &Asked) -> Outcome {
    let (told, reader) = block_on(async {
        let mut hub = running(asked).await?;
        let told = hub.ask(async |hub| hub.operators(OperatorsRequest {}).await);
        Ok((told.await?, hub.reader(asked).await?))
    })?;
    let mut text = String::new();
    if told.operators.is_empty() {
        let none = reader.words(
            "none: whoever stands at a lane sells as operator 1",
            "无：收银台均以1号员工销售",
        );
        let _ = writeln!(text, "{none}");
    }
    for one in &told.operators {
        let _ = writeln!(text, "{}", line(one, &reader));
    }
    let rows: Vec<Value> = told.operators.iter().map(row).collect();
    let json = json!({"version": told.version, "operators": rows});
    show(asked.output, View { text, json })
}

fn line(one: &OperatorView, reader: &Reader) -> String {
    let role = presentation::role(one.role);
    let mut line = format!("{:>6}  {}  {}", one.number, reader.read(&role), one.name);
    if !one.active_from.is_empty() {
        let _ = write!(line, "  {} {}", reader.words("from", "自"), one.active_from);
    }
    if !one.active_until.is_empty() {
        let _ = write!(
            line,
            "  {} {}",
            reader.words("until", "至"),
            one.active_until
        );
    }
    for (holds, words) in [
        (!one.active, ("not active", "未在岗")),
        (one.has_badge, ("badge", "有工牌")),
        (
            one.pin_lost,
            ("NEEDS A NEW PIN (HUB0061)", "需重设密码（HUB0061）"),
        ),
        (
            one.locked,
            ("LOCKED at the hub (HUB0062)", "后台登录已锁定（HUB0062）"),
        ),
    ] {
        if holds {
            let _ = write!(line, "  {}", reader.words(words.0, words.1));
        }
    }
    line
}

fn row(one: &OperatorView) -> Value {
    json!({
        "number": one.number,
        "name": one.name,
        "role": presentation::role(one.role).english,
        "has_badge": one.has_badge,
        "active_from": one.active_from,
        "active_until": one.active_until,
        "active": one.active,
        "version": one.version,
        "pin_lost": one.pin_lost,
        "wrong_pins": one.wrong_pins,
        "locked": one.locked,
    })
}
