//! What a paper says of one card payment, and the copy that the merchant keeps.

use super::{
    heading::{Heading, reprint},
    language::Said,
    setting::{MerchantCopy, PaperSetting},
    sheet::{INDENT, Paper, Sheet, amount},
};
use crate::{
    card_ref::{EntryMode, MaskedPan, Scheme},
    ids::{AuthCode, LaneId, PaymentId, ReceiptNumber, Rrn},
    money::Money,
    response_code::ResponseCode,
    time::LocalMs,
    wall_time::date_and_time,
};

/// One card payment, as paper tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardSlip {
    /// What it pays; what was asked where it pays nothing.
    pub amount: Money,
    /// Network of the card.
    pub scheme: Scheme,
    /// The card.
    pub masked: MaskedPan,
    /// How it was read.
    pub entry_mode: EntryMode,
    /// Whether a PIN was entered.
    pub pin_entered: bool,
    /// The payment, for whoever asks later.
    pub payment_id: PaymentId,
    /// What came of it.
    pub outcome: CardOutcome,
}

/// What came of a card payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CardOutcome {
    /// The bank said yes.
    Approved {
        /// Its approval code.
        auth_code: Option<AuthCode>,
        /// Its reference.
        rrn: Option<Rrn>,
    },
    /// The bank said yes to a part.
    PartlyApproved {
        /// What was asked.
        asked: Money,
        /// Its approval code.
        auth_code: Option<AuthCode>,
        /// Its reference.
        rrn: Option<Rrn>,
    },
    /// Taken without the bank, which is asked later.
    SubjectToAuthorisation,
    /// The bank said no.
    Declined {
        /// Field 39.
        code: ResponseCode,
    },
    /// Refused before the bank was asked.
    NotAccepted,
    /// Nobody knows; the charge is being taken back.
    NotConfirmed,
}

impl CardOutcome {
    /// Whether it pays for goods.
    #[must_use]
    pub const fn pays(&self) -> bool {
        match self {
            Self::Approved { .. } | Self::PartlyApproved { .. } | Self::SubjectToAuthorisation => {
                true
            }
            Self::Declined { .. } | Self::NotAccepted | Self::NotConfirmed => false,
        }
    }
}

/// Whether the merchant keeps a copy of this one.
const fn is_kept(slip: &CardSlip, copy: MerchantCopy) -> bool {
    match copy {
        MerchantCopy::Never => false,
        MerchantCopy::Signature => slip.wants_signature(),
        MerchantCopy::Always => slip.outcome.pays(),
    }
}

impl CardSlip {
    /// Whether the cardholder signs for it: the card was read or keyed without a PIN. A contactless
    /// card is not signed for.
    #[must_use]
    pub const fn wants_signature(&self) -> bool {
        let signs = match self.entry_mode {
            EntryMode::Keyed | EntryMode::Stripe | EntryMode::Chip => !self.pin_entered,
            EntryMode::Contactless | EntryMode::Code => false,
        };
        signs && self.outcome.pays()
    }

    /// The copy that the merchant keeps, with a line to sign on where that is wanted; `None` where
    /// none is kept.
    #[must_use]
    pub fn merchant_copy(&self, of: &MerchantCopyOf<'_>, setting: PaperSetting) -> Option<Paper> {
        if !is_kept(self, setting.merchant_copy) {
            return None;
        }
        let mut sheet = Sheet::new(setting);
        if of.reprint {
            reprint(&mut sheet);
        }
        of.heading.set(&mut sheet);
        sheet.title(&Said::new("MERCHANT COPY", "商户存根"));
        sheet.pair(&lane(of.lane), &receipt(of.number));
        sheet.plain(&Said::plain(date_and_time(of.at)));
        sheet.rule();
        self.set(&mut sheet);
        let total = Said::new("TOTAL", "合计").with(self.amount.currency().letters());
        sheet.total(&total, self.amount);
        if self.wants_signature() {
            sheet.blank();
            sheet.blank();
            sheet.plain(&Said::new("Cardholder's signature", "持卡人签名"));
            sheet.rule();
        }
        Some(sheet.finish())
    }

    /// With its amount, or that it paid nothing and why: whoever asks later has the payment's id.
    pub(super) fn set(&self, sheet: &mut Sheet) {
        let card = card(self.scheme);
        if self.outcome.pays() {
            sheet.amount(&card, self.amount);
        } else {
            sheet.pair(&card, &Said::new("NOT PAID", "未付款"));
        }
        let read = entry_mode(self.entry_mode, self.pin_entered);
        sheet.plain(&read.behind(format!("{INDENT} {}", self.masked)));
        self.outcome.set(sheet);
        let id = self.payment_id.to_string();
        sheet.indented(Said::new("Payment", "支付号").with(id));
    }
}

/// The sale whose card payment the merchant keeps a copy of.
#[derive(Clone, Copy, Debug)]
pub struct MerchantCopyOf<'a> {
    /// Whose it is.
    pub heading: &'a Heading,
    /// Where it was paid.
    pub lane: LaneId,
    /// The customer's receipt.
    pub number: ReceiptNumber,
    /// When the sale was closed.
    pub at: LocalMs,
    /// It may have been printed before.
    pub reprint: bool,
}

impl CardOutcome {
    fn set(&self, sheet: &mut Sheet) {
        match self {
            Self::Approved { auth_code, rrn } => {
                host_facts(auth_code.as_ref(), rrn.as_ref(), sheet)
            }
            Self::PartlyApproved {
                asked,
                auth_code,
                rrn,
            } => {
                let part = Said::new("approved in part, asked", "部分批准，请求");
                sheet.indented(part.with(amount(*asked)));
                host_facts(auth_code.as_ref(), rrn.as_ref(), sheet);
            }
            Self::SubjectToAuthorisation => {
                let subject = Said::new("SUBJECT TO AUTHORISATION", "待银行授权");
                sheet.bold(&subject.behind(INDENT));
            }
            Self::Declined { code } => {
                sheet
                    .indented(Said::new("declined, code", "银行拒绝，代码").with(code.to_string()));
            }
            Self::NotAccepted => {
                let said = Said::new("not accepted, nothing was charged", "未受理，没有扣款");
                sheet.indented(said);
            }
            Self::NotConfirmed => sheet.indented(Said::new(
                "not confirmed, any charge is taken back",
                "未确认，如有扣款将予撤回",
            )),
        }
    }
}

/// The card, as each paper names it.
pub(super) fn card(scheme: Scheme) -> Said {
    let english = match scheme {
        Scheme::WeChatPay | Scheme::Alipay | Scheme::UnionPayCode => scheme.name().to_owned(),
        Scheme::UnionPay
        | Scheme::Visa
        | Scheme::Mastercard
        | Scheme::Amex
        | Scheme::Jcb
        | Scheme::Other => format!("Card {}", scheme.name()),
    };
    let chinese = match scheme {
        Scheme::WeChatPay => "微信支付",
        Scheme::Alipay => "支付宝",
        Scheme::UnionPayCode => "银联二维码",
        Scheme::UnionPay => "银联卡",
        Scheme::Visa => "维萨卡",
        Scheme::Mastercard => "万事达卡",
        Scheme::Amex => "美国运通卡",
        Scheme::Jcb => "JCB 卡",
        Scheme::Other => "银行卡",
    };
    Said::new(english, chinese)
}

/// The lane, as each paper names it.
pub(super) fn lane(lane: LaneId) -> Said {
    Said::new("Lane", "收银台").with(lane.0.to_string())
}

/// The receipt, as each paper names it.
pub(super) fn receipt(number: ReceiptNumber) -> Said {
    Said::new("Receipt", "小票").with(number.to_string())
}

fn host_facts(auth_code: Option<&AuthCode>, rrn: Option<&Rrn>, sheet: &mut Sheet) {
    let auth = auth_code.map(|code| Said::new("Auth", "授权码").with(code.to_string()));
    let rrn = rrn.map(|rrn| Said::new("RRN", "参考号").with(rrn.to_string()));
    match (auth, rrn) {
        (Some(auth), Some(rrn)) => sheet.indented_both(auth, rrn),
        (Some(one), None) | (None, Some(one)) => sheet.indented(one),
        (None, None) => {}
    }
}

fn entry_mode(mode: EntryMode, pin_entered: bool) -> Said {
    let (english, chinese) = match mode {
        EntryMode::Keyed => ("keyed", "手工输入"),
        EntryMode::Stripe => ("stripe", "刷卡"),
        EntryMode::Chip => ("chip", "插卡"),
        EntryMode::Contactless => ("contactless", "非接"),
        EntryMode::Code => ("code", "付款码"),
    };
    if pin_entered {
        Said::new(format!("{english}, PIN"), format!("{chinese}，密码"))
    } else {
        Said::new(english, chinese)
    }
}
