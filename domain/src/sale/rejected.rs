//! Why an event may change nothing, for the log and for the cashier.

use crate::{
    ids::{OperatorId, PaymentId, ReceiptNumber},
    money::MoneyError,
    scan_codes::CodeMeaning,
    words::{Sentence, Worded as _},
};

/// Why an event changes nothing here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Rejected {
    /// No sale is open.
    #[error("no sale is open")]
    NoSale,
    /// A sale is open already.
    #[error("a sale is open already")]
    SaleOpen,
    /// `limits::RECEIPTS_OWED_MAX` reached: the printer has to work first.
    #[error("too many receipts wait for the printer")]
    TooManyReceiptsOwed,
    /// The receipt was printed, or there is no such one.
    #[error("receipt {0} is not owed")]
    NotOwed(ReceiptNumber),
    /// The total has not been asked for.
    #[error("the sale has no total yet")]
    NotTotalled,
    /// A tender was already tried: the basket is fixed.
    #[error("the basket can't change once a tender was tried")]
    Tendered,
    /// A card is being read or a payment decided.
    #[error("a card payment is under way")]
    PaymentUnderWay,
    /// The payment is not the one that is awaited: given up before, or never asked.
    #[error("payment {0} is not awaited")]
    NotAwaited(PaymentId),
    /// The payment id was used before (payments.md, rule 1).
    #[error("payment {0} was used before")]
    IdUsed(PaymentId),
    /// Another lane's lease, or one that was taken before.
    #[error("the lease is not this lane's, or was taken before")]
    LeaseNotTaken,
    /// No such line, or taken back already.
    #[error("no such line")]
    NoSuchLine,
    /// Quantity 0, a negative price, no name, or longer than a record may be.
    #[error("the article has no valid name, quantity or price")]
    InvalidItem,
    /// No pieces, no grams, or more than a line holds.
    #[error("the quantity or weight is not valid")]
    InvalidQuantity,
    /// Pieces were typed for what is weighed.
    #[error("the article is sold by weight")]
    SoldByWeight,
    /// A weight was given for what is counted.
    #[error("the article is sold by the piece")]
    SoldByPiece,
    /// An article waits for its weight: weigh it, or clear it.
    #[error("an article waits for its weight")]
    WeightAwaited,
    /// Somebody answers for the drawer already.
    #[error("a shift is open already")]
    ShiftOpen,
    /// Nobody answers for the drawer.
    #[error("no shift is open")]
    NoShift,
    /// `limits::TILL_OPERATORS_MAX` reached.
    #[error("the till keeps the figures of too many operators")]
    TooManyOperators,
    /// Nobody asked for this age, or the basket has changed since.
    #[error("this age is not asked for")]
    AgeNotAsked,
    /// A note that there is not, one told twice, or too many of it.
    #[error("the count is not valid")]
    InvalidCount,
    /// Who collects has a name, a number and a seal.
    #[error("the name, number or seal of who collects is missing")]
    CollectorMissing,
    /// There is nothing to report, or no Z yet.
    #[error("there is nothing to report")]
    NothingToReport,
    /// There is no right to it.
    #[error("the operator has no right to it")]
    NotAllowed,
    /// What is changed needs a reason in words.
    #[error("a reason is missing")]
    ReasonMissing,
    /// More is taken off than the line costs.
    #[error("the discount is larger than the line")]
    DiscountTooLarge,
    /// `limits::SALE_TAX_CLASSES_MAX` reached.
    #[error("the sale has too many classes of tax")]
    TooManyTaxClasses,
    /// `limits::SUSPENDED_SALES_MAX` reached.
    #[error("too many baskets wait already")]
    TooManySuspended,
    /// It never waited here, or was recalled before.
    #[error("no basket waits under this number")]
    NoSuchSuspended,
    /// The hub was asked for a basket and has not answered.
    #[error("the hub was asked for a basket already")]
    RecallUnderWay,
    /// Goods that come back are in the basket.
    #[error("goods that come back are in the basket")]
    ReturnInBasket,
    /// A line that comes back comes to what it was bought for.
    #[error("a line that comes back can't be changed")]
    ReturnedLine,
    /// Nobody asked for this receipt or reservation, or for another one since.
    #[error("the answer is to no question")]
    NotAskedFor,
    /// No receipt is at hand to choose from.
    #[error("no receipt is at hand")]
    NoOriginal,
    /// No piece, or more than are left of the line.
    #[error("so many pieces are not left")]
    NothingLeftToReturn,
    /// `limits::RETURN_RECEIPTS_MAX` or `limits::RETURN_LINES_MAX` reached.
    #[error("too much comes back in one sale")]
    TooMuchReturned,
    /// The hub has not reserved what comes back.
    #[error("what comes back is not reserved")]
    NotReserved,
    /// The customer gets money and pays none.
    #[error("the sale pays back")]
    PaysBack,
    /// There is nothing to pay back, or nothing to a card.
    #[error("there is nothing to pay back")]
    NothingToPayBack,
    /// A payment code in front of the total.
    #[error("a payment code was scanned before the total")]
    TotalFirst,
    /// A code that is no article, and is not taken here and now.
    #[error("the code is not taken here: {0}")]
    CodeNotTaken(CodeMeaning),
    /// Nothing to pay.
    #[error("there is nothing to pay")]
    NothingToPay,
    /// An amount of zero or less, or beyond field 4.
    #[error("the amount is not valid")]
    InvalidAmount,
    /// `limits::SALE_LINES_MAX` reached.
    #[error("the sale has too many lines")]
    TooManyLines,
    /// `limits::SALE_TENDERS_MAX` card tries reached: cash only.
    #[error("the sale has too many tenders")]
    TooManyTenders,
    /// The lane has gone to rest.
    #[error("the lane has gone to rest")]
    Resting,
    /// The lane has no prices yet.
    #[error("the lane is not open yet")]
    NotOpen,
    /// The disk has no room for another sale.
    #[error("the disk has no room")]
    NoRoom,
    /// There are operators, and none is signed on.
    #[error("nobody is signed on")]
    NotSignedOn,
    /// Beyond what a supervisor may.
    #[error("only a manager has the right to it")]
    NeedsManager,
    /// Beyond what anybody may.
    #[error("nobody has the right to this amount")]
    NobodyMay,
    /// That one has to sign off first.
    #[error("operator {} is signed on", .0.0)]
    SignedOnAlready(OperatorId),
    /// The PIN was wrong, or there is no such operator.
    #[error("number or PIN is wrong")]
    WrongPin,
    /// `limits::PIN_TRIES_MAX` reached.
    #[error("operator {} is locked out", .0.0)]
    LockedOut(OperatorId),
    /// There is nothing to unlock.
    #[error("operator {} is not locked out", .0.0)]
    NotLockedOut(OperatorId),
    /// The pause grows with each wrong PIN.
    #[error("no PIN is looked at for {seconds} s")]
    WaitAfterWrongPin {
        /// How much longer, rounded up.
        seconds: u64,
    },
    /// One PIN at a time.
    #[error("another PIN is being checked")]
    PinBeingChecked,
    /// Nobody waits for this outcome.
    #[error("no such PIN is being checked")]
    NoSuchAttempt,
    /// Not yet, or no more.
    #[error("operator {} does not work here now", .0.0)]
    OperatorNotActive(OperatorId),
    /// The lane was told of operators before, and has no list now.
    #[error("the list of operators is not at hand")]
    OperatorsNotAtHand,
    /// A list that was replaced would bring back who has gone.
    #[error("the list of operators is older than the one taken")]
    OlderOperators,
    /// What was asked for needs no supervisor, or none can allow it.
    #[error("there is nothing to allow")]
    NothingToAllow,
    /// The basket changed while the PIN was being checked.
    #[error("what is to be allowed has changed")]
    NotAsAsked,
    /// The basket that waits is another's.
    #[error("the basket is operator {}'s", .0.0)]
    OthersBasket(OperatorId),
    /// A sum can't be made.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Rejected {
    /// Whether a right is missing that somebody else may have.
    #[must_use]
    pub const fn lacks_right(&self) -> bool {
        matches!(self, Self::NotAllowed | Self::NeedsManager)
    }

    /// Whether somebody could not show who they are; another try, or another person, may.
    #[must_use]
    pub const fn is_about_pin(&self) -> bool {
        matches!(
            self,
            Self::WrongPin
                | Self::LockedOut(_)
                | Self::WaitAfterWrongPin { .. }
                | Self::PinBeingChecked
                | Self::NoSuchAttempt
                | Self::OperatorNotActive(_)
                | Self::OperatorsNotAtHand
        )
    }

    /// Why the key did nothing, and what to do instead.
    #[must_use]
    #[allow(clippy::too_many_lines, reason = "a table: each refusal and its words")]
    pub fn for_cashier(&self) -> Sentence {
        let (english, chinese) = match self {
            Self::NoSale => (
                "No sale is open: scan an article first",
                "没有进行中的交易：请先扫描商品",
            ),
            Self::SaleOpen => ("Finish this sale first", "请先完成本次交易"),
            Self::TooManyReceiptsOwed => (
                "Too many receipts wait for the printer: make it ready first (LANE0050)",
                "待打印的小票过多：请先恢复打印机（LANE0050）",
            ),
            Self::NotOwed(_) => ("This receipt is printed already", "该小票已打印"),
            Self::NotTotalled => ("Press Total first", "请先按合计"),
            Self::Tendered => (
                "A tender was tried: the basket can't change any more",
                "已开始付款：不能再更改商品",
            ),
            Self::PaymentUnderWay => (
                "A card payment is under way: wait for its result",
                "银行卡付款进行中：请等待结果",
            ),
            Self::NotAwaited(_) => (
                "This payment was given up: look at what is still open",
                "该付款已放弃：请查看未付金额",
            ),
            Self::IdUsed(_) => ("Press Card again", "请重新按银行卡"),
            Self::LeaseNotTaken => ("The offline limit was not taken", "离线额度未接受"),
            Self::NoSuchLine => (
                "There is no such line, or it was taken back already",
                "没有该行，或已取消",
            ),
            Self::InvalidItem => (
                "This article can't be sold: it has no valid price or name",
                "该商品无法销售：价格或名称无效",
            ),
            Self::InvalidQuantity => (
                "This quantity or weight is not valid: type it again",
                "数量或重量无效：请重新输入",
            ),
            Self::SoldByWeight => (
                "This article is sold by weight: weigh it, each by itself",
                "该商品按重量销售：请逐件称重",
            ),
            Self::SoldByPiece => (
                "This article is sold by the piece: clear the weight, and type a quantity",
                "该商品按件销售：请清除重量并输入数量",
            ),
            Self::WeightAwaited => (
                "An article waits for its weight: weigh it, or clear it",
                "有商品待称重：请称重或清除",
            ),
            Self::ShiftOpen => (
                "This drawer has a shift already: end it, or take it over",
                "此钱箱已有人当班：请先交班或接班",
            ),
            Self::NoShift => ("No shift is open: begin one", "尚未开班：请先开班"),
            Self::TooManyOperators => (
                "Too many operators at this till: take a Z of those who have left",
                "本收银台收银员过多：请先为已离开的人员做 Z 报表",
            ),
            Self::InvalidCount => (
                "This count is not valid: type each note and coin once",
                "清点数据无效：请按面额各输入一次",
            ),
            Self::CollectorMissing => (
                "Type the collector's name and number, and the seal",
                "请输入押运员姓名、编号和封签号",
            ),
            Self::NothingToReport => ("There is nothing to report yet", "暂无可报告的数据"),
            Self::NotAllowed => (
                "This needs a supervisor: ask for one",
                "此操作需要主管授权：请联系主管",
            ),
            Self::ReasonMissing => ("Say why: type a reason", "请输入原因"),
            Self::DiscountTooLarge => (
                "The discount is larger than the line: type a smaller one",
                "折扣大于该行金额：请输入较小的折扣",
            ),
            Self::TooManyTaxClasses => (
                "Too many kinds of tax in one sale: take payment and begin another",
                "一笔交易中的税种过多：请先结账，再开始新交易",
            ),
            Self::TooManySuspended => (
                "Too many baskets wait: recall one first",
                "挂单数量已满：请先取回一单",
            ),
            Self::NoSuchSuspended => (
                "No basket waits under this number, or it was recalled already",
                "没有该挂单，或已取回",
            ),
            Self::RecallUnderWay => (
                "Wait: the hub was asked for a basket",
                "请稍候：正在向主机取单",
            ),
            Self::ReturnInBasket => (
                "Goods that come back can't wait: finish this return, or void it",
                "含退货的购物篮不能挂单：请完成或取消退货",
            ),
            Self::ReturnedLine => (
                "A line that comes back can't be changed: take it out and choose it again",
                "退货行不能修改：请取消后重新选择",
            ),
            Self::NotAskedFor => ("Ask for the receipt again", "请重新查询小票"),
            Self::AgeNotAsked => ("Press Total again", "请重新按合计"),
            Self::NoOriginal => (
                "Scan the receipt first, or type its number",
                "请先扫描小票或输入小票号",
            ),
            Self::NothingLeftToReturn => (
                "So many are not left of this line: type fewer",
                "该行可退数量不足：请减少数量",
            ),
            Self::TooMuchReturned => (
                "Too much for one return: finish it, and take the rest in another one",
                "单次退货内容过多：请先完成，其余另行办理",
            ),
            Self::NotReserved => (
                "The hub has to confirm this return first: press Total again",
                "退货须先由主机确认：请再按一次合计",
            ),
            Self::PaysBack => (
                "Nothing is to be paid here: press Pay back",
                "此单无需付款：请按退款",
            ),
            Self::NothingToPayBack => ("There is nothing to pay back here", "此单没有可退款项"),
            Self::TotalFirst => (
                "This is a payment code: press Total first, then scan it again",
                "这是付款码：请先按合计，再重新扫描",
            ),
            Self::CodeNotTaken(meaning) => return not_taken(*meaning),
            Self::NothingToPay => (
                "There is nothing to pay: scan an article first",
                "没有应付金额：请先扫描商品",
            ),
            Self::InvalidAmount => (
                "This amount is not valid: type it again",
                "金额无效：请重新输入",
            ),
            Self::TooManyLines => (
                "The basket is full: take payment and begin another sale",
                "商品行数已满：请先结账，再开始新交易",
            ),
            Self::TooManyTenders => (
                "No further card can be tried: take cash for the rest",
                "不能再试银行卡：余款请收现金",
            ),
            Self::Resting => ("The lane is stopping", "收银台正在停机"),
            Self::NotOpen => (
                "The lane is not open yet: it waits for prices from the hub",
                "收银台尚未开启：正在等待主机的价格",
            ),
            Self::NoRoom => (
                "No room on the disk: no new sale until there is (LANE0009)",
                "磁盘空间不足：暂不能开始新交易（LANE0009）",
            ),
            Self::NotSignedOn => ("Sign on first: number and PIN", "请先登录：工号和密码"),
            Self::NeedsManager => (
                "This needs a manager: ask for one",
                "此操作需要经理授权：请联系经理",
            ),
            Self::NobodyMay => (
                "The amount is larger than anybody may allow: do it in another way",
                "金额超出所有人的权限：请用其他方式处理",
            ),
            Self::WrongPin => (
                "Number or PIN is not right: type them again",
                "工号或密码错误：请重新输入",
            ),
            Self::WaitAfterWrongPin { seconds } => return wait(*seconds),
            Self::PinBeingChecked => ("A PIN is being checked: wait", "正在核对密码：请稍候"),
            Self::NoSuchAttempt => ("Type number and PIN again", "请重新输入工号和密码"),
            Self::OperatorsNotAtHand => (
                "This lane has no list of operators: it waits for the hub",
                "本收银台没有员工名单：正在等待主机",
            ),
            Self::OlderOperators => (
                "This list of operators was replaced: ask the hub for the new one",
                "该员工名单已被替换：请向主机获取新名单",
            ),
            Self::NothingToAllow => (
                "This needs no supervisor: press the key again",
                "此操作无需授权：请再按一次",
            ),
            Self::NotAsAsked => (
                "The basket has changed: press the key again, and ask the supervisor again",
                "商品已变动：请重新按键并重新授权",
            ),
            Self::SignedOnAlready(operator) => {
                return of(
                    *operator,
                    "is signed on: sign off first",
                    "已登录：请先退出",
                );
            }
            Self::LockedOut(operator) => {
                let english = "typed too many wrong PINs: a supervisor has to unlock";
                return of(*operator, english, "密码错误次数过多：请由主管解锁");
            }
            Self::NotLockedOut(operator) => {
                return of(*operator, "is not locked: sign on", "未被锁定：请登录");
            }
            Self::OperatorNotActive(operator) => {
                let english = "does not work here now: ask the manager";
                return of(*operator, english, "目前未启用：请联系经理");
            }
            Self::OthersBasket(operator) => {
                let english = "began this basket: let them sign on, or a supervisor";
                return of(*operator, english, "的购物篮未完成：请由本人或主管登录");
            }
            Self::Money(_) => ("This sum can't be made", "无法计算该金额"),
        };
        Sentence::new(english, chinese)
    }
}

fn of(operator: OperatorId, english: &str, chinese: &str) -> Sentence {
    let number = operator.0;
    Sentence::new(
        format!("Operator {number} {english}"),
        format!("员工 {number} {chinese}"),
    )
}

fn wait(seconds: u64) -> Sentence {
    Sentence::new(
        format!("The PIN was wrong: wait {seconds} s, then type it again"),
        format!("密码错误：请等待 {seconds} 秒后重新输入"),
    )
}

fn not_taken(meaning: CodeMeaning) -> Sentence {
    Sentence::new(
        format!("This is a {meaning}: it is not taken here",),
        format!("这是{}：此处不能使用", meaning.chinese()),
    )
}
