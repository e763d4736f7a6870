//! Forty baskets figured by hand hold what the checkout figures.

use super::*;
use crate::sale::{CashRounding, Line, Returned, RoundTo, TaxMode, Tender, WeighedBy, Weight};

const BASKETS: &str = include_str!("baskets.txt");

/// `12.50` or `-0.07`.
fn yuan(text: &str) -> Money {
    let (digits, is_negative) = match text.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let money = Money::parse(digits, Currency::CNY).unwrap_or_else(|| panic!("{text}"));
    if is_negative {
        money.negate().unwrap()
    } else {
        money
    }
}

/// `13%` or `0.25%`.
fn basis_points(text: &str) -> u16 {
    let percent = text.strip_suffix('%').unwrap();
    u16::try_from(yuan(percent).minor()).unwrap()
}

fn item_of(words: &[&str], by_weight: bool) -> (PricedItem, Option<Money>) {
    let mut item = PricedItem::of_piece("6900000000014", words[0], yuan(words[2]));
    let number: u32 = words[1].parse().unwrap();
    if by_weight {
        item.sold_by = crate::sale::SoldBy::Weight;
        item.weight = Some(Weight {
            grams: number,
            by: WeighedBy::Scale,
        });
    } else {
        item.quantity = number;
    }
    if let [class, rate, ..] = words[3..]
        && rate.ends_with('%')
    {
        item.tax_class = class.to_owned();
        item.tax_rate_basis_points = Some(basis_points(rate));
    }
    let last = words.last().unwrap();
    let off = last.strip_prefix('-').map(yuan);
    (item, off)
}

/// One basket as it is rung up.
struct Basket {
    name: String,
    lane: Lane,
    /// A copy of the lines in which goods may come back, which no key does yet.
    lines: Vec<Line>,
    comes_back: bool,
    totalled: bool,
    paid: i64,
}

impl Basket {
    fn begin(name: &str, tax: &str, rounding: &str) -> Self {
        let tax = match tax {
            "in" => TaxMode::Inclusive,
            "on" => TaxMode::Exclusive,
            other => panic!("{other}"),
        };
        let cash_rounding = match rounding {
            "none" => CashRounding::NONE,
            "jiao" => CashRounding::JIAO,
            "five" => CashRounding {
                step_minor: 5,
                to: RoundTo::Nearest,
            },
            other => panic!("{other}"),
        };
        let config = CheckoutConfig {
            tax,
            cash_rounding,
            ..CONFIG
        };
        let mut lane = Lane::of(config);
        lane.step(Event::Open {
            operator: OperatorId(7),
            order_reference: name.to_owned(),
            price_version: "v1".to_owned(),
        });
        Self {
            name: name.to_owned(),
            lane,
            lines: Vec::new(),
            comes_back: false,
            totalled: false,
            paid: 0,
        }
    }

    fn sell(&mut self, words: &[&str], by_weight: bool) {
        let (item, off) = item_of(words, by_weight);
        self.lane.step(Event::Scanned(item));
        if let Some(amount) = off {
            self.lane.step(Event::Discounted {
                line_number: None,
                amount,
                reason: "on the table".to_owned(),
                right: Right::HeldBy(OperatorId(1)),
            });
        }
        let line = self.lane.checkout.sale().unwrap().lines.last().unwrap();
        self.lines.push(line.clone());
    }

    fn come_back(&mut self, words: &[&str]) {
        let (item, _) = item_of(words, false);
        let number = u32::try_from(self.lines.len() + 1).unwrap();
        let mut line = item.into_line(number);
        line.returned = Some(Returned::default());
        let tax = self.lane.checkout.config().tax;
        self.lines.push(line.figured(tax).unwrap());
        self.comes_back = true;
    }

    fn figures(&self) -> Figures {
        let config = self.lane.checkout.config();
        Figures::of(self.lines.iter(), config.currency, config.tax).unwrap()
    }

    /// Asks for the total, if all goods are sold.
    fn total(&mut self) {
        if self.totalled || self.comes_back {
            return;
        }
        self.totalled = true;
        let effects = self.lane.step(Event::Total);
        let total = facts(&effects).into_iter().find_map(|fact| match fact {
            CheckoutFact::Basket(BasketFact::SaleTotalled { total, taxes, .. }) => {
                Some((*total, taxes.clone()))
            }
            _ => None,
        });
        let figures = self.figures();
        assert_eq!(total, Some((figures.total, figures.taxes)), "{}", self.name);
    }

    fn card(&mut self, amount: Money) {
        self.total();
        self.lane.intended(9);
        let open = self.figures().total;
        let decision = if amount == open {
            approved(amount.minor())
        } else {
            Decision::PartiallyApproved {
                amount,
                host: host(),
            }
        };
        self.lane.step(Event::Decided {
            payment_id: PaymentId(9),
            decision,
        });
        self.paid = amount.minor();
    }

    fn cash(&mut self, words: &[&str]) {
        let (given, rounding, change) = (yuan(words[0]), yuan(words[1]), yuan(words[2]));
        let rounds = self.lane.checkout.config().cash_rounding;
        if self.comes_back {
            let due = rounds.due(self.figures().total).unwrap();
            let found = due.subtract(self.figures().total).unwrap();
            assert_eq!(found, rounding, "{}", self.name);
            assert_eq!(given.subtract(due), Ok(change), "{}", self.name);
            return;
        }
        self.total();
        let effects = self.lane.step(Event::CashTendered { given });
        let closed = facts(&effects).into_iter().find_map(|fact| match fact {
            CheckoutFact::Sale(SaleFact::SaleClosed {
                rounding, change, ..
            }) => Some((*rounding, *change)),
            _ => None,
        });
        assert_eq!(closed, Some((rounding, change)), "{}", self.name);
    }

    fn says(&mut self, words: &[&str]) {
        match words {
            ["piece", rest @ ..] => self.sell(rest, false),
            ["weigh", rest @ ..] => self.sell(rest, true),
            ["back", rest @ ..] => self.come_back(rest),
            ["void", number] => {
                let number: u32 = number.parse().unwrap();
                self.lane.step(Event::LineVoided {
                    line_number: number,
                });
                self.lines[number as usize - 1].voided = true;
            }
            ["line", number, total] => {
                let line = &self.lines[number.parse::<usize>().unwrap() - 1];
                assert_eq!(line.total, yuan(total), "{}: line {number}", self.name);
            }
            ["tax", class, rate, taxed, tax] => {
                let figures = self.figures();
                let sum = figures.taxes.iter().find(|sum| sum.class == *class);
                let sum = sum.unwrap_or_else(|| panic!("{}: {class}", self.name));
                let found = (sum.rate_basis_points, sum.taxed, sum.tax);
                let wanted = (basis_points(rate), yuan(taxed), yuan(tax));
                assert_eq!(found, wanted, "{}: {class}", self.name);
            }
            ["total", total] => {
                assert_eq!(self.figures().total, yuan(total), "{}", self.name);
                if self.paid == 0 {
                    self.total();
                }
            }
            ["card", amount] => self.card(yuan(amount)),
            ["cash", rest @ ..] => self.cash(rest),
            other => panic!("{}: {other:?}", self.name),
        }
    }

    /// Its sale is closed, tenders less change are total and rounding.
    fn end(self) {
        if self.comes_back {
            return;
        }
        let receipts = self.lane.checkout.receipts_owed();
        let receipt = receipts.first();
        let receipt = receipt.unwrap_or_else(|| panic!("{} is not paid", self.name));
        let paid = receipt.tenders.iter().map(Tender::amount);
        let paid = Money::sum(Currency::CNY, paid).unwrap();
        let owed = receipt.total.add(receipt.rounding).unwrap();
        assert_eq!(paid.subtract(receipt.change), Ok(owed), "{}", self.name);
    }
}

#[test]
fn forty_baskets_come_to_what_was_figured_by_hand() {
    let mut baskets = 0;
    let mut basket: Option<Basket> = None;
    for line in BASKETS.lines() {
        let line = line.split('#').next().unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            ["basket", number, tax, rounding] => {
                baskets += 1;
                assert_eq!(*number, baskets.to_string());
                let name = format!("basket {number}");
                let next = Basket::begin(&name, tax, rounding);
                if let Some(before) = basket.replace(next) {
                    before.end();
                }
            }
            words => basket.as_mut().unwrap().says(words),
        }
    }
    basket.unwrap().end();
    assert_eq!(baskets, 40);
}
