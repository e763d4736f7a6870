//! The accounts the host knows: card number, balance, PIN, and how each one behaves.

use std::{collections::BTreeMap, fmt, path::Path};

use iso8583::{card::Pan, pin_block::Pin};
use serde::Deserialize;

use crate::{
    behaviour::Behaviour,
    file::{self, FileError},
};

/// One account. `Debug` shows neither number nor PIN.
pub struct Account {
    /// Its name in the ledger, which holds no card number.
    pub(crate) name: String,
    pub(crate) behaviour: Behaviour,
    /// Money at the start of the ledger, in minor units; `None`: without end.
    pub(crate) balance_minor: Option<u64>,
    pub(crate) pin: Option<Pin>,
    /// YYMM, if the host insists on one.
    pub(crate) expiry: Option<String>,
}

/// All accounts, by card number. `Debug` counts them.
#[derive(Default)]
pub struct Accounts {
    by_pan: BTreeMap<String, Account>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountsFile {
    #[serde(default)]
    account: Vec<AccountEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountEntry {
    pan: String,
    name: Option<String>,
    balance_minor: Option<u64>,
    behaviour: Behaviour,
    pin: Option<String>,
    expiry: Option<String>,
}

impl Accounts {
    /// Reads an accounts file.
    ///
    /// # Errors
    /// Unreadable, no TOML, an unknown key, a card number, PIN or expiry that is none, a card or a
    /// name that stands there twice. Names the account by its place, never by its number.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        Self::parse(path, &file::read(path)?)
    }

    /// Reads the text of an accounts file; `path` is for the error only.
    ///
    /// # Errors
    /// As [`Accounts::load`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, FileError> {
        let entries: AccountsFile = file::parse(path, text)?;
        let mut accounts = Self::default();
        for (index, entry) in entries.account.into_iter().enumerate() {
            let place = index.saturating_add(1);
            accounts
                .add(place, entry)
                .map_err(|fault| file::faulty(path, format!("account {place}: {fault}")))?;
        }
        Ok(accounts)
    }

    fn add(&mut self, place: usize, entry: AccountEntry) -> Result<(), &'static str> {
        let pan = Pan::new(&entry.pan).map_err(|_| "pan is no card number")?;
        let pin = match entry.pin {
            Some(pin) => Some(Pin::new(&pin).map_err(|_| "pin is not 4 to 12 digits")?),
            None => None,
        };
        if entry
            .expiry
            .as_deref()
            .is_some_and(|expiry| !is_four_digits(expiry))
        {
            return Err("expiry is not YYMM");
        }
        let name = entry.name.unwrap_or_else(|| format!("account-{place}"));
        if self.by_pan.values().any(|account| account.name == name) {
            return Err("another account has the same name");
        }
        let account = Account {
            name,
            behaviour: entry.behaviour,
            balance_minor: entry.balance_minor,
            pin,
            expiry: entry.expiry,
        };
        match self.by_pan.insert(pan.digits().to_owned(), account) {
            None => Ok(()),
            Some(_) => Err("another account has the same pan"),
        }
    }

    pub(crate) fn get(&self, pan: &Pan) -> Option<&Account> {
        self.by_pan.get(pan.digits())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_pan.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_pan.is_empty()
    }
}

fn is_four_digits(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Accounts({})", self.len())
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("behaviour", &self.behaviour)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        Accounts::parse(Path::new("accounts.toml"), text)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_fault_names_the_place_and_never_the_number() {
        let entry = "[[account]]\npan = \"6216261000000000018\"\nbehaviour = \"approve\"\n";
        let twice = fault(&format!("{entry}{entry}"));
        assert_eq!(
            twice,
            "accounts.toml: account 2: another account has the same pan"
        );
        let number = fault("[[account]]\npan = 6216261000000000018\nbehaviour = \"approve\"");
        assert_eq!(number, "accounts.toml, line 2: not what may stand here");
        let unknown = fault(&format!("{entry}pinn = \"1234\""));
        assert!(
            unknown.contains("line 4") && unknown.contains("pinn"),
            "{unknown}"
        );
        let behaviour = fault(&entry.replace("approve", "explode"));
        assert!(behaviour.contains("line 3: behaviour is"), "{behaviour}");
        for shown in [twice, number, unknown, behaviour] {
            assert!(!shown.contains("62162610000"), "{shown}");
        }
    }

    #[test]
    fn debug_shows_neither_number_nor_pin() {
        let text = "[[account]]\npan = \"6216261000000000018\"\nbehaviour = \"approve\"\n\
                    pin = \"4321\"";
        let accounts = Accounts::parse(Path::new("a"), text).unwrap();
        let pan = Pan::new("6216261000000000018").unwrap();
        let shown = format!("{accounts:?} {:?}", accounts.get(&pan));
        assert!(shown.contains("account-1"), "{shown}");
        assert!(
            !shown.contains("6216") && !shown.contains("4321"),
            "{shown}"
        );
    }
}
