//! The commands of ESC/POS that a receipt needs, and text as GB18030.
//!
//! They are so few that no crate stands between: the one there is has no Chinese mode
//! (docs/adr/0067). Text is plain ASCII, or GB18030 after `FS &`, in which every character has a
//! code; nothing is ever replaced by a question mark.

use domain::paper::{Paper, PaperLine, PaperStyle};
use encoding_rs::GB18030;

/// `ESC @`: as after power-on.
const INITIALISE: &[u8] = b"\x1b@";
/// `FS &`: characters of two and four bytes follow.
const CHINESE_ON: &[u8] = b"\x1c&";
/// `FS .`: and no more.
const CHINESE_OFF: &[u8] = b"\x1c.";
/// `ESC d 4`: the last line passes the knife; `GS V A 0`: cut.
const FEED_AND_CUT: &[u8] = b"\x1bd\x04\x1dVA\x00";
/// `ESC p 0 25 250`: pin 2, 50 ms.
const DRAWER_PULSE: &[u8] = b"\x1bp\x00\x19\xfa";
/// `DLE DC4 1 0 1`: the same at once, before what waits in the buffer, though it is off-line.
const DRAWER_PULSE_AT_ONCE: &[u8] = b"\x10\x14\x01\x00\x01";
/// `DLE DC4 8 …`: forget what waits in the buffer.
const CLEAR: &[u8] = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08";
/// `GS r 1`: answered when all before it is done.
const ASK_WHETHER_DONE: &[u8] = b"\x1dr\x01";

/// The bytes of a paper, from its beginning to its cut, one part a line: between two parts another
/// command may go out.
pub(in crate::devices) fn encode(paper: &Paper) -> Vec<Vec<u8>> {
    let is_plain = paper.lines.iter().all(|line| line.text.is_ascii());
    let mut parts = vec![INITIALISE.to_vec()];
    if !is_plain {
        parts.push(CHINESE_ON.to_vec());
    }
    parts.extend(paper.lines.iter().map(line));
    if !is_plain {
        parts.push(CHINESE_OFF.to_vec());
    }
    parts.push(FEED_AND_CUT.to_vec());
    parts
}

/// `GS h 64`, `GS w 2`, `GS H 2`: so high, so wide, its text below.
const BARCODE_FORM: &[u8] = b"\x1dh\x40\x1dw\x02\x1dH\x02";
/// `GS k 73 n {B …`: CODE128, set B.
const BARCODE_128: u8 = 73;

/// A barcode that no printer could print is printed as text.
fn barcode(text: &str) -> Option<Vec<u8>> {
    let length = u8::try_from(text.len().saturating_add(2)).ok()?;
    let is_set_b = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    is_set_b.then(|| {
        let mut bytes = b"\x1ba\x01".to_vec();
        bytes.extend_from_slice(BARCODE_FORM);
        bytes.extend_from_slice(&[0x1d, b'k', BARCODE_128, length]);
        bytes.extend_from_slice(b"{B");
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(b'\n');
        bytes
    })
}

fn line(line: &PaperLine) -> Vec<u8> {
    if line.style == PaperStyle::Barcode
        && let Some(bytes) = barcode(&line.text)
    {
        return bytes;
    }
    let (bold, centred) = match line.style {
        PaperStyle::Plain => (0, 0),
        PaperStyle::Bold => (1, 0),
        PaperStyle::Title => (1, 1),
        PaperStyle::Centred | PaperStyle::Barcode => (0, 1),
    };
    // ESC a: where; ESC E: bold.
    let mut bytes = vec![0x1b, b'a', centred, 0x1b, b'E', bold];
    let (text, _, _) = GB18030.encode(&line.text);
    bytes.extend_from_slice(&text);
    bytes.push(b'\n');
    bytes
}

/// Opens a drawer on pin 2, in its turn.
pub(in crate::devices) const fn drawer_pulse() -> &'static [u8] {
    DRAWER_PULSE
}

/// Opens a drawer on pin 2 though a receipt waits for paper.
pub(super) const fn drawer_pulse_at_once() -> &'static [u8] {
    DRAWER_PULSE_AT_ONCE
}

/// Forgets a receipt that broke off.
pub(super) const fn clear() -> &'static [u8] {
    CLEAR
}

/// Parts from what broke off.
pub(super) fn part_from_what_was() -> Vec<u8> {
    [INITIALISE, FEED_AND_CUT].concat()
}

/// Is answered when all before it is on paper.
pub(super) const fn ask_whether_done() -> &'static [u8] {
    ASK_WHETHER_DONE
}

/// `DLE EOT n`: how are you, at once?
pub(super) const fn ask_status(number: u8) -> [u8; 3] {
    [0x10, 0x04, number]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(texts: &[(PaperStyle, &str)]) -> Paper {
        let lines = texts.iter().map(|(style, text)| PaperLine {
            style: *style,
            text: (*text).to_owned(),
        });
        Paper {
            columns: 42,
            lines: lines.collect(),
        }
    }

    fn has(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn a_receipt_is_init_text_feed_and_cut() {
        let paper = paper(&[
            (PaperStyle::Title, "Store"),
            (PaperStyle::Plain, "bread 1.00"),
        ]);
        let bytes = encode(&paper).concat();
        assert!(bytes.starts_with(b"\x1b@\x1ba\x01"), "{bytes:02x?}");
        assert!(has(&bytes, b"\x1ba\x01\x1bE\x01Store\n"), "{bytes:02x?}");
        assert!(
            has(&bytes, b"\x1ba\x00\x1bE\x00bread 1.00\n"),
            "{bytes:02x?}"
        );
        assert!(bytes.ends_with(b"\x1bd\x04\x1dVA\x00"), "{bytes:02x?}");
        assert!(!has(&bytes, b"\x1c"), "no Chinese, no Chinese mode");
    }

    #[test]
    fn a_barcode_is_code_128_of_its_text() {
        let bytes = encode(&paper(&[(PaperStyle::Barcode, "R3-1-000042")])).concat();
        let code = b"\x1ba\x01\x1dh\x40\x1dw\x02\x1dH\x02\x1dkI\x0d{BR3-1-000042\n";
        assert!(has(&bytes, code), "{bytes:02x?}");
    }

    /// F31: Chinese goes out as GB18030 in Chinese mode, by the codes of the standard.
    #[test]
    fn f31_chinese_goes_out_as_gb18030() {
        let bytes = encode(&paper(&[(PaperStyle::Plain, "鲜牛奶 €1 é ñ")])).concat();
        assert!(bytes.starts_with(b"\x1b@\x1c&"), "{bytes:02x?}");
        let milk = [0xcf, 0xca, 0xc5, 0xa3, 0xc4, 0xcc];
        assert!(has(&bytes, &milk), "{bytes:02x?}");
        // Two bytes for the euro sign and é, four for ñ.
        let rest = [
            0x20, 0xa2, 0xe3, b'1', 0x20, 0xa8, 0xa6, 0x20, 0x81, 0x30, 0x8a, 0x39,
        ];
        assert!(has(&bytes, &rest), "{bytes:02x?}");
        assert!(!bytes.contains(&b'?'));
        assert!(has(&bytes, b"\n\x1c.\x1bd"), "{bytes:02x?}");
    }
}
