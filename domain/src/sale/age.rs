//! Articles that are sold from an age on: before a sale is totalled the cashier says whether the
//! customer is old enough.
//!
//! Asked once a sale and age, the highest first, however the article came into the basket. Old
//! enough for one age is old enough for each below it. What the customer is too young for is taken
//! out of the basket in the same commit as the answer; the rest may be bought. A basket that waited
//! is asked about again: another customer may have come for it.

use crate::{
    ids::SaleNumber,
    sale::{AgeAnswer, BasketFact, Line, Prompt, Rejected, Sale, Step},
    time::BusinessDate,
};

impl Sale {
    /// The first line of those with the highest age that nobody has confirmed. Goods that come back
    /// ask for none.
    fn age_to_ask(&self) -> Option<(u8, &Line)> {
        let sold = self.sold_lines().filter(|line| line.returned.is_none());
        let open = sold.filter_map(|line| Some((line.least_age?, line)));
        let open = open.filter(|(age, _)| Some(*age) > self.old_enough_for);
        open.reduce(|highest, one| if one.0 > highest.0 { one } else { highest })
    }

    pub(super) fn apply_age(&mut self, answer: AgeAnswer) {
        if answer.old_enough {
            self.old_enough_for = self.old_enough_for.max(Some(answer.least_age));
        }
    }
}

impl Step {
    /// True: the cashier is asked, and the total waits.
    pub(super) fn asks_age(&mut self) -> Result<bool, Rejected> {
        let Some((least_age, _)) = self.sale()?.age_to_ask() else {
            return Ok(false);
        };
        self.volatile.age_asked = Some(least_age);
        if let Some(prompt) = self.age_prompt() {
            self.show(prompt);
        }
        Ok(true)
    }

    /// `None`: nothing is asked. The basket has changed since: it is asked again at the total.
    pub(super) fn age_prompt(&self) -> Option<Prompt> {
        let asked = self.volatile.age_asked?;
        let (least_age, line) = self.durable.sale.as_ref()?.age_to_ask()?;
        let today = self.volatile.day.today.or(self.running_date());
        (least_age == asked).then(|| Prompt::AskAge {
            name: line.name.clone(),
            least_age,
            born_by: today.map(|today| born_by(today, least_age)),
        })
    }

    pub(super) fn answer_age(&mut self, least_age: u8, old_enough: bool) -> Result<(), Rejected> {
        self.basket_may_change()?;
        let sale = self.sale()?;
        let to_ask = sale.age_to_ask().map(|(age, _)| age);
        if self.volatile.age_asked != Some(least_age) || to_ask != Some(least_age) {
            return Err(Rejected::AgeNotAsked);
        }
        let number = sale.number;
        let answer = AgeAnswer {
            least_age,
            old_enough,
            operator: self.seller(sale.operator)?,
        };
        self.volatile.age_asked = None;
        self.record(BasketFact::AgeAnswered {
            sale: number,
            answer,
        });
        if old_enough {
            return self.total();
        }
        self.take_out(number, least_age)?;
        self.show(Prompt::Scan);
        Ok(())
    }

    /// All that is sold from this age on, or from a higher one.
    fn take_out(&mut self, sale: SaleNumber, least_age: u8) -> Result<(), Rejected> {
        let too_young = |line: &&Line| line.least_age >= Some(least_age);
        let lines = self.sale()?.sold_lines().filter(too_young);
        let lines = lines.filter(|line| line.returned.is_none());
        let numbers: Vec<u32> = lines.map(|line| line.number).collect();
        for line_number in numbers {
            self.record(BasketFact::LineVoided { sale, line_number });
        }
        Ok(())
    }
}

/// Whoever was born on this day or before is so many years old. Who was born on a leap day comes of
/// age on the first of March of other years.
fn born_by(today: BusinessDate, years: u8) -> BusinessDate {
    let (year, month, day) = today.parts();
    let year = year.saturating_sub(u16::from(years));
    let same_day = BusinessDate::new(year, month, day);
    // Only the 29th of February is not there each year.
    let last_of_february = || BusinessDate::new(year, month, day.saturating_sub(1));
    same_day.or_else(|_| last_of_february()).unwrap_or(today)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_counts_on_its_day() {
        let date = |text| BusinessDate::parse(text).unwrap();
        for (today, years, born) in [
            ("2026-11-30", 18, "2008-11-30"),
            ("2028-02-29", 18, "2010-02-28"),
            ("2028-02-29", 16, "2012-02-29"),
            // Born on 2008-02-29: not yet on the 28th, of age on the first of March.
            ("2026-02-28", 18, "2008-02-28"),
            ("2026-03-01", 18, "2008-03-01"),
        ] {
            assert_eq!(born_by(date(today), years), date(born), "{today}");
        }
    }
}
