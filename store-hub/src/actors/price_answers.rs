//! What lanes say of the price versions they were told of.

use actix::Handler;

use super::lanes::{Lanes, PricesAnswered};

impl Handler<PricesAnswered> for Lanes {
    type Result = ();

    fn handle(&mut self, told: PricesAnswered, _: &mut Self::Context) {
        let PricesAnswered { lane, answer } = told;
        let (version, why) = (&answer.version, &answer.refused_because);
        if !why.is_empty() {
            tracing::warn!(event = "lane can't take prices", code = "HUB0031", %lane, version, why);
        }
        let answers = &mut self.lanes.entry(lane).or_default().price_answers;
        if answer.active {
            for other in answers.values_mut() {
                other.active = false;
            }
        }
        answers.insert(answer.version.clone(), answer);
        // Of versions that nobody is told of any more nothing is kept.
        let offer = self.offers.prices.borrow();
        answers.retain(|version, answer| answer.active || offer.named(version).is_some());
    }
}
