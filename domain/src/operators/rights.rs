//! The one table of rights: role by action, with amounts. Screens, scripts and the hub ask it.

use crate::{limits, money::Money, words::worded};

worded! {
    /// What somebody is in a store.
    Role:
    /// Sells.
    Cashier = 1 "cashier" "收银员";
    /// Stands by the cashiers.
    Supervisor = 2 "supervisor" "主管";
    /// Answers for the store.
    Manager = 3 "manager" "经理";
    /// Looks after the machines, and sells nothing.
    Technician = 4 "technician" "技术员";
}

worded! {
    /// What is done at a lane, as far as rights tell it apart.
    Action:
    /// To work at the lane at all.
    SignOn = 1 "sign on" "登录";
    /// Whatever a plain sale takes: scan, total, tenders, suspend, recall.
    Sell = 2 "sell" "销售";
    /// Take a line back, or pieces of it.
    VoidLine = 3 "void a line" "取消商品行";
    /// Let a customer go without buying.
    VoidSale = 4 "void a sale" "取消交易";
    /// Another price on a line: by how much less.
    PriceOverride = 5 "override a price" "改价";
    /// Something off a line.
    Discount = 6 "give a discount" "折扣";
    /// A price that is in no price file.
    TypedPrice = 7 "type a price" "手工输入价格";
    /// An amount without an article.
    TypedAmount = 8 "type an amount" "手工输入金额";
    /// Goods come back, with their receipt.
    ReturnWithReceipt = 9 "take a return with receipt" "凭小票退货";
    /// Goods come back without one.
    ReturnWithoutReceipt = 10 "take a return without receipt" "无小票退货";
    /// Cash for what was paid by card.
    CashForCard = 11 "pay cash for a part paid by card" "银行卡部分退现金";
    /// Open the drawer without a sale.
    NoSale = 12 "open the drawer" "开钱箱";
    /// Cash is fetched from the till.
    Pickup = 13 "pick up cash" "取款";
    /// Cash goes from the till into the safe.
    Drop = 14 "drop cash" "投库";
    /// Change money for the till.
    Float = 15 "give a float" "备用金";
    /// Count what is in the till, blind.
    Count = 16 "count the till" "点钞";
    /// See what should be in it.
    X = 17 "take an X report" "X报表";
    /// Close the till.
    Z = 18 "take a Z report" "Z报表";
    /// Lock the lane, the basket kept.
    Lock = 19 "lock the lane" "锁定收银台";
    /// Let somebody try again who typed too many wrong PINs.
    UnlockOperator = 20 "unlock an operator" "解锁员工";
    /// Sign somebody off who has gone.
    SignOffAnother = 21 "sign another off" "注销他人";
    /// Go on with a basket that somebody else began.
    TakeOver = 22 "take over a basket" "接管他人购物篮";
    /// Training mode, on and off.
    Training = 23 "switch training" "切换培训模式";
    /// Hand cash of the safe to a guard.
    Collect = 24 "hand cash to a guard" "押运取款";
}

/// What the table says to somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Go on.
    Allowed,
    /// A supervisor may.
    NeedsSupervisor,
    /// Only a manager may.
    NeedsManager,
    /// Nobody may: the amount is beyond all of them.
    NobodyMay,
}

/// How far somebody goes alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum UpTo {
    Nothing,
    /// In whole units of the currency.
    Units(u32),
    Anything,
}

/// Of a cashier, a supervisor, a manager, a technician.
type Row = [UpTo; 4];

/// THE table.
const fn row(action: Action) -> Row {
    use UpTo::{Anything as Any, Nothing as No, Units};
    match action {
        // Cashier, supervisor, manager, technician.
        Action::SignOn | Action::Lock => [Any, Any, Any, Any],
        Action::Sell | Action::Drop | Action::Count => [Any, Any, Any, No],
        Action::VoidLine | Action::VoidSale => [Units(50), Any, Any, No],
        Action::PriceOverride => [No, Units(500), Any, No],
        Action::Discount => [Units(5), Units(200), Any, No],
        Action::TypedPrice | Action::NoSale => [No, Any, Any, No],
        Action::Pickup | Action::Collect => [No, Any, Any, No],
        Action::Float | Action::X | Action::Z => [No, Any, Any, No],
        Action::UnlockOperator | Action::SignOffAnother => [No, Any, Any, No],
        Action::TakeOver => [No, Any, Any, No],
        Action::TypedAmount => [No, Units(500), Any, No],
        Action::ReturnWithReceipt => [Units(100), Units(2_000), Any, No],
        Action::ReturnWithoutReceipt => [No, Units(200), Any, No],
        Action::CashForCard => [No, No, Units(limits::CASH_FOR_CARD_UNITS_MAX), No],
        Action::Training => [No, Any, Any, Any],
    }
}

const fn alone(role: Role, action: Action) -> UpTo {
    let [cashier, supervisor, manager, technician] = row(action);
    match role {
        Role::Cashier => cashier,
        Role::Supervisor => supervisor,
        Role::Manager => manager,
        Role::Technician => technician,
    }
}

fn reaches(up_to: UpTo, amount: Money) -> bool {
    match up_to {
        UpTo::Nothing => false,
        UpTo::Anything => true,
        UpTo::Units(units) => {
            let unit = 10_u64.saturating_pow(amount.currency().exponent().into());
            amount.minor().unsigned_abs() <= u64::from(units).saturating_mul(unit)
        }
    }
}

/// Whether somebody of this role may do it alone, and who has to say yes otherwise. What has no
/// amount is asked for with zero; of an amount only its size counts.
#[must_use]
pub fn may(role: Role, action: Action, amount: Money) -> Answer {
    if reaches(alone(role, action), amount) {
        Answer::Allowed
    } else if reaches(alone(Role::Supervisor, action), amount) {
        Answer::NeedsSupervisor
    } else if reaches(alone(Role::Manager, action), amount) {
        Answer::NeedsManager
    } else {
        Answer::NobodyMay
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{money::Currency, words::Worded as _};

    fn cny(minor: i64) -> Money {
        Money::new(minor, Currency::CNY)
    }

    #[test]
    fn a_cashier_voids_small_lines_alone() {
        let ask = |minor| may(Role::Cashier, Action::VoidLine, cny(minor));
        assert_eq!(ask(5_000), Answer::Allowed);
        assert_eq!(ask(5_001), Answer::NeedsSupervisor);
        assert_eq!(ask(-5_001), Answer::NeedsSupervisor, "goods that come back");
        assert_eq!(ask(i64::MIN), Answer::NeedsSupervisor);
    }

    #[test]
    fn cash_for_a_card_is_a_managers_and_has_an_end() {
        for role in [Role::Cashier, Role::Supervisor, Role::Technician] {
            let answer = may(role, Action::CashForCard, cny(1));
            assert_eq!(answer, Answer::NeedsManager, "{role:?}");
        }
        let manager = |minor| may(Role::Manager, Action::CashForCard, cny(minor));
        assert_eq!(manager(50_000), Answer::Allowed);
        assert_eq!(manager(50_001), Answer::NobodyMay);
    }

    #[test]
    fn amounts_are_in_units_of_the_currency() {
        let yen = |minor| {
            may(
                Role::Cashier,
                Action::VoidLine,
                Money::new(minor, Currency::JPY),
            )
        };
        assert_eq!(
            (yen(50), yen(51)),
            (Answer::Allowed, Answer::NeedsSupervisor)
        );
    }

    #[test]
    fn who_stands_higher_may_no_less() {
        for action in Action::ALL.iter().copied() {
            for minor in [0, 1, 500, 5_000, 50_000, 5_000_000] {
                let allowed = [Role::Cashier, Role::Supervisor, Role::Manager]
                    .map(|role| may(role, action, cny(minor)) == Answer::Allowed);
                assert!(allowed.is_sorted(), "{action:?} {minor}: {allowed:?}");
            }
        }
    }

    #[test]
    fn a_technician_sells_nothing() {
        let ask = |action| may(Role::Technician, action, cny(0));
        assert_eq!(ask(Action::SignOn), Answer::Allowed);
        assert_eq!(ask(Action::Sell), Answer::NeedsSupervisor);
        assert_eq!(ask(Action::NoSale), Answer::NeedsSupervisor);
    }
}
