//! What both screens say: where the sale stands, and the next step in words.

use crate::{
    ids::{ReceiptNumber, SaleNumber},
    money::Money,
    payment::{PaymentMethod, RefusalReason},
    recall::{RecallRefused, StoreBasket},
    response_code::ResponseCode,
    returns::ReturnRefusal,
    sale::{
        CheckoutConfig, Discount, Line, LineTax, OperatorView, OriginalLine, PayBackView,
        PendingPayment, PriceSource, Rejected, ReturnView, Sale, SuspendedView, TaxMode, TaxSum,
        Tender, VolatileState, Weight,
    },
    till::TillNotice,
    time::BusinessDate,
    words::Sentence,
};

/// Where the sale stands and what is to be done next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Prompt {
    /// No sale.
    Ready,
    /// Articles are being scanned.
    Scan,
    /// The last code is not in the price file, or was misread.
    NotFound {
        /// As scanned.
        barcode: String,
    },
    /// The article is recalled: it may not leave the store.
    NotForSale {
        /// As on the receipt.
        name: String,
    },
    /// An article waits for its weight.
    Weigh {
        /// As on the receipt.
        name: String,
    },
    /// Is the customer old enough for this article? Asked before the total stands.
    AskAge {
        /// As on the receipt.
        name: String,
        /// In years.
        least_age: u8,
        /// Whoever was born then or before is; `None`: the date is not known.
        born_by: Option<BusinessDate>,
    },
    /// The total stands; how does the customer pay what is open?
    ChooseTender,
    /// The reader waits for a card.
    PresentCard {
        /// To be paid.
        amount: Money,
    },
    /// The hub was asked.
    ContactingBank {
        /// To be paid.
        amount: Money,
    },
    /// The hub was asked, and the customer may have to confirm on the phone.
    ConfirmOnPhone {
        /// To be paid.
        amount: Money,
    },
    /// The card couldn't be read; another tender.
    CardNotRead,
    /// The bank said no; another tender.
    Declined {
        /// Field 39.
        code: ResponseCode,
    },
    /// The hub, or the lane for want of the hub, said no; another tender.
    Refused {
        /// Why.
        reason: RefusalReason,
    },
    /// A part is paid; another tender for the rest.
    PartlyApproved {
        /// Paid.
        amount: Money,
    },
    /// Nobody knows; the charge is being taken back; another tender (payments.md, rule 4).
    NotConfirmed,
    /// Paid; the receipt is being printed, and the next customer may come.
    Printing {
        /// To hand back.
        change: Money,
    },
    /// Done.
    Goodbye {
        /// Handed back.
        change: Money,
    },
    /// The lane's disk has no room: no new sale, and one under way waits.
    NoRoom,
    /// The sale was voided.
    Voided {
        /// To hand back.
        cash_back: Money,
    },
    /// The basket waits for its customer.
    Suspended {
        /// What it is recalled by.
        sale: SaleNumber,
    },
    /// The hub was asked for a basket that waits elsewhere, or for all that do.
    AskingBaskets,
    /// Which of the baskets that wait in the store?
    ChooseBasket,
    /// The hub, or the lane for want of the hub, gives no basket.
    RecallRefused(RecallRefused),
    /// The hub was asked for a receipt.
    AskingOriginal {
        /// Which.
        receipt: ReceiptNumber,
    },
    /// Which lines of this receipt come back?
    ChooseReturn {
        /// Which.
        receipt: ReceiptNumber,
    },
    /// The hub, or the lane for want of the hub, says that it may not come back.
    ReturnRefused {
        /// Said with the next step.
        why: ReturnRefusal,
    },
    /// The hub was asked to reserve what comes back.
    Reserving,
    /// The customer gets money back.
    PayBack {
        /// To hand out.
        cash: Money,
        /// To cards, owed.
        owed: Money,
    },
    /// Something was done at the cash drawer; the next customer may come.
    Till(TillNotice),
}

impl Prompt {
    /// While the hub is asked.
    pub(super) const fn contacting(payment: &PendingPayment) -> Self {
        let amount = payment.amount;
        match payment.method {
            PaymentMethod::Wallet => Self::ConfirmOnPhone { amount },
            PaymentMethod::Card | PaymentMethod::Gift => Self::ContactingBank { amount },
        }
    }

    /// Whether a tender may be chosen now.
    #[must_use]
    pub const fn takes_tender(&self) -> bool {
        match self {
            Self::ChooseTender
            | Self::CardNotRead
            | Self::Declined { .. }
            | Self::Refused { .. }
            | Self::PartlyApproved { .. }
            | Self::NotConfirmed => true,
            Self::Ready
            | Self::Scan
            | Self::NotFound { .. }
            | Self::NotForSale { .. }
            | Self::Weigh { .. }
            | Self::AskAge { .. }
            | Self::PresentCard { .. }
            | Self::ContactingBank { .. }
            | Self::ConfirmOnPhone { .. }
            | Self::Printing { .. }
            | Self::Goodbye { .. }
            | Self::NoRoom
            | Self::Voided { .. }
            | Self::Suspended { .. }
            | Self::AskingBaskets
            | Self::ChooseBasket
            | Self::RecallRefused(_)
            | Self::AskingOriginal { .. }
            | Self::ChooseReturn { .. }
            | Self::ReturnRefused { .. }
            | Self::Reserving
            | Self::PayBack { .. }
            | Self::Till(_) => false,
        }
    }

    /// Whether the next sale may be opened.
    #[must_use]
    pub const fn takes_sale(&self) -> bool {
        matches!(
            self,
            Self::Ready
                | Self::Printing { .. }
                | Self::Goodbye { .. }
                | Self::Voided { .. }
                | Self::Suspended { .. }
                | Self::ChooseBasket
                | Self::RecallRefused(_)
                | Self::Till(_)
        )
    }

    /// For the cashier.
    #[must_use]
    #[allow(clippy::too_many_lines, reason = "a table: each prompt and its words")]
    pub fn cashier(&self) -> Sentence {
        match self {
            Self::Ready => sentence("Ready for the next customer", "可以接待下一位顾客"),
            Self::Scan => sentence("Scan the articles", "请扫描商品"),
            Self::NotFound { barcode } => Sentence {
                english: format!("No article for {barcode}: scan again or ask a supervisor"),
                chinese: format!("找不到条码 {barcode} 的商品：请重新扫描或联系主管"),
            },
            Self::NotForSale { name } => Sentence {
                english: format!("{name} is recalled: keep it here and tell the manager"),
                chinese: format!("{name} 已被召回：请留下该商品并通知经理"),
            },
            Self::Weigh { name } => Sentence {
                english: format!("Weigh {name}, or clear it"),
                chinese: format!("请称重 {name}，或清除"),
            },
            Self::AskAge {
                name,
                least_age,
                born_by,
            } => ask_age(name, *least_age, *born_by),
            Self::ChooseTender => sentence("Choose how to pay", "请选择付款方式"),
            Self::PresentCard { amount } => with_amount("Card for", "请刷卡，金额", *amount),
            Self::ContactingBank { amount } => {
                with_amount("Contacting the bank for", "正在联系银行，金额", *amount)
            }
            Self::ConfirmOnPhone { amount } => with_amount(
                "The customer confirms on the phone, or Cancel payment. Amount:",
                "请顾客在手机上确认，或按取消付款。金额：",
                *amount,
            ),
            Self::CardNotRead => sentence(
                "The card could not be read: try again or take another tender",
                "读卡失败：请重试或更换付款方式",
            ),
            Self::Declined { code } => declined_for_cashier(*code),
            Self::Refused { reason } => reason.for_cashier(),
            Self::PartlyApproved { amount } => with_amount(
                "Take another tender for the rest. Approved in part:",
                "请用其他方式支付余款。部分批准：",
                *amount,
            ),
            Self::NotConfirmed => sentence(
                "Not confirmed, the charge is being taken back, take another tender",
                "付款未确认，扣款正在撤回，请更换付款方式",
            ),
            Self::Printing { change } => with_amount("Paid. Change:", "已付款。找零：", *change),
            Self::Goodbye { change } => with_amount("Done. Change:", "完成。找零：", *change),
            Self::NoRoom => sentence(
                "No room on the disk: no new sale until there is. Tell the manager (LANE0009)",
                "磁盘空间不足：暂不能开始新交易，请通知经理（LANE0009）",
            ),
            Self::Voided { cash_back } => with_amount(
                "Sale voided. Hand back:",
                "交易已取消。退还现金：",
                *cash_back,
            ),
            Self::AskingBaskets => sentence("Asking the hub", "正在询问主机"),
            Self::ChooseBasket => sentence("Choose the basket to recall", "请选择要取回的挂单"),
            Self::RecallRefused(refused) => refused.for_cashier(),
            Self::AskingOriginal { receipt } => Sentence {
                english: format!("Asking for receipt {receipt}"),
                chinese: format!("正在查询小票 {receipt}"),
            },
            Self::ChooseReturn { receipt } => Sentence {
                english: format!("Receipt {receipt}: choose the lines that come back, then Total"),
                chinese: format!("小票 {receipt}：请选择退货商品，然后按合计"),
            },
            Self::ReturnRefused { why } => why.for_cashier(),
            Self::Reserving => sentence("The hub confirms the return", "主机正在确认退货"),
            Self::PayBack { cash, owed } => pay_back(*cash, *owed),
            Self::Till(notice) => notice.cashier(),
            Self::Suspended { sale } => Sentence {
                english: format!("Basket {} waits. Ready for the next customer", sale.0),
                chinese: format!("购物篮 {} 已挂单，可以接待下一位顾客", sale.0),
            },
        }
    }

    /// For the customer.
    #[must_use]
    pub fn customer(&self) -> Sentence {
        match self {
            Self::Ready | Self::Till(_) | Self::ChooseBasket | Self::RecallRefused(_) => {
                sentence("Welcome", "欢迎光临")
            }
            Self::Scan | Self::NotFound { .. } | Self::NotForSale { .. } | Self::Weigh { .. } => {
                sentence("Your articles", "您的商品")
            }
            Self::AskAge { .. } => sentence(
                "Please show something that says how old you are",
                "请出示证件以核实年龄",
            ),
            Self::AskingOriginal { .. }
            | Self::ChooseReturn { .. }
            | Self::ReturnRefused { .. }
            | Self::Reserving => sentence("Your return", "您的退货"),
            Self::PayBack { cash, owed } if owed.is_zero() => {
                with_amount("You get back:", "退还现金：", *cash)
            }
            Self::PayBack { owed, .. } => with_amount(
                "Your receipt says what goes back to your card:",
                "将退回您的银行卡，详见小票：",
                *owed,
            ),
            Self::ChooseTender => sentence("Please choose how to pay", "请选择付款方式"),
            Self::PresentCard { amount } => {
                with_amount("Please present your card:", "请出示银行卡：", *amount)
            }
            Self::ContactingBank { .. } | Self::AskingBaskets => sentence("Please wait", "请稍候"),
            Self::ConfirmOnPhone { amount } => with_amount(
                "Please confirm on your phone if it asks:",
                "如手机提示，请确认付款：",
                *amount,
            ),
            Self::CardNotRead => sentence("Your card could not be read", "无法读取您的银行卡"),
            Self::Declined { code } => declined_for_customer(*code),
            Self::Refused { .. } => sentence("Please pay another way", "请更换付款方式"),
            Self::PartlyApproved { amount } => with_amount(
                "Please pay the rest another way. Paid:",
                "余款请用其他方式支付。已付：",
                *amount,
            ),
            Self::NotConfirmed => sentence(
                "Not confirmed: the charge is being taken back. Please pay another way",
                "付款未确认：扣款正在撤回。请更换付款方式",
            ),
            Self::Printing { .. } => sentence(
                "Thank you, please wait for your receipt",
                "谢谢，请等待小票",
            ),
            Self::Goodbye { .. } => sentence("Thank you, goodbye", "谢谢光临，再见"),
            Self::NoRoom => sentence(
                "This checkout is not available at the moment",
                "本收银台暂停服务",
            ),
            Self::Voided { .. } => sentence("The sale was cancelled", "交易已取消"),
            Self::Suspended { .. } => {
                sentence("Your basket is kept for you", "您的购物篮已为您保留")
            }
        }
    }
}

fn ask_age(name: &str, least_age: u8, born_by: Option<BusinessDate>) -> Sentence {
    let born = born_by.map_or_else(
        || Sentence::new("", ""),
        |day| {
            Sentence::new(
                format!(", born {day} or before"),
                format!("（{day} 或之前出生）"),
            )
        },
    );
    Sentence {
        english: format!(
            "{name}: is the customer {least_age} or older{}?",
            born.english
        ),
        chinese: format!("{name}：顾客是否已满 {least_age} 岁{}？", born.chinese),
    }
}

fn pay_back(cash: Money, owed: Money) -> Sentence {
    if owed.is_zero() {
        return with_amount("Press Pay back and hand out", "请按退款，并退还现金", cash);
    }
    Sentence {
        english: format!("Press Pay back: {cash} in cash, {owed} owed to the card"),
        chinese: format!("请按退款：现金 {cash}，待退银行卡 {owed}"),
    }
}

fn declined_for_cashier(code: ResponseCode) -> Sentence {
    let words = code.sentence();
    Sentence {
        english: format!("{} ({code})", words.cashier()),
        chinese: format!("{}（{code}）", words.cashier_zh()),
    }
}

fn declined_for_customer(code: ResponseCode) -> Sentence {
    let words = code.sentence();
    sentence(words.customer(), words.customer_zh())
}

fn sentence(english: &str, chinese: &str) -> Sentence {
    Sentence::new(english, chinese)
}

fn with_amount(english: &str, chinese: &str, amount: Money) -> Sentence {
    Sentence {
        english: format!("{english} {amount}"),
        chinese: format!("{chinese} {amount}"),
    }
}

/// One line on the screens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineView {
    /// Its number.
    pub number: u32,
    /// As scanned, or the short code; empty: an amount without an article.
    pub barcode: String,
    /// As on the receipt.
    pub name: String,
    /// Pieces; 1 of what is weighed.
    pub quantity: u32,
    /// Of what is weighed.
    pub weight: Option<Weight>,
    /// What is counted; empty: not said.
    pub unit: String,
    /// Price of one piece, of a kilogram, of a label.
    pub unit_price: Money,
    /// Where that comes from, and what the shelf says.
    pub price_source: PriceSource,
    /// Taken off, and why.
    pub discount: Option<Discount>,
    /// How it is taxed; empty: not said.
    pub tax_class: String,
    /// At which rate, and how much looked at alone.
    pub tax: Option<LineTax>,
    /// The customer's least age in years.
    pub least_age: Option<u8>,
    /// What it comes to.
    pub total: Money,
    /// Goods that come back.
    pub returned: bool,
    /// The line they were bought with.
    pub original: Option<OriginalLine>,
    /// Taken back.
    pub voided: bool,
}

impl LineView {
    fn of(line: &Line) -> Self {
        Self {
            number: line.number,
            barcode: line.barcode.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            weight: line.weight,
            unit: line.unit.clone(),
            unit_price: line.unit_price,
            price_source: line.price_source.clone(),
            discount: line.discount.clone(),
            tax_class: line.tax_class.clone(),
            tax: line.tax,
            least_age: line.least_age,
            total: line.total,
            returned: line.returned.is_some(),
            original: line.original(),
            voided: line.voided,
        }
    }
}

/// What was said of the next line before it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NextView {
    /// Pieces.
    pub quantity: Option<u32>,
    /// What it weighs.
    pub weight: Option<Weight>,
    /// What one costs.
    pub price: Option<Money>,
}

/// The basket on the screens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BasketView {
    /// The sale.
    pub sale: SaleNumber,
    /// The caller's own name for it, or empty.
    pub order_reference: String,
    /// Its lines.
    pub lines: Vec<LineView>,
    /// What was said of the next one.
    pub next: NextView,
    /// What it costs so far.
    pub total: Money,
    /// The tax of that, by class.
    pub taxes: Vec<TaxSum>,
    /// Whether that tax is in the prices of the lines, or added to them.
    pub tax_mode: TaxMode,
    /// What has been paid so far, in the order it was given.
    pub tenders: Vec<Tender>,
    /// What is still to be paid; all of it before the total was asked for.
    pub open: Money,
    /// What that is in cash, rounded to a coin.
    pub open_in_cash: Money,
    /// Tenders tried.
    pub tenders_tried: u32,
    /// Whether the total was asked for and stands.
    pub totalled: bool,
    /// How its money goes back, once that is known; `None`: it costs something.
    pub pay_back: Option<PayBackView>,
}

impl BasketView {
    pub(super) fn of(sale: &Sale, volatile: &VolatileState, config: &CheckoutConfig) -> Self {
        let zero = Money::zero(config.currency);
        let figures = sale.figures(config).ok();
        let (total, taxes) = match (sale.total, figures) {
            (Some(total), _) => (total, sale.taxes.clone()),
            (None, Some(figures)) => (figures.total, figures.taxes),
            (None, None) => (zero, Vec::new()),
        };
        let open = match sale.total {
            Some(_) => sale.open_amount(config.currency).unwrap_or(total),
            None => total,
        };
        let next = volatile.next_line;
        Self {
            sale: sale.number,
            order_reference: sale.order_reference.clone(),
            lines: sale.lines.iter().map(LineView::of).collect(),
            next: NextView {
                quantity: next.quantity,
                weight: next.weight,
                price: next.price.map(|(price, _)| price),
            },
            total,
            taxes,
            tax_mode: match sale.total {
                Some(_) => sale.tax_mode,
                None => config.tax,
            },
            tenders: sale.tenders.clone(),
            open,
            open_in_cash: config.cash_rounding.due(open).unwrap_or(open),
            tenders_tried: sale.tenders_tried,
            totalled: sale.total.is_some(),
            pay_back: PayBackView::of(sale, config),
        }
    }
}

impl Screen {
    /// What the cashier is asked for beside the prompt.
    #[must_use]
    pub fn asked_for(&self) -> Option<Sentence> {
        let pickup = || {
            sentence(
                "Much cash in the drawer: ask for a pickup",
                "钱箱现金较多：请安排中途收款",
            )
        };
        self.pickup_due.then(pickup)
    }
}

/// Both screens of a lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Screen {
    /// What is to be done.
    pub prompt: Prompt,
    /// The running sale.
    pub basket: Option<BasketView>,
    /// The receipt whose lines are chosen from.
    pub returning: Option<ReturnView>,
    /// Baskets that wait for their customers, oldest first.
    pub suspended: Vec<SuspendedView>,
    /// Baskets of the whole store to choose from, while they are asked for.
    pub elsewhere: Vec<StoreBasket>,
    /// Who is at the lane; nobody: it is locked.
    pub operator: OperatorView,
    /// More lies in the drawer than should: a pickup is asked for.
    pub pickup_due: bool,
    /// Why the last key did nothing.
    pub refused: Option<Rejected>,
}
