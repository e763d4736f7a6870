//! What the desk wants done, in order. All `Persist`, `Archive`, `HoldCard` and `EraseCard` of one
//! step are one commit; everything else waits until that commit is durable.

use crate::{
    card_ref::{CardHash, EntryMode},
    day::Machine,
    desk::{BasketAt, DeskRecord, archive::PaymentFile},
    ids::{
        AuthCode, BatchNumber, ForwardId, LaneId, Mid, PaymentId, ReturnId, Rrn, Stan, SuspendedId,
        Tid,
    },
    money::Money,
    payment::{Decision, LiveMessage},
    recall::RecallRefused,
    response_code::ResponseCode,
    returns::{ReturnRefusal, Taking},
    risk::OfflineLease,
    settlement::BatchTotals,
    terminal::UploadItem,
    time::{BusinessDate, MonoMs},
};

/// One thing to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Write this record.
    Persist(DeskRecord),
    /// Keep this file of a payment that is over where `Desk::asks_for` can be answered from.
    Archive(Box<PaymentFile>),
    /// Keep the sealed card data of this payment in the side table: a reversal or an advice may
    /// need it after a restart. Track data, PIN block and CVN are not among it (rule 3).
    HoldCard(PaymentId),
    /// The side table may forget this card.
    EraseCard(PaymentId),
    /// Forget track data, PIN block and CVN of this payment, held in memory.
    ForgetSecrets(PaymentId),
    /// Send a message to the bank.
    Send(Outgoing),
    /// Sign this terminal on (0800): it is idle, the line is up, and it holds no keys the host
    /// takes. Answered with `Event::SignedOn` or `Event::SignOnFailed`. The desk asks for every
    /// sign-on, the first after the line came up too; nobody else starts one (rule 7).
    SignOn {
        /// The terminal.
        tid: Tid,
    },
    /// Tell the lane what was decided.
    Reply {
        /// The lane that asked.
        lane: LaneId,
        /// The payment.
        payment_id: PaymentId,
        /// The recorded decision.
        decision: Decision,
    },
    /// Tell the lane whether its return is reserved.
    ReturnAnswer {
        /// The return.
        id: ReturnId,
        /// The basket that was asked for.
        revision: u32,
        /// What is reserved, or why nothing is.
        answer: Result<Box<Taking>, ReturnRefusal>,
    },
    /// Ask the lane that has this basket to hand it over.
    AskToHandOver {
        /// Which: its lane has it.
        basket: SuspendedId,
        /// To this machine.
        to: Machine,
    },
    /// Tell the lane whether the basket is its own to take up.
    BasketAnswer {
        /// The lane that asked.
        to: LaneId,
        /// For which.
        basket: SuspendedId,
        /// Where its lines stand, or why it is not given.
        answer: Result<BasketAt, RecallRefused>,
    },
    /// Tell the lane that its payment waits while its terminal settles: for one exchange at most.
    WaitsForSettlement {
        /// The lane that asked.
        lane: LaneId,
        /// The payment.
        payment_id: PaymentId,
    },
    /// Tell all lanes that the date was turned.
    DateTurned {
        /// From this date.
        ended: BusinessDate,
        /// To this one.
        begins: BusinessDate,
    },
    /// Tell all lanes of one more hot card.
    HotCard {
        /// Its keyed hash.
        card: CardHash,
        /// The version before it.
        base: u64,
        /// The version with it.
        version: u64,
    },
    /// Lend this to its lane, if it is connected; it is told again when it comes back.
    GrantLease(OfflineLease),
    /// Tell `Event::Tick` at this moment; a later `WakeAt` replaces an earlier one.
    WakeAt(MonoMs),
    /// Somebody must look at this.
    Alarm(Alarm),
}

/// What a financial message says of the payment it is for. Card data, track and PIN are fetched by
/// `payment_id` where the message is built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Financial {
    /// The payment; also the reference in the host's ledger.
    pub payment_id: PaymentId,
    /// Field 4.
    pub amount: Money,
    /// Field 22.
    pub entry_mode: EntryMode,
    /// Field 22, third digit.
    pub pin_entered: bool,
    /// What the payment was to the bank when it was live.
    pub message: LiveMessage,
}

/// What a message to the bank is bound to when it is first sent, and ever after (rule 10).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// Field 41.
    pub tid: Tid,
    /// Field 42.
    pub mid: Mid,
    /// Field 11.
    pub stan: Stan,
    /// Field 60.2.
    pub batch: BatchNumber,
}

/// A message to the bank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outgoing {
    /// 0200 of a live payment.
    Sale {
        /// Where it is bound.
        binding: Binding,
        /// The payment.
        financial: Financial,
    },
    /// What became of a live payment?
    Query {
        /// Where it is bound.
        binding: Binding,
        /// What it asked for; the question says the same.
        financial: Financial,
        /// STAN of its own message.
        original_stan: Stan,
        /// Batch of its own message.
        original_batch: BatchNumber,
    },
    /// 0400, bound as its original was.
    Reversal {
        /// The queue entry.
        forward_id: ForwardId,
        /// Where it is bound.
        binding: Binding,
        /// The payment.
        financial: Financial,
        /// Field 39: 98 no answer, A0 bad MAC, 06 other.
        reason: ResponseCode,
        /// Field 38 if known.
        auth_code: Option<AuthCode>,
    },
    /// 0220 offline sale upload.
    Advice {
        /// The queue entry.
        forward_id: ForwardId,
        /// Where it is bound.
        binding: Binding,
        /// The payment.
        financial: Financial,
    },
    /// 0200 void of an approval that is no longer the terminal's last (rule 8).
    Void {
        /// The queue entry.
        forward_id: ForwardId,
        /// Where it is bound.
        binding: Binding,
        /// The payment.
        financial: Financial,
        /// Field 61: STAN of the original, same batch.
        original_stan: Stan,
        /// Field 37 of the original.
        rrn: Option<Rrn>,
        /// Field 38 of the original.
        auth_code: Option<AuthCode>,
    },
    /// 0500 batch settlement.
    Settlement {
        /// Where it is bound.
        binding: Binding,
        /// Field 48.
        totals: BatchTotals,
    },
    /// 0320: items of a closed batch, or its end marker.
    Upload {
        /// Where it is bound: the closed batch, a STAN of its own.
        binding: Binding,
        /// The items; none: the end marker.
        items: Vec<UploadItem>,
        /// How many items there are in all.
        total: usize,
        /// Whether the host counted the same.
        balanced: bool,
    },
}

impl Outgoing {
    /// Where it is bound.
    #[must_use]
    pub const fn binding(&self) -> &Binding {
        match self {
            Self::Sale { binding, .. }
            | Self::Query { binding, .. }
            | Self::Reversal { binding, .. }
            | Self::Advice { binding, .. }
            | Self::Void { binding, .. }
            | Self::Settlement { binding, .. }
            | Self::Upload { binding, .. } => binding,
        }
    }
}

/// Something a person must look at. Each has a stable code and a page in docs/errors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Alarm {
    /// HUB0001: the same payment id came with other content.
    ContentDiffers(PaymentId),
    /// HUB0065: two journals show the same suspended basket taken up.
    BasketTwice {
        /// Which.
        id: SuspendedId,
        /// Who took it up first, as far as it was told.
        first: Machine,
        /// Who took it up, too.
        by: Machine,
    },
    /// HUB0002: a sign-on returned another batch while ours was not empty. Ours is closed as not
    /// balanced, and the terminal goes on in the host's (rule 10).
    BatchMismatch {
        /// The terminal.
        tid: Tid,
        /// Ours.
        ours: BatchNumber,
        /// The host's.
        theirs: BatchNumber,
    },
    /// HUB0003: a queue entry became a dead letter.
    DeadLetter(ForwardId),
    /// HUB0004: goods are gone and the bank refused the card afterwards.
    DeclinedAfterGoods(PaymentId),
    /// HUB0005: an answer fits no message that is outstanding.
    UnmatchedAnswer {
        /// The terminal it names.
        tid: Tid,
        /// Its STAN.
        stan: Stan,
    },
    /// HUB0037: the host says 94 of a message it can't have seen before: our STANs are used twice,
    /// as by a hub that was put back from an older copy.
    StanCollision {
        /// The terminal.
        tid: Tid,
        /// The STAN.
        stan: Stan,
    },
    /// HUB0016: the same card again and again without the bank; refused.
    CardTooOften(PaymentId),
    /// HUB0011: a lane approved a payment that no open lease of its own covers. It is booked, the
    /// goods are gone; the bank never hears of it.
    OutsideLease {
        /// The payment.
        payment_id: PaymentId,
        /// Who approved it.
        lane: LaneId,
    },
    /// A lane's journal shows an offline approval of a payment the hub knows otherwise (I19).
    OfflineConflict(PaymentId),
    /// HUB0006: a fenced machine spoke for a lane.
    FencedLane(LaneId),
    /// HUB0008: the lane's journal says of this payment what the hub's does not allow: a sale
    /// closed with a payment that was not approved, or was given up, or the other way round.
    CompletionConflict(PaymentId),
    /// HUB0007: a batch did not balance at the host.
    NotBalanced {
        /// The terminal.
        tid: Tid,
        /// The batch.
        batch: BatchNumber,
    },
    /// HUB0023: a closed batch could not be told to the host item by item.
    NotUploaded {
        /// The terminal.
        tid: Tid,
        /// The batch.
        batch: BatchNumber,
    },
}
