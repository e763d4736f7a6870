//! Plays the cashier and the customer: presses keys, hands articles to the scanner and cards to the
//! reader, and reacts to what the screens say, as people do.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::{
    ids::OperatorId,
    returns::ReturnRefusal,
    sale::{BasketView, OperatorView, Prompt, Screen},
};
use ports::Clock;
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

use super::{
    cash_for,
    script::{
        CardOnScript, CashGiven, IdentityOnScript, KeyOnScript, Order, ReceiptOnScript,
        ReturnOnScript, TenderOnScript, WalletOnScript,
    },
};
use crate::devices::{Identity, Key, Stroke};

/// How often the business clock is looked at while no customer is there.
const CLOCK_LOOK_MS: u64 = 5;
/// How long a customer waits for the receipt before the cashier turns to the next.
const RECEIPT_AWAITED_MS: u64 = 2_000;
/// Between two tries to sign on.
const SIGN_ON_AGAIN_MS: u64 = 1_000;

/// How often a return is tried while the hub is away, and how long is waited between.
const RETURN_TRIES_MAX: u32 = 25;
const RETURN_PAUSE_MS: u64 = 200;

/// What baskets are called whose customers come back to the same lane.
const FORGOT: &str = "forgot something";
/// How often another lane's basket is looked for, and how long is waited between.
const FETCH_TRIES_MAX: u32 = 15;
const FETCH_PAUSE_MS: u64 = 200;

/// The lane is gone: nobody is left to play for.
struct LaneStopped;

pub(super) struct ScriptedCashier {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) screens: watch::Receiver<Option<Screen>>,
    pub(super) keys: mpsc::Sender<Stroke>,
    pub(super) articles: mpsc::Sender<String>,
    /// The card the customer holds to the reader.
    pub(super) held_card: watch::Sender<Option<CardOnScript>>,
    pub(super) finished: watch::Sender<bool>,
}

impl ScriptedCashier {
    /// Plays all orders after the last that ended before this start. An order that was under way
    /// then is taken up where the screens say it stands.
    pub(super) async fn play(mut self, orders: Vec<Order>, last_order_reference: String) {
        let Ok(done) = self.taken_up(&orders, &last_order_reference).await else {
            return;
        };
        for (at, order) in orders.iter().enumerate().skip(done) {
            if self.serve(order, on_duty(&orders, at)).await.is_err() {
                return;
            }
        }
        self.finished.send_replace(true);
    }

    /// Where the script goes on: behind the last order that ended. Where baskets wait, a suspended
    /// sale has ended and its order has not: it is recalled, or is the sale that is open.
    async fn taken_up(&mut self, orders: &[Order], last: &str) -> Result<usize, LaneStopped> {
        let at = |name: &str| orders.iter().position(|order| order.order == name);
        let behind = at(last).map_or(0, |last| last.saturating_add(1));
        if !orders.iter().any(|order| order.waits) {
            return Ok(behind);
        }
        self.recall(on_duty(orders, behind)).await?;
        let screen = self.settled().await?;
        let open = screen.basket.filter(|_| !screen.prompt.takes_sale());
        Ok(open
            .and_then(|basket| at(&basket.order_reference))
            .unwrap_or(behind))
    }

    /// Again and again, where the lane begins no sale for want of room.
    async fn recall(&mut self, operator: Option<&Identity>) -> Result<(), LaneStopped> {
        loop {
            self.be_signed_on(operator).await?;
            let screen = self.settled().await?;
            let mut waiting = screen.suspended.iter().rev();
            let waiting = waiting
                .find(|waiting| waiting.label == FORGOT)
                .filter(|_| screen.prompt.takes_sale());
            let Some(waiting) = waiting else {
                return Ok(());
            };
            let sale = waiting.sale.0;
            self.press(Key::Recall { sale }).await?;
            self.pause_if_refused().await?;
        }
    }

    /// The customer forgot something, and comes back.
    async fn wait_for_the_forgetful(
        &mut self,
        operator: Option<&Identity>,
    ) -> Result<(), LaneStopped> {
        let basket = self.now()?.basket;
        if basket.is_none_or(|basket| basket.totalled || basket.tenders_tried > 0) {
            return Ok(());
        }
        let label = FORGOT.to_owned();
        self.press(Key::Suspend { label }).await?;
        self.recall(operator).await
    }

    /// The customer goes to another lane with it. A lane that keeps no more baskets lets it go: it
    /// is scanned again there.
    async fn leave_for_another_lane(&mut self, order: &Order) -> Result<(), LaneStopped> {
        let label = order.order.clone();
        self.press(Key::Suspend { label }).await?;
        if self.settled().await?.prompt.takes_sale() {
            return Ok(());
        }
        let reason = "goes to another lane".to_owned();
        self.void_sale(reason, order).await
    }

    /// The customer comes from another lane, where the basket waits, or is still being scanned.
    async fn fetch(&mut self, order: &Order) -> Result<(), LaneStopped> {
        for _ in 0..FETCH_TRIES_MAX {
            self.press(Key::Baskets).await?;
            let screen = self.settled().await?;
            let mut listed = screen.elsewhere.iter();
            let found = listed.find(|basket| basket.label == order.order);
            if let Some(basket) = found.map(|basket| basket.id) {
                self.press(Key::RecallElsewhere { basket }).await?;
                if !self.settled().await?.prompt.takes_sale() {
                    return Ok(());
                }
            }
            sleep(Duration::from_millis(FETCH_PAUSE_MS)).await;
        }
        Ok(())
    }

    /// A wrong article is scanned before all others, and taken back.
    async fn mistake(
        &mut self,
        wrong: &str,
        basket: &BasketView,
        order: &Order,
    ) -> Result<(), LaneStopped> {
        let line = basket.lines.first();
        if line.is_none() {
            self.scan(wrong).await?;
        }
        if line.is_none_or(|line| line.barcode == wrong && !line.voided) {
            let key = KeyOnScript(Key::VoidLine { line_number: 1 });
            self.press_all(&[key], order).await?;
        }
        Ok(())
    }

    async fn serve(
        &mut self,
        order: &Order,
        operator: Option<&Identity>,
    ) -> Result<(), LaneStopped> {
        let mut begun = false;
        // Again and again, where the lane begins no sale for want of room.
        while self.settled().await?.prompt.takes_sale() {
            self.wait_for_customer(order).await;
            if !begun {
                self.mistype(order).await?;
            }
            self.be_signed_on(operator).await?;
            if !std::mem::replace(&mut begun, true) {
                self.press_all(&order.keys, order).await?;
                if order.only_keys {
                    return Ok(());
                }
                if order.from_another_lane {
                    self.fetch(order).await?;
                }
                // Whoever locked the lane comes back.
                continue;
            }
            let order_reference = order.order.clone();
            self.press(Key::Open { order_reference }).await?;
        }
        self.be_signed_on(operator).await?;
        if let Some(returns) = &order.returns {
            self.take_back(returns, order).await?;
        }
        self.scan_the_rest(order).await?;
        if self.now()?.basket.is_some_and(|basket| !basket.totalled) {
            self.press_all(&order.keys_on_basket, order).await?;
        }
        if order.waits {
            self.wait_for_the_forgetful(operator).await?;
        }
        if order.for_another_lane {
            return self.leave_for_another_lane(order).await;
        }
        self.total(order, operator).await?;
        self.pay(order, operator).await
    }

    /// Goods come back, as far as the hub says that they may.
    async fn take_back(
        &mut self,
        returns: &ReturnOnScript,
        order: &Order,
    ) -> Result<(), LaneStopped> {
        let basket = self.now()?.basket;
        let is_begun = |basket: &BasketView| basket.lines.iter().any(|line| line.returned);
        if basket.is_none_or(|basket| basket.totalled || is_begun(&basket)) {
            return Ok(());
        }
        let ReceiptOnScript(receipt) = returns.receipt;
        let reason = "does not fit".to_owned();
        self.press(Key::Return { receipt, reason }).await?;
        let screen = self.settled().await?;
        for line_number in returns.lines.iter().copied() {
            let left = screen.returning.as_ref().and_then(|view| {
                let mut lines = view.lines.iter();
                lines.find(|line| line.number == line_number && line.left > 0)
            });
            if left.is_some() {
                let pieces = Some(1);
                let key = KeyOnScript(Key::ReturnLine {
                    line_number,
                    pieces,
                });
                self.press_all(&[key], order).await?;
            }
        }
        Ok(())
    }

    /// Where the lane has operators, this one is signed on; where the script names none, somebody
    /// else does it.
    async fn be_signed_on(&mut self, operator: Option<&Identity>) -> Result<(), LaneStopped> {
        loop {
            let Some(on) = self.at_the_lane().await? else {
                return Ok(());
            };
            match (on, operator) {
                (Some(_), None) => return Ok(()),
                (Some(on), Some(wanted)) if on == wanted.operator => return Ok(()),
                (Some(_), Some(_)) => {
                    self.press(Key::SignOff).await?;
                }
                (None, Some(wanted)) => self.sign_on(wanted).await?,
                (None, None) => {
                    self.screens.changed().await.map_err(|_| LaneStopped)?;
                }
            }
        }
    }

    /// Whoever comes to serve types a wrong PIN first, where the lane has operators.
    async fn mistype(&mut self, order: &Order) -> Result<(), LaneStopped> {
        let (Some(on), Some(IdentityOnScript(wrong))) =
            (self.at_the_lane().await?, &order.mistyped)
        else {
            return Ok(());
        };
        if on.is_some() {
            self.press(Key::SignOff).await?;
        }
        self.sign_on(wrong).await
    }

    async fn sign_on(&mut self, wanted: &Identity) -> Result<(), LaneStopped> {
        let screen = self.stroke(Stroke::SignOn(wanted.clone())).await?;
        if screen.refused.is_some() {
            sleep(Duration::from_millis(SIGN_ON_AGAIN_MS)).await;
        }
        Ok(())
    }

    /// Who is signed on; `None`: the lane has no operators.
    async fn at_the_lane(&mut self) -> Result<Option<Option<OperatorId>>, LaneStopped> {
        let open = self.screens.wait_for(Option::is_some).await;
        drop(open.map_err(|_| LaneStopped)?);
        Ok(match self.now()?.operator {
            OperatorView::NotConfigured => None,
            OperatorView::SignedOff { .. } => Some(None),
            OperatorView::SignedOn { operator, .. } => Some(Some(operator)),
        })
    }

    /// What is refused to the operator the supervisor allows, if one stands by.
    async fn press_all(&mut self, keys: &[KeyOnScript], order: &Order) -> Result<(), LaneStopped> {
        for KeyOnScript(key) in keys {
            let screen = self.press(key.clone()).await?;
            let lacks_right = screen.refused.is_some_and(|why| why.lacks_right());
            if let Some(IdentityOnScript(supervisor)) = &order.supervisor
                && lacks_right
            {
                self.stroke(Stroke::Allow(supervisor.clone())).await?;
            }
        }
        Ok(())
    }

    /// A hub that is away now may be back in a while; whatever else it says, the customer keeps the
    /// goods.
    async fn refused(
        &mut self,
        why: ReturnRefusal,
        tries: &mut u32,
        order: &Order,
    ) -> Result<(), LaneStopped> {
        let again = why == ReturnRefusal::HubAway && *tries < RETURN_TRIES_MAX;
        if !again {
            let reason = why.to_string();
            return self.void_sale(reason, order).await;
        }
        *tries = tries.saturating_add(1);
        sleep(Duration::from_millis(RETURN_PAUSE_MS)).await;
        self.press(Key::Total).await?;
        Ok(())
    }

    async fn void_sale(&mut self, reason: String, order: &Order) -> Result<(), LaneStopped> {
        let key = KeyOnScript(Key::VoidSale { reason });
        self.press_all(&[key], order).await
    }

    async fn wait_for_customer(&self, order: &Order) {
        while self.clock.wall_ms() < order.arrive_wall_ms {
            sleep(Duration::from_millis(CLOCK_LOOK_MS)).await;
        }
    }

    /// Scans what is not in the basket yet: all of it, or after a restart the rest.
    async fn scan_the_rest(&mut self, order: &Order) -> Result<(), LaneStopped> {
        let Some(basket) = self.now()?.basket else {
            return Ok(());
        };
        if basket.totalled {
            return Ok(());
        }
        if let Some(wrong) = &order.mistake {
            self.mistake(wrong, &basket, order).await?;
        }
        let mut there = articles_in(&basket);
        // Taken out once, it is not scanned again.
        let taken_out = order.too_young_for.as_deref().filter(|young| {
            let mut lines = basket.lines.iter();
            lines.any(|line| line.barcode == *young && line.voided)
        });
        there.extend(taken_out.map(|young| (young, 1)));
        let wanted = order.items.iter().chain(&order.too_young_for);
        for item in wanted {
            match there.get_mut(item.as_str()) {
                Some(count) if *count > 0 => *count = count.saturating_sub(1),
                Some(_) | None => self.scan(item).await?,
            }
        }
        Ok(())
    }

    /// Asks for the total, and says how old the customer is; a basket that costs nothing is voided.
    async fn total(
        &mut self,
        order: &Order,
        operator: Option<&Identity>,
    ) -> Result<(), LaneStopped> {
        if self.now()?.basket.is_some_and(|basket| basket.totalled) {
            return Ok(());
        }
        let mut screen = self.press(Key::Total).await?;
        while let Prompt::AskAge { least_age, .. } = screen.prompt {
            self.be_signed_on(operator).await?;
            let old_enough = order.too_young_for.is_none();
            screen = self
                .press(Key::Age {
                    least_age,
                    old_enough,
                })
                .await?;
            self.pause_if_refused().await?;
            if !old_enough {
                screen = self.press(Key::Total).await?;
            }
        }
        if screen.basket.is_some_and(|basket| !basket.totalled) {
            let reason = "nothing to pay".to_owned();
            self.void_sale(reason, order).await?;
        }
        Ok(())
    }

    /// Goes through the tenders until the sale is over; when they are used up, cash.
    /// Whoever was signed off meanwhile signs on again: what nobody may press is refused for ever.
    async fn pay(&mut self, order: &Order, operator: Option<&Identity>) -> Result<(), LaneStopped> {
        let mut tries = 0;
        loop {
            self.be_signed_on(operator).await?;
            let screen = self.settled().await?;
            if let Prompt::PayBack { .. } = screen.prompt {
                self.press(Key::PayBack).await?;
                return Ok(());
            }
            if let Prompt::ReturnRefused { why } = screen.prompt {
                self.refused(why, &mut tries, order).await?;
                continue;
            }
            let Some(basket) = screen.basket.filter(|_| screen.prompt.takes_tender()) else {
                return Ok(());
            };
            let tried = usize::try_from(basket.tenders_tried).unwrap_or(usize::MAX);
            match order.tenders.get(tried) {
                Some(TenderOnScript::Card(card)) => self.pay_by_card(card).await?,
                Some(TenderOnScript::Wallet(wallet)) => self.pay_by_wallet(wallet).await?,
                Some(TenderOnScript::Cash { give }) => self.pay_cash(*give, &basket).await?,
                None => self.pay_cash(CashGiven::Exact, &basket).await?,
            }
            self.pause_if_refused().await?;
        }
    }

    /// Refused now, a key may be taken in a while: time has to go by until then.
    async fn pause_if_refused(&self) -> Result<(), LaneStopped> {
        if self.now()?.refused.is_some() {
            sleep(Duration::from_millis(SIGN_ON_AGAIN_MS)).await;
        }
        Ok(())
    }

    async fn pay_cash(&mut self, give: CashGiven, basket: &BasketView) -> Result<(), LaneStopped> {
        let given_minor = cash_for(give, basket.open_in_cash);
        self.press(Key::Cash { given_minor }).await?;
        Ok(())
    }

    /// One scan pays; a customer who does not confirm is waited for as long as the script says.
    async fn pay_by_wallet(&mut self, wallet: &WalletOnScript) -> Result<(), LaneStopped> {
        let tried = tenders_tried(&self.now()?);
        self.scan(&wallet.code).await?;
        let screen = self.now()?;
        if screen.prompt.takes_tender() && tenders_tried(&screen) == tried {
            // No code that this lane takes.
            let basket = screen.basket.ok_or(LaneStopped)?;
            return self.pay_cash(CashGiven::Exact, &basket).await;
        }
        let Some(patience_ms) = wallet.cancel_after_ms else {
            return Ok(());
        };
        let asked = matches!(self.now()?.prompt, Prompt::ConfirmOnPhone { .. });
        let patience = Duration::from_millis(patience_ms);
        if asked && timeout(patience, self.settled()).await.is_err() {
            self.press(Key::CancelPayment).await?;
        }
        Ok(())
    }

    async fn pay_by_card(&mut self, card: &CardOnScript) -> Result<(), LaneStopped> {
        let screen = self.press(Key::Card).await?;
        if matches!(screen.prompt, Prompt::PresentCard { .. }) {
            self.held_card.send_replace(Some(card.clone()));
            let changed = self.changed().await;
            // Read or not, the customer takes the card back.
            self.held_card.send_replace(None);
            changed?;
        }
        Ok(())
    }

    async fn press(&mut self, key: Key) -> Result<Screen, LaneStopped> {
        self.stroke(Stroke::Key(key)).await
    }

    async fn stroke(&mut self, stroke: Stroke) -> Result<Screen, LaneStopped> {
        let before = self.screens.borrow_and_update().clone();
        self.keys.send(stroke).await.map_err(|_| LaneStopped)?;
        let screen = self.changed().await?;
        let was_printing = before.is_some_and(|screen| is_printing(&screen.prompt));
        if was_printing && matches!(screen.prompt, Prompt::Goodbye { .. }) {
            // The receipt came out in between; what the key did is still to come.
            return self.changed().await;
        }
        Ok(screen)
    }

    async fn scan(&mut self, item: &str) -> Result<(), LaneStopped> {
        self.screens.borrow_and_update();
        self.articles
            .send(item.to_owned())
            .await
            .map_err(|_| LaneStopped)?;
        self.changed().await?;
        Ok(())
    }

    /// The next screen but the one that a lane without room lays over the others.
    async fn changed(&mut self) -> Result<Screen, LaneStopped> {
        loop {
            self.screens.changed().await.map_err(|_| LaneStopped)?;
            let screen = self.now()?;
            if screen.prompt != Prompt::NoRoom {
                return Ok(screen);
            }
        }
    }

    fn now(&self) -> Result<Screen, LaneStopped> {
        self.screens.borrow().clone().ok_or(LaneStopped)
    }

    /// The first screen that asks a person for something. A receipt is waited for, but not long.
    async fn settled(&mut self) -> Result<Screen, LaneStopped> {
        let patient = Duration::from_millis(RECEIPT_AWAITED_MS);
        let out = |screen: &Option<Screen>| {
            screen
                .as_ref()
                .is_some_and(|screen| !is_printing(&screen.prompt))
        };
        // Late: the next customer is served while it prints.
        let _ = timeout(patient, self.screens.wait_for(out)).await;
        let asks = |screen: &Option<Screen>| {
            screen
                .as_ref()
                .is_some_and(|screen| asks_a_person(&screen.prompt))
        };
        let screen = self.screens.wait_for(asks).await.map_err(|_| LaneStopped)?;
        screen.clone().ok_or(LaneStopped)
    }
}

/// Who serves the customer of this order: named there or before.
fn on_duty(orders: &[Order], at: usize) -> Option<&Identity> {
    let until = orders.iter().take(at.saturating_add(1));
    let named = until.rev().find_map(|order| order.operator.as_ref());
    named.map(|IdentityOnScript(identity)| identity)
}

fn tenders_tried(screen: &Screen) -> u32 {
    let basket = screen.basket.as_ref();
    basket.map_or(0, |basket| basket.tenders_tried)
}

const fn is_printing(prompt: &Prompt) -> bool {
    matches!(prompt, Prompt::Printing { .. })
}

const fn asks_a_person(prompt: &Prompt) -> bool {
    match prompt {
        Prompt::PresentCard { .. }
        | Prompt::ContactingBank { .. }
        | Prompt::ConfirmOnPhone { .. }
        | Prompt::AskingOriginal { .. }
        | Prompt::AskingBaskets
        | Prompt::Reserving
        | Prompt::NoRoom => false,
        Prompt::Ready
        | Prompt::Printing { .. }
        | Prompt::Scan
        | Prompt::NotFound { .. }
        | Prompt::NotForSale { .. }
        | Prompt::Weigh { .. }
        | Prompt::AskAge { .. }
        | Prompt::ChooseTender
        | Prompt::CardNotRead
        | Prompt::Declined { .. }
        | Prompt::Refused { .. }
        | Prompt::PartlyApproved { .. }
        | Prompt::NotConfirmed
        | Prompt::Goodbye { .. }
        | Prompt::Voided { .. }
        | Prompt::Suspended { .. }
        | Prompt::ChooseBasket
        | Prompt::RecallRefused(_)
        | Prompt::ChooseReturn { .. }
        | Prompt::ReturnRefused { .. }
        | Prompt::PayBack { .. }
        | Prompt::Till(_) => true,
    }
}

fn articles_in(basket: &BasketView) -> BTreeMap<&str, u32> {
    let mut there = BTreeMap::new();
    for line in basket
        .lines
        .iter()
        .filter(|line| !line.voided && !line.returned)
    {
        let count: &mut u32 = there.entry(line.barcode.as_str()).or_default();
        *count = count.saturating_add(line.quantity);
    }
    there
}
