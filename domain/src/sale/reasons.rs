//! Why a lane gives up a payment, or gives back a lease.

use crate::words::worded;

worded! {
    /// Why a payment is never a tender of its sale.
    AbandonReason:
    /// Nobody waits for its result any more.
    LaneRestarted = 1 "the lane was restarted" "收银台已重启";
    /// Its request or its result may have been lost.
    LinkBroke = 2 "the link to the hub broke" "与主机的连接中断";
    /// The hub had not answered for too long.
    NoResultInTime = 3 "no result in time" "超时未得结果";
    /// The hub told the result of something else.
    ResultDiffers = 4 "the result does not fit what was asked" "结果与请求不符";
    /// The customer went.
    SaleVoided = 5 "the sale was voided" "交易已取消";
}

worded! {
    /// Why nothing more is approved under a lease.
    LeaseReturnReason:
    /// A newer one was accepted.
    Replaced = 1 "replaced" "已换新额度";
    /// Its time is over.
    Expired = 2 "expired" "已到期";
    /// What is left is not worth keeping.
    MostlySpent = 3 "mostly spent" "已基本用完";
    /// Its clock is lost.
    LaneRestarted = 4 "the lane was restarted" "收银台已重启";
}

worded! {
    /// By what a sale is paid.
    TenderKind:
    /// Notes and coins.
    Cash = 1 "cash" "现金";
    /// A payment by card.
    Card = 2 "card" "银行卡";
    /// A code on the customer's phone.
    Wallet = 3 "wallet" "电子钱包";
    /// A gift or prepaid card of the store.
    GiftCard = 4 "gift card" "购物卡";
    /// Paper that is worth something once.
    Voucher = 5 "voucher" "代金券";
    /// Notes of another currency.
    ForeignCash = 6 "foreign cash" "外币现金";
    /// Nothing yet.
    Owed = 7 "owed" "待付";
}

worded! {
    /// Who owes what no tender has paid.
    OwedBy:
    /// The customer owes the store.
    Customer = 1 "customer" "顾客";
    /// The store owes the customer: a refund that is not out yet.
    Store = 2 "store" "门店";
}
