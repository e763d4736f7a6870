//! What a printer says of itself, by `DLE EOT 1` to `4`: one byte each.

use crate::devices::{
    DeviceState,
    pos_printer::{PaperRoll, PowerState, PrinterStatus},
};

/// Which level of the drawer's connector says that it is open.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum DrawerSensor {
    /// There is none, or it is not connected.
    #[default]
    None,
    /// High.
    HighIsOpen,
    /// Low.
    LowIsOpen,
}

impl DrawerSensor {
    /// All of them, with the names of a configuration.
    pub const ALL: [(&'static str, Self); 3] = [
        ("none", Self::None),
        ("high-is-open", Self::HighIsOpen),
        ("low-is-open", Self::LowIsOpen),
    ];

    /// What a level says of the drawer; `None`: there is no sensor.
    pub(in crate::devices) const fn is_open(self, high: bool) -> Option<bool> {
        match self {
            Self::None => None,
            Self::HighIsOpen => Some(high),
            Self::LowIsOpen => Some(!high),
        }
    }
}

/// Bits of the four answers.
mod bit {
    /// 1: level of the drawer's connector.
    pub(super) const DRAWER_HIGH: u8 = 1 << 2;
    /// 1: off-line.
    pub(super) const OFFLINE: u8 = 1 << 3;
    /// 2: cover open.
    pub(super) const COVER: u8 = 1 << 2;
    /// 2: stopped for want of paper.
    pub(super) const STOPPED: u8 = 1 << 5;
    /// 2: an error.
    pub(super) const ERROR: u8 = 1 << 6;
    /// 3: the cutter, something that can't be recovered, something that recovers by itself.
    pub(super) const CUTTER: u8 = 1 << 3;
    pub(super) const UNRECOVERABLE: u8 = 1 << 5;
    /// 4: near end, both sensors.
    pub(super) const NEAR_END: u8 = 0b1100;
    /// 4: no paper, both sensors.
    pub(super) const PAPER_OUT: u8 = 0b110_0000;
}

/// The four answers, 1 to 4.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Answers(pub(super) [u8; 4]);

/// Whether a byte is an answer to `DLE EOT`: two bits are always set, two never.
pub(super) const fn is_status(byte: u8) -> bool {
    byte & 0b1001_0011 == 0b0001_0010
}

/// Whether a byte answers `GS r`.
pub(super) const fn is_done(byte: u8) -> bool {
    byte & 0b1001_0000 == 0
}

/// Whether that answer says that there is paper.
pub(super) const fn done_with_paper(byte: u8) -> bool {
    byte & 0b1100 == 0
}

impl Answers {
    pub(super) const fn status(self, sensor: DrawerSensor) -> PrinterStatus {
        let [printer, offline, error, paper] = self.0;
        let is_offline = printer & bit::OFFLINE != 0;
        let is_empty = paper & bit::PAPER_OUT != 0 || offline & bit::STOPPED != 0;
        let roll = if is_empty {
            PaperRoll::Empty
        } else if paper & bit::NEAR_END != 0 {
            PaperRoll::NearEnd
        } else {
            PaperRoll::Present
        };
        let broken = error & (bit::CUTTER | bit::UNRECOVERABLE) != 0;
        let mut status = PrinterStatus {
            state: DeviceState::Idle,
            power: if is_offline {
                PowerState::Offline
            } else {
                PowerState::Online
            },
            roll,
            cover_open: offline & bit::COVER != 0,
            out_of_order: broken || offline & bit::ERROR != 0,
            drawer_open: sensor.is_open(printer & bit::DRAWER_HIGH != 0),
        };
        if status.trouble().is_some() {
            status.state = DeviceState::Error;
        }
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::pos_printer::PrinterTrouble;

    /// Nothing is the matter; the drawer's level is low.
    const WELL: [u8; 4] = [0x12; 4];

    fn status(number: usize, bits: u8) -> PrinterStatus {
        let mut answers = WELL;
        answers[number - 1] |= bits;
        assert!(
            answers
                .iter()
                .all(|byte| is_status(*byte) && !is_done(*byte))
        );
        Answers(answers).status(DrawerSensor::HighIsOpen)
    }

    #[test]
    fn each_bit_says_one_thing() {
        assert_eq!(Answers(WELL).status(DrawerSensor::None).trouble(), None);
        assert_eq!(status(1, 1 << 2).drawer_open, Some(true));
        assert_eq!(status(2, 0).drawer_open, Some(false));
        for (number, bits, trouble) in [
            (1, 1 << 3, PrinterTrouble::Offline),
            (2, 1 << 2, PrinterTrouble::CoverOpen),
            (2, 1 << 5, PrinterTrouble::PaperOut),
            (2, 1 << 6, PrinterTrouble::OutOfOrder),
            (3, 1 << 3, PrinterTrouble::OutOfOrder),
            (3, 1 << 5, PrinterTrouble::OutOfOrder),
            (4, 0b110_0000, PrinterTrouble::PaperOut),
        ] {
            let status = status(number, bits);
            assert_eq!(status.trouble(), Some(trouble), "{number} {bits:08b}");
            assert_eq!(status.state, DeviceState::Error);
        }
        let near_end = status(4, 0b1100);
        assert_eq!(
            (near_end.roll, near_end.trouble()),
            (PaperRoll::NearEnd, None)
        );
        assert_eq!(near_end.detail(), "paper near its end");
        assert!(is_done(0) && done_with_paper(0) && !done_with_paper(0b1100));
    }
}
