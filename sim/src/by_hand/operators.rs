//! Who works in a store to try: their PINs stand on the start page, and protect nothing.

use domain::{operators::Role, words::Worded};
use operator_pin::{Cost, NotMade, Pin, SALT_BYTES, verifier_of};
use ports::Random;

/// Somebody to sign on as.
pub(super) struct Person {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) pin: &'static str,
}

const fn person(number: u32, name: &'static str, role: Role, pin: &'static str) -> Person {
    Person {
        number,
        name,
        role,
        pin,
    }
}

/// One of each kind.
pub(super) const PEOPLE: [Person; 4] = [
    person(101, "李娜 Li Na", Role::Cashier, "258014"),
    person(201, "王芳 Wang Fang", Role::Supervisor, "369025"),
    person(301, "陈静 Chen Jing", Role::Manager, "471036"),
    person(401, "赵磊 Zhao Lei", Role::Technician, "582047"),
];

/// `operators.csv`, as a hub takes it at its first start.
pub(super) fn file(random: &dyn Random) -> Result<String, NotMade> {
    let mut text = "number,name,role,pin_verifier\n".to_owned();
    for person in &PEOPLE {
        let pin = Pin::new(person.pin).ok_or(NotMade)?;
        let mut salt = [0; SALT_BYTES];
        random.fill(&mut salt);
        let verifier = verifier_of(&pin, &salt, Cost::Full)?;
        let (number, name, role) = (person.number, person.name, person.role.english());
        text += &format!("{number},{name},{role},\"{}\"\n", verifier.as_str());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use ports::OsRandom;

    use super::*;

    #[test]
    fn each_person_has_a_pin_that_nobody_tries_first_and_a_row() {
        for person in &PEOPLE {
            assert!(!Pin::new(person.pin).unwrap().is_guessed_first());
            assert_eq!(person.pin.len(), 6);
        }
        let file = file(&OsRandom).unwrap();
        assert_eq!(file.lines().count(), 5);
        assert!(file.contains("201,王芳 Wang Fang,supervisor,\"$argon2id$"));
        assert!(!file.contains("369025"));
    }
}
