//! A basket that waits on one lane and is taken up on another, as lane and hub say it.

use domain::{
    ids::{LaneId, SuspendedId},
    recall::{BasketGiven, RecallRefused, StoreBasket},
    time::WallMs,
    words::Worded as _,
};
use proto::store::v1 as wire;

use crate::{
    ConvertError,
    lane::{line_from_proto, line_to_proto, suspended_id_from_proto, suspended_id_to_proto},
    reason::named_from_proto,
};

type Result<T> = std::result::Result<T, ConvertError>;

/// What the hub says to whoever asked for a basket.
pub type BasketTold = (SuspendedId, std::result::Result<BasketGiven, RecallRefused>);

/// What the hub says to whoever asked for a basket.
#[must_use]
pub fn basket_told_to_proto(
    basket: SuspendedId,
    told: std::result::Result<&BasketGiven, RecallRefused>,
) -> wire::BasketAnswered {
    let id = Some(suspended_id_to_proto(basket));
    match told {
        Ok(given) => wire::BasketAnswered {
            basket: id,
            order_reference: given.order_reference.clone(),
            price_file_version: given.price_version.clone(),
            lines: given
                .lines
                .iter()
                .map(|line| line_to_proto(basket.sale, line))
                .collect(),
            ..wire::BasketAnswered::default()
        },
        Err(refused) => wire::BasketAnswered {
            basket: id,
            refused: refused.why.number(),
            lane: lane_to_proto(refused.lane),
            ..wire::BasketAnswered::default()
        },
    }
}

/// Reads it.
///
/// # Errors
/// A field that is missing or can't be.
pub fn basket_told_from_proto(from: wire::BasketAnswered) -> Result<BasketTold> {
    let basket = id_from_proto(from.basket.as_ref())?;
    if from.refused != 0 {
        let why = named_from_proto("refused", from.refused, "")?;
        let lane = lane_from_proto(from.lane)?;
        return Ok((basket, Err(RecallRefused { why, lane })));
    }
    let lines = from.lines.into_iter().map(line_from_proto);
    let given = BasketGiven {
        order_reference: from.order_reference,
        price_version: from.price_file_version,
        lines: lines.collect::<Result<_>>()?,
    };
    Ok((basket, Ok(given)))
}

/// What waits in the store.
#[must_use]
pub fn basket_list_to_proto(baskets: &[StoreBasket]) -> wire::BasketList {
    let baskets = baskets.iter().map(|basket| wire::BasketElsewhere {
        basket: Some(suspended_id_to_proto(basket.id)),
        wall_ms: basket.at.0,
        label: basket.label.clone(),
        lane: lane_to_proto(basket.lane),
    });
    wire::BasketList {
        baskets: baskets.collect(),
    }
}

/// Reads it.
///
/// # Errors
/// A field that is missing or can't be.
pub fn basket_list_from_proto(from: &wire::BasketList) -> Result<Vec<StoreBasket>> {
    let baskets = from.baskets.iter().map(|one| {
        Ok(StoreBasket {
            id: id_from_proto(one.basket.as_ref())?,
            at: WallMs(one.wall_ms),
            label: one.label.clone(),
            lane: lane_from_proto(one.lane)?,
        })
    });
    baskets.collect()
}

fn id_from_proto(from: Option<&proto::journal::v1::SuspendedSale>) -> Result<SuspendedId> {
    suspended_id_from_proto(from.ok_or_else(|| ConvertError::missing("basket"))?)
}

fn lane_to_proto(lane: Option<LaneId>) -> u32 {
    lane.map_or(0, |lane| lane.0.into())
}

fn lane_from_proto(number: u32) -> Result<Option<LaneId>> {
    let lane = u16::try_from(number).map_err(|error| ConvertError::new("lane", error))?;
    Ok((lane > 0).then_some(LaneId(lane)))
}

#[cfg(test)]
mod tests {
    use domain::recall::RecallRefusal;

    use super::*;

    #[test]
    fn what_is_said_of_a_basket_comes_back_as_it_was() {
        let basket = SuspendedId::parse("2-1-7").unwrap();
        let given = BasketGiven {
            order_reference: "basket-7".to_owned(),
            price_version: "v1".to_owned(),
            lines: vec![crate::lane::a_line()],
        };
        let told = basket_told_from_proto(basket_told_to_proto(basket, Ok(&given)));
        assert_eq!(told, Ok((basket, Ok(given))));
        for why in RecallRefusal::ALL {
            for refused in [(*why).into(), RecallRefused::has(*why, LaneId(3))] {
                let told = basket_told_from_proto(basket_told_to_proto(basket, Err(refused)));
                assert_eq!(told, Ok((basket, Err(refused))));
            }
        }
        let list = [None, Some(LaneId(2))].map(|lane| StoreBasket {
            id: basket,
            at: WallMs(9),
            label: "blue coat".to_owned(),
            lane,
        });
        let read = basket_list_from_proto(&basket_list_to_proto(&list));
        assert_eq!(read, Ok(list.to_vec()));
        let nobody = wire::BasketAnswered::default();
        assert!(basket_told_from_proto(nobody).is_err());
    }
}
