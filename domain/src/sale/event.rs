//! What can happen at a checkout.

use std::sync::Arc;

use crate::{
    card_ref::{CardRef, EntryMode},
    day::Machine,
    ids::{OperatorId, PaymentId, ReceiptNumber, SaleNumber, SuspendedId},
    money::Money,
    operators::{AttemptId, OperatorList, Who},
    payment::Decision,
    recall::{BasketGiven, RecallRefused, StoreBasket},
    returns::{OriginalLeft, ReturnRefusal, Taking},
    risk::{HotList, OfflineLease},
    sale::{
        AbandonReason, DayEnds, LeaseReturnReason, PricedItem, Rejected, Right, Step, TypedAmount,
        Weight,
    },
    scan_codes::CodeMeaning,
    till::TillEvent,
    time::{BusinessDate, LocalMs},
};

/// One thing that happened. The machine is told with [`crate::sale::Checkout::step`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The journal has been read; whatever was open then is taken up or given up now.
    Recovered,
    /// A customer's first article is at hand.
    Open {
        /// Who sells.
        operator: OperatorId,
        /// The caller's own name for this order; empty if it has none.
        order_reference: String,
        /// Which price file it is priced by to its end; empty: not known.
        price_version: String,
    },
    /// An article was scanned and found in the price file.
    Scanned(PricedItem),
    /// A code was scanned that the price file doesn't know, or that was misread.
    NotFound {
        /// As scanned.
        barcode: String,
    },
    /// An article that may not be sold any more: the price file recalls it.
    NotForSale {
        /// As on the receipt.
        name: String,
    },
    /// A code was scanned that is no article.
    OtherCode(CodeMeaning),
    /// So many pieces of what is scanned next.
    QuantityAnnounced {
        /// Pieces.
        quantity: u32,
    },
    /// A line is for another number of pieces.
    QuantityChanged {
        /// Its number; `None`: the last one.
        line_number: Option<u32>,
        /// Pieces.
        quantity: u32,
    },
    /// A scale has weighed something, or its weight was typed.
    Weighed(Weight),
    /// What is scanned next costs this.
    PriceAnnounced {
        /// Price of one piece, or of a kilogram.
        price: Money,
        /// To type a price.
        right: Right,
    },
    /// An amount without an article.
    AmountTyped {
        /// The amount, and what it is called.
        typed: TypedAmount,
        /// To sell without an article.
        right: Right,
    },
    /// A line gets another price.
    PriceOverridden {
        /// Its number; `None`: the last one.
        line_number: Option<u32>,
        /// Price of one piece, of a kilogram, of a label.
        price: Money,
        /// Why, in words.
        reason: String,
        /// To change a price.
        right: Right,
    },
    /// Something is taken off a line, instead of what was taken off before.
    Discounted {
        /// Its number; `None`: the last one.
        line_number: Option<u32>,
        /// Off all of it; zero: nothing any more.
        amount: Money,
        /// Why, in words.
        reason: String,
        /// To give a discount.
        right: Right,
    },
    /// What was said of the next line is taken back.
    Cleared,
    /// A line is taken back.
    LineVoided {
        /// Its number.
        line_number: u32,
    },
    /// Goods come back with this receipt: the hub is asked for it.
    ReturnAsked {
        /// Which.
        receipt: ReceiptNumber,
        /// Why, in words, or empty.
        reason: String,
    },
    /// What is left of the receipt that was asked for.
    OriginalTold {
        /// Which.
        receipt: ReceiptNumber,
        /// Or why it is not told.
        told: Result<Arc<OriginalLeft>, ReturnRefusal>,
    },
    /// Pieces of a line of the receipt at hand come back.
    ReturnLine {
        /// Its number on that receipt.
        line_number: u32,
        /// How many; `None`: all that are left.
        pieces: Option<u32>,
    },
    /// An article comes back without a receipt.
    ReturnWithout {
        /// As it is sold today.
        item: PricedItem,
        /// Why, in words.
        reason: String,
        /// To take it back.
        right: Right,
    },
    /// The hub has reserved what comes back, or says why not.
    ReservationTold {
        /// The sale it comes back in.
        sale: SaleNumber,
        /// The basket that was asked for.
        revision: u32,
        /// What is reserved.
        answer: Result<Box<Taking>, ReturnRefusal>,
    },
    /// The parts of cards go back in cash.
    CashForCard {
        /// Why, in words.
        reason: String,
        /// To hand it out.
        right: Right,
    },
    /// The money goes back, and the return is over.
    PayBack,
    /// No more articles: what does it cost?
    Total,
    /// The cashier says whether the customer is old enough.
    AgeAnswered {
        /// In years, as it was asked.
        least_age: u8,
        /// Whether the customer is.
        old_enough: bool,
    },
    /// The customer gave cash.
    CashTendered {
        /// All that was given; change is worked out here.
        given: Money,
    },
    /// The customer pays what is still open by card.
    CardChosen {
        /// Freshly minted, never used before.
        payment_id: PaymentId,
    },
    /// The reader has read the card; sealed data, PIN block and chip data travel beside.
    CardRead {
        /// As the reader was armed for.
        payment_id: PaymentId,
        /// How it was read.
        entry_mode: EntryMode,
        /// Whether a PIN was entered.
        pin_entered: bool,
        /// The card.
        card: CardRef,
    },
    /// The reader gave up.
    CardNotRead {
        /// As the reader was armed for.
        payment_id: PaymentId,
        /// Why, in words.
        reason: String,
    },
    /// The request was handed to the link: from here on a byte may have left.
    PaymentLeft {
        /// The payment.
        payment_id: PaymentId,
    },
    /// The hub said what was decided.
    Decided {
        /// The payment.
        payment_id: PaymentId,
        /// The decision.
        decision: Decision,
    },
    /// The hub couldn't be reached, and no byte of the request has left.
    HubUnreachable {
        /// The payment.
        payment_id: PaymentId,
    },
    /// The link to the hub broke after a byte may have left.
    LinkLost {
        /// The payment.
        payment_id: PaymentId,
    },
    /// No result came in time.
    ResultTimedOut {
        /// The payment.
        payment_id: PaymentId,
    },
    /// The hub lends a part of its offline budget.
    LeaseOffered(OfflineLease),
    /// The hub's hot list, whole.
    HotListReceived(Arc<HotList>),
    /// The hub is there: now and then while it is, and each time it comes back.
    HubReached,
    /// The hub says which date the store is on: in its hello, or when it has just turned it.
    DayNamed {
        /// The store's running date.
        date: BusinessDate,
        /// How long an open sale may hold the lane's marker up.
        cut_within_ms: u64,
    },
    /// Time has gone by. Comes before the first sale, and now and then.
    ClockRead {
        /// The store's own time.
        local: LocalMs,
        /// The hub has been away for a while, and dates end like this.
        alone: Option<DayEnds>,
    },
    /// The lane is asked to stop: it rests if no sale is open.
    Rest,
    /// The printer says the receipt is out.
    ReceiptPrinted {
        /// Which.
        receipt: ReceiptNumber,
        /// The text as printed.
        text: String,
        /// It may have been printed before, and says so.
        reprint: bool,
    },
    /// Somebody at the hub wants a receipt once more, on this printer.
    CopyWanted {
        /// Of this lane or another.
        receipt: ReceiptNumber,
        /// As it was printed.
        text: String,
        /// Who; `None`: the hub has no operators.
        by: Option<OperatorId>,
    },
    /// The customer goes without buying.
    VoidSale {
        /// Why, in words.
        reason: String,
    },
    /// The customer comes back in a while: the basket waits, and the next sale may begin.
    Suspend {
        /// What the cashier calls it, or empty.
        label: String,
    },
    /// A suspended basket is taken up again.
    Recall {
        /// The sale it was.
        suspended: SaleNumber,
        /// Who sells.
        operator: OperatorId,
        /// By which price file the rest is priced; empty: not known.
        price_version: String,
    },
    /// A basket is taken up that waits here or on another lane.
    BasketAsked {
        /// Which.
        basket: SuspendedId,
        /// Who sells.
        operator: OperatorId,
        /// By which price file the rest is priced; empty: not known.
        price_version: String,
    },
    /// The hub gives the basket that was asked for.
    BasketTold {
        /// Which.
        basket: SuspendedId,
        /// Or says why not.
        told: Result<Arc<BasketGiven>, RecallRefused>,
    },
    /// What waits in the store?
    BasketsAsked,
    /// The hub says what waits.
    BasketsTold(Result<Vec<StoreBasket>, RecallRefused>),
    /// The hub asks for a basket that waits here, for another lane.
    HandOver {
        /// Which.
        basket: SuspendedId,
        /// Whose it is to be.
        to: Machine,
    },
    /// The operators of the store, whole. The lane keeps the list, and is told of it at each start.
    OperatorsTold(Arc<OperatorList>),
    /// Somebody says who they are and has typed a PIN.
    SignOn {
        /// Freshly minted, never used before.
        attempt: AttemptId,
        /// As they say; the PIN proves it.
        who: Who,
    },
    /// Somebody has typed a PIN to allow what was refused to the one who is signed on.
    AllowAsked {
        /// Freshly minted, never used before.
        attempt: AttemptId,
        /// As they say; the PIN proves it.
        who: Who,
        /// What was refused.
        event: Box<Self>,
    },
    /// The PIN was compared.
    PinChecked {
        /// Which one.
        attempt: AttemptId,
        /// Whether it is theirs.
        matches: bool,
    },
    /// Whoever is signed on goes, or locks the lane.
    SignOff,
    /// Whoever is signed on has gone, and somebody else says so.
    SignOffAnother,
    /// Somebody who typed too many wrong PINs may try again.
    Unlock {
        /// As they say; the PIN proves it.
        operator: OperatorId,
    },
    /// Something is wanted of the cash drawer.
    Till(TillEvent),
}

impl Event {
    /// Whether a customer's basket begins with it, where none is open.
    #[must_use]
    pub const fn fills_a_basket(&self) -> bool {
        matches!(
            self,
            Self::Scanned(_)
                | Self::QuantityAnnounced { .. }
                | Self::Weighed(_)
                | Self::PriceAnnounced { .. }
                | Self::AmountTyped { .. }
                | Self::ReturnAsked { .. }
                | Self::ReturnWithout { .. }
        )
    }

    /// Whether the screens say nothing of it: it comes out on paper alone.
    #[must_use]
    pub const fn shows_nothing(&self) -> bool {
        match self {
            Self::Till(event) => matches!(event, TillEvent::X { .. } | TillEvent::ZAgain),
            other => matches!(other, Self::CopyWanted { .. }),
        }
    }
}

impl Step {
    /// The one place where an event finds what decides it.
    #[allow(
        clippy::too_many_lines,
        reason = "one table: each event and its method"
    )]
    pub(super) fn follow(&mut self, event: Event) -> Result<(), Rejected> {
        match event {
            Event::Recovered => {
                self.recover_operators();
                self.return_lease(LeaseReturnReason::LaneRestarted);
                self.recover()
            }
            Event::Open {
                operator,
                order_reference,
                price_version,
            } => self.open(operator, order_reference, price_version),
            Event::Scanned(item) => self.scan(item),
            Event::NotFound { barcode } => self.not_found(barcode),
            Event::NotForSale { name } => self.not_for_sale(name),
            Event::OtherCode(meaning) => self.other_code(meaning),
            Event::QuantityAnnounced { quantity } => self.announce_quantity(quantity),
            Event::QuantityChanged {
                line_number,
                quantity,
            } => self.change_quantity(line_number, quantity),
            Event::Weighed(weight) => self.weighed(weight),
            Event::PriceAnnounced { price, right } => self.announce_price(price, right),
            Event::AmountTyped { typed, right } => self.amount_typed(typed, right),
            Event::PriceOverridden {
                line_number,
                price,
                reason,
                right,
            } => self.override_price(line_number, price, (reason, right)),
            Event::Discounted {
                line_number,
                amount,
                reason,
                right,
            } => self.discount(line_number, amount, (reason, right)),
            Event::Cleared => self.clear(),
            Event::LineVoided { line_number } => self.void_line(line_number),
            Event::ReturnAsked { receipt, reason } => self.ask_original(receipt, reason),
            Event::OriginalTold { receipt, told } => self.original_told(receipt, told),
            Event::ReturnLine {
                line_number,
                pieces,
            } => self.return_line(line_number, pieces),
            Event::ReturnWithout {
                item,
                reason,
                right,
            } => self.return_without(item, reason, right),
            Event::ReservationTold {
                sale,
                revision,
                answer,
            } => self.reservation_told((sale, revision), answer),
            Event::CashForCard { reason, right } => self.cash_for_card(reason, right),
            Event::PayBack => self.pay_back(),
            Event::Total => self.total(),
            Event::AgeAnswered {
                least_age,
                old_enough,
            } => self.answer_age(least_age, old_enough),
            Event::CashTendered { given } => self.take_cash(given),
            Event::CardChosen { payment_id } => self.choose_card(payment_id),
            Event::CardRead {
                payment_id,
                entry_mode,
                pin_entered,
                card,
            } => self.intend(payment_id, entry_mode, pin_entered, card),
            Event::CardNotRead { payment_id, reason } => self.card_not_read(payment_id, reason),
            Event::PaymentLeft { payment_id } => self.payment_left(payment_id),
            Event::Decided {
                payment_id,
                decision,
            } => self.decided(payment_id, decision),
            Event::HubUnreachable { payment_id } => self.hub_unreachable(payment_id),
            Event::LinkLost { payment_id } => self.give_up(payment_id, AbandonReason::LinkBroke),
            Event::ResultTimedOut { payment_id } => {
                self.give_up(payment_id, AbandonReason::NoResultInTime)
            }
            Event::HotListReceived(list) => {
                self.volatile.hot_list = list;
                Ok(())
            }
            Event::LeaseOffered(lease) => self.lease_offered(lease),
            Event::HubReached => {
                self.review_lease();
                Ok(())
            }
            Event::DayNamed {
                date,
                cut_within_ms,
            } => {
                self.day_named(date, cut_within_ms);
                Ok(())
            }
            Event::ClockRead { local, alone } => {
                self.clock_read(local, alone);
                Ok(())
            }
            Event::Rest => self.rest(),
            Event::ReceiptPrinted {
                receipt,
                text,
                reprint,
            } => self.receipt_printed(receipt, text, reprint),
            Event::CopyWanted { receipt, text, by } => {
                self.print_copy(receipt, text, by);
                Ok(())
            }
            Event::VoidSale { reason } => self.void_sale(reason),
            Event::Suspend { label } => self.suspend(label),
            Event::Recall {
                suspended,
                operator,
                price_version,
            } => self.recall(suspended, operator, price_version),
            Event::BasketAsked {
                basket,
                operator,
                price_version,
            } => self.ask_basket(basket, operator, price_version),
            Event::BasketTold { basket, told } => self.basket_told(basket, told),
            Event::BasketsAsked => self.ask_baskets(),
            Event::BasketsTold(told) => self.baskets_told(told),
            Event::HandOver { basket, to } => self.hand_over(basket, to),
            Event::OperatorsTold(list) => self.operators_told(list),
            Event::SignOn { attempt, who } => self.sign_on(attempt, who),
            Event::AllowAsked {
                attempt,
                who,
                event,
            } => self.ask_to_allow(attempt, who, *event),
            Event::PinChecked { attempt, matches } => self.pin_checked(attempt, matches),
            Event::SignOff => self.sign_off_themselves(),
            Event::SignOffAnother => self.sign_off_another(),
            Event::Unlock { operator } => self.unlock(operator),
            Event::Till(event) => self.at_the_till(event),
        }
    }
}
