//! The accounts the host knows: card number, balance, PIN, and how each one behaves.

use std::{collections::BTreeMap, fmt, path::Path};

use configuration::{Fault, FileError, Section};
use iso8583::{card::Pan, pin_block::Pin};

use crate::{
    behaviour::{self, Behaviour},
    wallets::{Wallet, Wallets},
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

/// All accounts, by card number, and all wallets. `Debug` counts them.
#[derive(Default)]
pub struct Accounts {
    by_pan: BTreeMap<String, Account>,
    wallets: Wallets,
}

impl Accounts {
    /// Reads an accounts file.
    ///
    /// # Errors
    /// Unreadable, or all faults it has, each with its line and never with a number or a PIN.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        configuration::read_file(path, |root, _folder| Some(read(root)))
    }

    /// Reads the text of an accounts file.
    ///
    /// # Errors
    /// All faults it has.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        configuration::parse(text, |root| Some(read(root)))
    }

    fn add(&mut self, section: &mut Section<'_>, pan: &Pan, account: Account) {
        if self.by_pan.values().any(|other| other.name == account.name) {
            section.fault("name", "another account has the same name");
        }
        if self.by_pan.contains_key(pan.digits()) {
            section.fault("pan", "another account has the same pan");
        }
        self.by_pan.insert(pan.digits().to_owned(), account);
    }

    pub(crate) fn get(&self, pan: &Pan) -> Option<&Account> {
        self.by_pan.get(pan.digits())
    }

    /// Whose code it is.
    pub(crate) fn wallet(&self, code: &str) -> Option<&Wallet> {
        self.wallets.of_code(code)
    }

    pub(crate) fn wallet_named(&self, name: &str) -> Option<&Wallet> {
        self.wallets.named(name)
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

/// What is wrong is told; the accounts that are right are all there.
fn read(root: &mut Section<'_>) -> Accounts {
    let mut accounts = Accounts {
        wallets: Wallets::read(root),
        ..Accounts::default()
    };
    for (number, mut section) in (1..).zip(root.sections("account")) {
        if let Some((pan, account)) = account(&mut section, number) {
            accounts.add(&mut section, &pan, account);
        }
    }
    accounts
}

fn account(section: &mut Section<'_>, number: usize) -> Option<(Pan, Account)> {
    let pan = section.hidden("pan", "a card number", |text| Pan::new(text).ok());
    let name = section.optional_text("name");
    let balance_minor = section.optional_number("balance_minor", 0..=u64::MAX);
    let behaviour = section.parsed("behaviour", behaviour::FORM, |text| text.parse().ok());
    let pin = section.optional_hidden("pin", "4 to 12 digits", |text| Pin::new(text).ok());
    let expiry = section.optional_hidden("expiry", "YYMM", |text| {
        is_four_digits(text).then(|| text.to_owned())
    });
    let account = Account {
        name: name.unwrap_or_else(|| format!("account-{number}")),
        behaviour: behaviour?,
        balance_minor,
        pin,
        expiry,
    };
    Some((pan?, account))
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

    fn faults(text: &str) -> Vec<String> {
        let faults = Accounts::parse(text).unwrap_err();
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_faults_are_told_with_their_lines_and_never_with_a_number() {
        let entry = "[[account]]\npan = \"6216261000000000018\"\nbehaviour = \"approve\"\n";
        let text = format!(
            "{entry}{entry}pinn = \"1234\"\n[[account]]\npan = 6216261000000000018\n\
             behaviour = \"explode\"\npin = \"123\"\n"
        );
        let told = faults(&text);
        assert_eq!(
            told,
            [
                "line 5: account[2].pan: another account has the same pan",
                "line 7: account[2].pinn: is not a known key; did you mean pin?",
                "line 9: account[3].pan: must be a text in quotes",
                "line 10: account[3].behaviour: \"explode\" is not approve, decline:CC, partial, \
                 slow:MS (at most 600000) or silent",
                "line 11: account[3].pin: must be 4 to 12 digits",
            ]
        );
        assert!(!told.concat().contains("62162610000"));
    }

    #[test]
    fn debug_shows_neither_number_nor_pin() {
        let text = "[[account]]\npan = \"6216261000000000018\"\nbehaviour = \"approve\"\n\
                    pin = \"4321\"";
        let accounts = Accounts::parse(text).unwrap();
        let pan = Pan::new("6216261000000000018").unwrap();
        let shown = format!("{accounts:?} {:?}", accounts.get(&pan));
        assert!(shown.contains("account-1"), "{shown}");
        assert!(
            !shown.contains("6216") && !shown.contains("4321"),
            "{shown}"
        );
    }
}
