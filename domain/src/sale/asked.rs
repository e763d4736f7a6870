//! What an event asks for, as the table of rights names it: action and amount. What people do asks;
//! what devices, hub and clock tell asks for nothing.

use crate::{
    money::Money,
    operators::Action,
    sale::{Checkout, Event, Line, Rejected, Step},
    time::Now,
};

/// An action and how much it is about; zero where it has no amount.
pub(super) type Asked = (Action, Money);

impl Event {
    /// What it asks for, its amount aside. `None`: nothing that anybody needs a right to.
    #[must_use]
    pub const fn action(&self) -> Option<Action> {
        Some(match self {
            Self::Recovered
            | Self::CardRead { .. }
            | Self::CardNotRead { .. }
            | Self::PaymentLeft { .. }
            | Self::Decided { .. }
            | Self::HubUnreachable { .. }
            | Self::LinkLost { .. }
            | Self::ResultTimedOut { .. }
            | Self::LeaseOffered(_)
            | Self::HotListReceived(_)
            | Self::HubReached
            | Self::DayNamed { .. }
            | Self::ClockRead { .. }
            | Self::Rest
            | Self::ReceiptPrinted { .. }
            | Self::CopyWanted { .. }
            | Self::OriginalTold { .. }
            | Self::ReservationTold { .. }
            | Self::BasketTold { .. }
            | Self::BasketsTold(_)
            | Self::HandOver { .. }
            | Self::OperatorsTold(_)
            | Self::SignOn { .. }
            | Self::AllowAsked { .. }
            | Self::PinChecked { .. }
            | Self::SignOff => return None,
            Self::Open { .. }
            | Self::Scanned(_)
            | Self::NotFound { .. }
            | Self::NotForSale { .. }
            | Self::OtherCode(_)
            | Self::QuantityAnnounced { .. }
            | Self::QuantityChanged { .. }
            | Self::Weighed(_)
            | Self::Cleared
            | Self::ReturnAsked { .. }
            | Self::PayBack
            | Self::Total
            | Self::AgeAnswered { .. }
            | Self::CashTendered { .. }
            | Self::CardChosen { .. }
            | Self::Suspend { .. }
            | Self::Recall { .. }
            | Self::BasketAsked { .. }
            | Self::BasketsAsked => Action::Sell,
            Self::PriceAnnounced { .. } => Action::TypedPrice,
            Self::AmountTyped { .. } => Action::TypedAmount,
            Self::PriceOverridden { .. } => Action::PriceOverride,
            Self::Discounted { .. } => Action::Discount,
            Self::LineVoided { .. } => Action::VoidLine,
            Self::ReturnLine { .. } => Action::ReturnWithReceipt,
            Self::ReturnWithout { .. } => Action::ReturnWithoutReceipt,
            Self::CashForCard { .. } => Action::CashForCard,
            Self::VoidSale { .. } => Action::VoidSale,
            Self::Till(event) => event.action(),
            Self::Unlock { .. } => Action::UnlockOperator,
            Self::SignOffAnother => Action::SignOffAnother,
        })
    }

    /// The same event about this line, where it is about the last one: another may be the last
    /// when it is decided.
    #[must_use]
    pub(super) fn about_line(mut self, last: Option<u32>) -> Self {
        if let Self::PriceOverridden { line_number, .. }
        | Self::Discounted { line_number, .. }
        | Self::QuantityChanged { line_number, .. } = &mut self
        {
            *line_number = line_number.or(last);
        }
        self
    }
}

impl Checkout {
    /// What an event asks for, as the basket stands: what a supervisor is told who is to allow it.
    /// `None`: nothing that anybody needs a right to, or nothing that can be.
    #[must_use]
    pub fn asked(&self, now: Now, event: &Event) -> Option<(Action, Money)> {
        self.begin(now).asked(event).ok().flatten()
    }
}

impl Step {
    /// What is asked for, with its amount as the basket stands.
    #[allow(clippy::too_many_lines, reason = "a table: each event and its amount")]
    pub(super) fn asked(&self, event: &Event) -> Result<Option<Asked>, Rejected> {
        let Some(action) = event.action() else {
            return Ok(None);
        };
        let asked = match event {
            Event::QuantityChanged {
                line_number,
                quantity,
            } => self.asked_by_quantity(*line_number, *quantity)?,
            Event::PriceAnnounced { price, .. } => (action, *price),
            Event::AmountTyped { typed, .. } => (action, self.asked_by_amount(typed.amount)?),
            Event::PriceOverridden {
                line_number, price, ..
            } => {
                let line = self.line_meant(*line_number)?;
                (action, given_away(&line, *price, line.quantity)?)
            }
            Event::Discounted { amount, .. } => (action, *amount),
            Event::LineVoided { line_number } => {
                (action, self.changeable_line(*line_number)?.1.total)
            }
            Event::ReturnLine {
                line_number,
                pieces,
            } => (action, self.asked_to_return(*line_number, *pieces)?),
            Event::ReturnWithout { item, .. } => (action, self.asked_to_return_without(item)?),
            Event::CashForCard { .. } => (action, self.asked_for_card()?),
            Event::Till(event) => self.asked_of_till(event),
            Event::VoidSale { .. } => (action, self.sale()?.figures(&self.config)?.total),
            Event::Recovered
            | Event::Open { .. }
            | Event::Scanned(_)
            | Event::NotFound { .. }
            | Event::NotForSale { .. }
            | Event::OtherCode(_)
            | Event::QuantityAnnounced { .. }
            | Event::Weighed(_)
            | Event::Cleared
            | Event::ReturnAsked { .. }
            | Event::OriginalTold { .. }
            | Event::ReservationTold { .. }
            | Event::PayBack
            | Event::Total
            | Event::AgeAnswered { .. }
            | Event::CashTendered { .. }
            | Event::CardChosen { .. }
            | Event::CardRead { .. }
            | Event::CardNotRead { .. }
            | Event::PaymentLeft { .. }
            | Event::Decided { .. }
            | Event::HubUnreachable { .. }
            | Event::LinkLost { .. }
            | Event::ResultTimedOut { .. }
            | Event::LeaseOffered(_)
            | Event::HotListReceived(_)
            | Event::HubReached
            | Event::DayNamed { .. }
            | Event::ClockRead { .. }
            | Event::Rest
            | Event::ReceiptPrinted { .. }
            | Event::CopyWanted { .. }
            | Event::Suspend { .. }
            | Event::Recall { .. }
            | Event::BasketAsked { .. }
            | Event::BasketTold { .. }
            | Event::BasketsAsked
            | Event::BasketsTold(_)
            | Event::HandOver { .. }
            | Event::OperatorsTold(_)
            | Event::SignOn { .. }
            | Event::AllowAsked { .. }
            | Event::PinChecked { .. }
            | Event::SignOff
            | Event::Unlock { .. }
            | Event::SignOffAnother => (action, Money::zero(self.config.currency)),
        };
        Ok(Some(asked))
    }

    /// Typed once for as many as were said before.
    fn asked_by_amount(&self, amount: Money) -> Result<Money, Rejected> {
        let quantity = self.volatile.next_line.quantity.unwrap_or(1);
        Ok(amount.times(quantity)?)
    }

    /// Fewer pieces are a part of the line taken back; more of what is sold below its price give
    /// more away.
    fn asked_by_quantity(
        &self,
        line_number: Option<u32>,
        quantity: u32,
    ) -> Result<Asked, Rejected> {
        let line = self.line_meant(line_number)?;
        let fewer = line.quantity.saturating_sub(quantity);
        let given_away = given_away(&line, line.unit_price, quantity)?;
        Ok(if fewer > 0 {
            (Action::VoidLine, line.unit_price.times(fewer)?)
        } else if given_away.is_zero() {
            (Action::Sell, given_away)
        } else {
            (Action::PriceOverride, given_away)
        })
    }
}

/// How much less so many of it cost at this price than at the shelf's; the size of it, where they
/// cost more.
fn given_away(line: &Line, price: Money, quantity: u32) -> Result<Money, Rejected> {
    let shelf = line.price_source.shelf().unwrap_or(line.unit_price);
    let at = |unit_price| {
        let line = Line {
            unit_price,
            quantity,
            ..line.clone()
        };
        line.gross()
    };
    Ok(at(shelf)?.subtract(at(price)?)?)
}
