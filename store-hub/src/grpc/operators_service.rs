//! Who works in the store: seen, and changed. No PIN comes over this line, only what checks it.

use domain::{
    ids::OperatorId,
    limits::OPERATORS_MAX,
    operators::{
        BadgeHash, NewOperator, OperatorChange, OperatorOrder, PinVerifier, Role, RosterFault,
    },
    time::BusinessDate,
    words::Worded,
};
use operator_pin::is_usable;
use proto::store::v1::{
    self as wire, OperatorsResponse, OrderOperatorsResponse, operator_order::What,
};
use records::date_from_proto;
use tonic::Status;

use super::{Services, stopping};
use crate::{
    actors::operators::{HashBadge, NotOrdered, OrderOperators, ViewOperators},
    operators::{HubOrder, Ordered},
    presentation::{roster_fault, with_chinese},
};

impl Services {
    /// The running date.
    pub(crate) async fn today(&self) -> Result<BusinessDate, Status> {
        self.look(|desk| desk.desk.business_date()).await
    }

    /// Everybody who works or worked here.
    pub(crate) async fn view_operators(&self) -> Result<OperatorsResponse, Status> {
        let on = self.today().await?;
        self.operators
            .send(ViewOperators(on))
            .await
            .map_err(stopping)
    }

    /// What a command wants: nobody is signed on.
    pub(super) async fn take_operator_orders(
        &self,
        orders: Vec<wire::OperatorOrder>,
    ) -> Result<OrderOperatorsResponse, Status> {
        if orders.len() > OPERATORS_MAX {
            let most = format!("at most {OPERATORS_MAX} orders at once");
            return Err(Status::invalid_argument(most));
        }
        let mut read = Vec::new();
        for order in orders {
            read.push(self.read_order(order).await?);
        }
        let ordered = self.order_operators_as(read, None).await?;
        Ok(OrderOperatorsResponse {
            version: ordered.version,
            numbers: ordered.numbers.iter().map(|number| number.0).collect(),
            changed: ordered.changed,
        })
    }

    /// What somebody wants; answered when it is durable.
    pub(crate) async fn order_operators_as(
        &self,
        orders: Vec<HubOrder>,
        by: Option<OperatorId>,
    ) -> Result<Ordered, Status> {
        let on = self.today().await?;
        let order = OrderOperators { orders, on, by };
        let ordered = self.operators.send(order).await.map_err(stopping)?;
        ordered.map_err(|not| not_ordered_status(&not))
    }

    async fn read_order(&self, order: wire::OperatorOrder) -> Result<HubOrder, Status> {
        let missing = || Status::invalid_argument("an order without a content");
        Ok(match order.what.ok_or_else(missing)? {
            What::Add(add) => HubOrder::List(OperatorOrder::Add(self.read_new(add).await?)),
            What::Change(change) => {
                let number = OperatorId(change.number);
                let change = self.read_change(change).await?;
                HubOrder::List(OperatorOrder::Change(number, change))
            }
            What::End(end) => {
                let last = date("last_day", &end.last_day)?;
                HubOrder::List(OperatorOrder::End(OperatorId(end.number), last))
            }
            What::SetPin(pin) => {
                let verifier = verifier(&pin.pin_verifier)?;
                HubOrder::List(OperatorOrder::SetPin(OperatorId(pin.number), verifier))
            }
            What::Unlock(number) => HubOrder::Unlock(OperatorId(number)),
        })
    }

    async fn read_new(&self, add: wire::OperatorToAdd) -> Result<NewOperator, Status> {
        Ok(NewOperator {
            number: (add.number != 0).then_some(OperatorId(add.number)),
            role: role(add.role)?,
            pin: verifier(&add.pin_verifier)?,
            badge: self.badge(&add.badge).await?,
            active_from: date("active_from", &add.active_from)?,
            active_until: date("active_until", &add.active_until)?,
            name: add.name,
        })
    }

    async fn read_change(&self, change: wire::OperatorToChange) -> Result<OperatorChange, Status> {
        let dated = |field, text: Option<String>| text.map(|text| date(field, &text)).transpose();
        Ok(OperatorChange {
            name: change.name,
            role: match change.role {
                0 => None,
                number => Some(role(number)?),
            },
            badge: match change.badge {
                None => None,
                Some(badge) => Some(self.badge(&badge).await?),
            },
            active_from: dated("active_from", change.active_from)?,
            active_until: dated("active_until", change.active_until)?,
        })
    }

    /// What stands for a badge; nothing on it takes it away.
    pub(crate) async fn badge(&self, on_badge: &str) -> Result<Option<BadgeHash>, Status> {
        if on_badge.is_empty() {
            return Ok(None);
        }
        let hashed = self.operators.send(HashBadge(on_badge.to_owned())).await;
        let hashed = hashed.map_err(stopping)?;
        let no_badge = || {
            let status = Status::invalid_argument("badge: is too long");
            with_chinese(status, "工牌内容过长")
        };
        hashed.map(Some).ok_or_else(no_badge)
    }
}

fn role(number: i32) -> Result<Role, Status> {
    let unknown = || Status::invalid_argument(format!("role {number} is not known here"));
    Role::by_number(number).ok_or_else(unknown)
}

fn verifier(text: &str) -> Result<PinVerifier, Status> {
    let refused = "pin_verifier: must be argon2id in PHC form, at a bounded cost";
    PinVerifier::new(text)
        .filter(is_usable)
        .ok_or_else(|| Status::invalid_argument(refused))
}

fn date(field: &'static str, text: &str) -> Result<Option<BusinessDate>, Status> {
    date_from_proto(field, text).map_err(|error| Status::invalid_argument(error.to_string()))
}

/// The one place where an order that is not carried out becomes a gRPC status.
fn not_ordered_status(not: &NotOrdered) -> Status {
    let text = not.to_string();
    let chinese = match not {
        NotOrdered::Fault(fault) => format!("HUB0060：{}", roster_fault(*fault)),
        NotOrdered::NoRoom => "HUB0017：磁盘空间不足".to_owned(),
        NotOrdered::Stopping => "主机正在停止".to_owned(),
    };
    let status = match not {
        NotOrdered::Fault(RosterFault::Unknown(_)) => Status::not_found(text),
        NotOrdered::Fault(
            RosterFault::NoNumber | RosterFault::InvalidName | RosterFault::EndsBeforeBegin,
        ) => Status::invalid_argument(text),
        NotOrdered::Fault(
            RosterFault::Taken(_)
            | RosterFault::TooMany
            | RosterFault::BadgeTaken(_)
            | RosterFault::NoManager(_),
        )
        | NotOrdered::NoRoom => Status::failed_precondition(text),
        NotOrdered::Stopping => Status::unavailable(text),
    };
    with_chinese(status, &chinese)
}
