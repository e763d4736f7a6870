//! What one lane's stream has to be told of the store's lists: prices by notices, operators whole.

use proto::store::v1::{OperatorList, PriceNotice, hub_frame::Body};
use tokio::sync::watch;

use crate::prices::PriceOffer;

/// What lanes may sell by, and who may sell.
#[derive(Clone, Debug)]
pub(crate) struct LaneOffers {
    pub(crate) prices: watch::Receiver<PriceOffer>,
    /// `None`: the store has no list.
    pub(crate) operators: watch::Receiver<Option<OperatorList>>,
}

/// What the lane was told of them on this stream.
pub(crate) struct SessionNews {
    offers: LaneOffers,
    /// The hello is on the stream: what follows may be told.
    greeted: bool,
    notices: Vec<PriceNotice>,
    /// Version of the list of operators; 0: none.
    operators: u64,
}

impl SessionNews {
    pub(crate) const fn new(offers: LaneOffers) -> Self {
        Self {
            offers,
            greeted: false,
            notices: Vec::new(),
            operators: 0,
        }
    }

    pub(crate) const fn offers(&self) -> &LaneOffers {
        &self.offers
    }

    pub(crate) const fn greeted(&self) -> bool {
        self.greeted
    }

    pub(crate) const fn greet(&mut self) {
        self.greeted = true;
    }

    /// What is new since it was last told: who may sell, then by what.
    pub(crate) fn untold(&mut self) -> Vec<Body> {
        if !self.greeted {
            return Vec::new();
        }
        let operators = self.untold_operators().map(Body::Operators);
        let prices = self.untold_prices().into_iter().map(Body::PriceNotice);
        operators.into_iter().chain(prices).collect()
    }

    fn untold_operators(&mut self) -> Option<OperatorList> {
        let list = self.offers.operators.borrow_and_update();
        let list = list.as_ref();
        let new = list.filter(|list| list.version > self.operators)?.clone();
        self.operators = new.version;
        Some(new)
    }

    fn untold_prices(&mut self) -> Vec<PriceNotice> {
        let offer = self.offers.prices.borrow_and_update();
        let notices: Vec<PriceNotice> = offer.notices().collect();
        let new = notices
            .iter()
            .filter(|notice| !self.notices.contains(notice));
        let new = new.cloned().collect();
        self.notices = notices;
        new
    }
}
