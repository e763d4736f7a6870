//! A table of operators: what a configuration names for a new store, and what a command imports.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use domain::{
    delimited::{Separator, fields, lines, separator_of, text_of},
    ids::OperatorId,
    limits::{FILE_FAULTS_LISTED_MAX, OPERATORS_MAX},
    operators::{NewOperator, PinVerifier, Role},
    time::BusinessDate,
    words::Worded,
};
use operator_pin::Pin;

use super::store::usable;

/// Columns, in whichever order.
const COLUMNS: [&str; 8] = [
    "number",
    "name",
    "role",
    "pin",
    "pin_verifier",
    "badge",
    "active_from",
    "active_until",
];

/// What is wrong with a line. It never shows a PIN or what checks one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FileFault {
    /// From 1.
    pub(crate) line: u32,
    pub(crate) what: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// How a line says what a PIN is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum FirstPin {
    /// As it is typed; only where the file is read by a command.
    Typed(Pin),
    /// What checks it.
    Verifier(PinVerifier),
}

/// One line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OperatorRow {
    /// `None`: the next one.
    pub(crate) number: Option<OperatorId>,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) pin: FirstPin,
    /// What stands on the badge; empty: none.
    pub(crate) badge: String,
    pub(crate) active_from: Option<BusinessDate>,
    pub(crate) active_until: Option<BusinessDate>,
}

impl OperatorRow {
    /// As the list takes them.
    pub(crate) fn with(
        self,
        pin: PinVerifier,
        badge: Option<domain::operators::BadgeHash>,
    ) -> NewOperator {
        NewOperator {
            number: self.number,
            name: self.name,
            role: self.role,
            pin,
            badge,
            active_from: self.active_from,
            active_until: self.active_until,
        }
    }
}

/// Reads a whole table.
///
/// # Errors
/// All that is wrong with it, up to a bound.
pub(crate) fn read_rows(bytes: &[u8]) -> Result<Vec<OperatorRow>, Vec<FileFault>> {
    let fault = |line, what: String| FileFault { line, what };
    let text = text_of(bytes).map_err(|not| vec![fault(not.line(), not.to_string())])?;
    let mut lines = lines(text).filter(|(_, line)| !line.trim().is_empty());
    let (first, heading) = lines
        .next()
        .ok_or_else(|| vec![fault(1, "the file is empty".to_owned())])?;
    let separator = separator_of(heading).unwrap_or(Separator::Comma);
    let columns = columns(heading, separator).map_err(|what| vec![fault(first, what)])?;
    let (mut rows, mut faults, mut numbers) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (number, line) in lines {
        match row(&columns, line, separator) {
            Ok(row) if row.number.is_some_and(|one| !numbers.insert(one)) => {
                faults.push(fault(
                    number,
                    "number: stands in another line too".to_owned(),
                ));
            }
            Ok(row) => rows.push(row),
            Err(what) => faults.push(fault(number, what)),
        }
        if faults.len() >= FILE_FAULTS_LISTED_MAX {
            break;
        }
        if rows.len() > OPERATORS_MAX {
            faults.push(fault(
                number,
                format!("more than {OPERATORS_MAX} operators"),
            ));
            break;
        }
    }
    if rows.is_empty() && faults.is_empty() {
        faults.push(fault(first, "no operator follows the heading".to_owned()));
    }
    match faults.is_empty() {
        true => Ok(rows),
        false => Err(faults),
    }
}

fn columns(heading: &str, separator: Separator) -> Result<Vec<&'static str>, String> {
    let named = fields(heading, separator).map_err(|bad| bad.to_string())?;
    let mut columns = Vec::new();
    for name in &named {
        let known = COLUMNS.into_iter().find(|column| column == name);
        let known = known
            .ok_or_else(|| format!("{name}: no such column; there are {}", COLUMNS.join(", ")))?;
        if columns.contains(&known) {
            return Err(format!("{known}: stands there twice"));
        }
        columns.push(known);
    }
    for needed in ["name", "role"] {
        if !columns.contains(&needed) {
            return Err(format!("{needed}: this column is missing"));
        }
    }
    if columns.contains(&"pin") == columns.contains(&"pin_verifier") {
        return Err("one of the columns pin and pin_verifier is needed".to_owned());
    }
    Ok(columns)
}

fn row(columns: &[&str], line: &str, separator: Separator) -> Result<OperatorRow, String> {
    let values = fields(line, separator).map_err(|bad| bad.to_string())?;
    if values.len() > columns.len() {
        return Err(format!(
            "{} fields, {} columns",
            values.len(),
            columns.len()
        ));
    }
    let value = |wanted: &str| {
        let place = columns.iter().position(|column| *column == wanted);
        let value = place.and_then(|place| values.get(place));
        value.map_or("", |value: &Cow<'_, str>| value.as_ref())
    };
    let number = match value("number") {
        "" => None,
        text => Some(
            text.parse()
                .map(OperatorId)
                .map_err(|_| "number: is no number")?,
        ),
    };
    let role = Role::by_name(value("role"))
        .ok_or("role: must be cashier, supervisor, manager or technician")?;
    let pin = match columns.contains(&"pin") {
        true => FirstPin::Typed(Pin::new(value("pin")).ok_or("pin: must have 4 to 8 digits")?),
        false => FirstPin::Verifier(
            usable(value("pin_verifier"))
                .ok_or("pin_verifier: must be argon2id in PHC form, at a bounded cost")?,
        ),
    };
    let date = |column: &str| match value(column) {
        "" => Ok(None),
        text => BusinessDate::parse(text)
            .map(Some)
            .map_err(|_| format!("{column}: must be a date as in 2026-11-30")),
    };
    Ok(OperatorRow {
        number,
        name: value("name").to_owned(),
        role,
        pin,
        badge: value("badge").to_owned(),
        active_from: date("active_from")?,
        active_until: date("active_until")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let faults = read_rows(text.as_bytes()).unwrap_err();
        faults.iter().map(FileFault::to_string).collect()
    }

    #[test]
    fn a_table_is_read_in_whichever_order_its_columns_stand() {
        let text = "role;pin;name;number;badge\nmanager;2580;王芳;301;990301\ncashier;7531;Li;;\n";
        let rows = read_rows(text.as_bytes()).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[0].number, rows[0].role),
            (Some(OperatorId(301)), Role::Manager)
        );
        assert_eq!(
            (rows[0].name.as_str(), rows[0].badge.as_str()),
            ("王芳", "990301")
        );
        assert_eq!(rows[1].number, None);
        assert!(matches!(rows[1].pin, FirstPin::Typed(_)));
    }

    #[test]
    fn every_fault_is_told_with_its_line_and_no_secret() {
        let text = "number,name,role,pin\n1,Li,boss,2580\nx,Li,cashier,2580\n2,Li,cashier,99\n\
                    3,Li,cashier,2580\n3,Wu,cashier,2581\n";
        let told = faults(text);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[0].starts_with("line 2: role"), "{told:?}");
        assert!(told[1].starts_with("line 3: number"), "{told:?}");
        assert!(told[2].starts_with("line 4: pin"), "{told:?}");
        assert!(told[3].starts_with("line 6: number"), "{told:?}");
        assert!(!told.concat().contains("2580") && !told.concat().contains("99"));
    }

    #[test]
    fn a_heading_says_what_is_missing() {
        assert_eq!(faults(""), ["line 1: the file is empty"]);
        assert!(faults("name,role\nLi,cashier\n")[0].contains("pin_verifier"));
        assert!(faults("name,role,pin,pin_verifier\n")[0].contains("one of"));
        assert!(faults("name,pin\nLi,2580\n")[0].contains("role"));
        assert!(faults("name,role,pin,colour\n")[0].contains("colour"));
        assert!(faults("name,role,pin\n")[0].contains("no operator"));
        assert!(faults("name,role,pin_verifier\nLi,cashier,1234\n")[0].contains("PHC"));
    }
}
