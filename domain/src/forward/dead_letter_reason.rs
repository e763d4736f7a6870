//! Why an entry became a dead letter.

use crate::words::worded;

worded! {
    /// Why somebody must look at an entry.
    DeadLetterReason:
    /// The host has another message under the STAN of this one.
    StanCollision = 1 "the host has another message under its STAN" "主机已有同一流水号的其他报文";
    /// The bank does not take the card, and the goods are gone.
    CardRefused = 2 "the bank refused the card" "银行拒绝该卡";
    /// The same message would get the same answer.
    MessageRefused = 3 "the host refused the message" "主机拒绝该报文";
    /// The entry is the rest.
    TookAPart = 4 "the bank took only a part" "银行只承兑了部分金额";
    /// Never told to the bank.
    OutsideLease = 5
        "its lane approved it outside its lease: never told to the bank"
        "收银台超出脱机额度批准：未上送银行";
    /// What it belongs to is closed at the host, and what became of it is not known.
    BatchClosed = 6 "outcome unknown: its batch is closed" "结果未知：所属批次已关闭";
    /// A reversal that was never answered.
    TriesUsedUp = 7
        "no answer the host could be held to, after all tries" "多次发送后仍无有效应答";
    /// There is nothing left at the host that could be taken back.
    OriginalClosed = 8
        "its batch is closed: refund the customer by hand" "所属批次已关闭：请人工退款";
}
