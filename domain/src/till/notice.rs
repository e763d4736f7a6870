//! What the screens say once something was done at the drawer.

use super::CashMove;
use crate::{
    ids::OperatorId,
    money::Money,
    words::{Sentence, Worded as _},
};

/// What was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TillNotice {
    /// It is open.
    DrawerOpen,
    /// It is open, to be counted.
    CountOpen,
    /// Cash moved.
    Moved {
        /// From where to where.
        kind: CashMove,
        /// How much.
        amount: Money,
    },
    /// It was counted; what was expected may be known now.
    Counted {
        /// What was found.
        counted: Money,
        /// Less what was expected.
        variance: Money,
    },
    /// Somebody answers for it.
    ShiftBegun {
        /// Who.
        operator: OperatorId,
    },
    /// Nobody does.
    ShiftEnded {
        /// Who did.
        operator: OperatorId,
    },
    /// A Z was taken.
    ZTaken {
        /// From 1, all of a till in one row.
        number: u32,
    },
}

impl TillNotice {
    /// As the cashier reads it.
    #[must_use]
    pub fn cashier(&self) -> Sentence {
        match self {
            Self::DrawerOpen => Sentence::new(
                "The drawer is open: close it before the next customer",
                "钱箱已打开：接待下一位顾客前请关好",
            ),
            Self::CountOpen => Sentence::new(
                "Count the drawer, and type each note and coin",
                "请清点钱箱，并按面额输入张数",
            ),
            Self::Moved { kind, amount } => Sentence::new(
                format!("Recorded: {}, {amount}", kind.english()),
                format!("已记录：{}，{amount}", kind.chinese()),
            ),
            Self::Counted { counted, variance } => Sentence::new(
                format!("Counted {counted}. Difference: {variance}"),
                format!("实点 {counted}，长短款：{variance}"),
            ),
            Self::ShiftBegun { operator } => Sentence::new(
                format!("Operator {} has the drawer now", operator.0),
                format!("收银员 {} 已接班", operator.0),
            ),
            Self::ShiftEnded { operator } => Sentence::new(
                format!("The shift of operator {} has ended", operator.0),
                format!("收银员 {} 已交班", operator.0),
            ),
            Self::ZTaken { number } => Sentence::new(
                format!("Z {number} was taken and is being printed"),
                format!("Z 报表 {number} 已生成，正在打印"),
            ),
        }
    }
}
