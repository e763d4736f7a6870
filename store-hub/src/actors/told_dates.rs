//! What lanes are told of the store's date: in the hello, when it is turned, and before it ends.

use actix::{Context, Handler, Message};
use domain::{
    ids::PaymentId,
    time::{BusinessDate, WallMs},
};
use proto::store::v1::{self as wire, hub_frame::Body};

use super::payment_desk::PaymentDesk;

/// A payment waits while its terminal settles.
pub(super) fn settling_frame(payment_id: PaymentId) -> Body {
    Body::Progress(wire::PaymentProgress {
        payment_id: payment_id.to_string(),
        stage: "settling".to_owned(),
    })
}

impl PaymentDesk {
    /// The part of a hello that is about the date.
    pub(super) fn dates_of_hello(&self) -> wire::HubHello {
        let dates = &self.parts.dates;
        let date = self.desk.business_date();
        wire::HubHello {
            business_date: date.to_string(),
            day_ends_wall_ms: dates.ends_ms(date),
            day_grace_ms: dates.grace_ms(),
            time_zone: dates.calendar.zone.name().to_owned(),
            wall_ms: self.parts.clock.wall_ms(),
            close_timeout_ms: dates.close_timeout_ms(),
            ..wire::HubHello::default()
        }
    }

    /// A lane that is away hears it with its next hello.
    pub(super) fn tell_date_turned(&mut self, ended: BusinessDate, begins: BusinessDate) {
        let dates = &self.parts.dates;
        let turned = Body::DayTurned(wire::DayTurned {
            ended: ended.to_string(),
            begins: begins.to_string(),
            cut_within_ms: dates.close_timeout_ms(),
            ends_wall_ms: dates.ends_ms(begins),
        });
        tracing::warn!(event = "business date turned", %ended, %begins);
        self.send_to_all_lanes(&turned);
    }
}

/// The running date ends soon.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct WarnLanes {
    pub(crate) date: BusinessDate,
    pub(crate) ends: WallMs,
}

impl Handler<WarnLanes> for PaymentDesk {
    type Result = ();

    fn handle(&mut self, warn: WarnLanes, _: &mut Context<Self>) {
        self.send_to_all_lanes(&Body::DayEndsSoon(wire::DayEndsSoon {
            date: warn.date.to_string(),
            ends_wall_ms: warn.ends.0,
        }));
    }
}
