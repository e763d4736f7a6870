//! A receipt as ESC/POS bytes, by the `escpos` crate writing into memory.

use std::cell::RefCell;

use domain::sale::{ReceiptLine, ReceiptStyle};
use escpos::{
    driver::Driver,
    errors::PrinterError,
    printer::Printer,
    printer_options::PrinterOptions,
    utils::{CashDrawer, JustifyMode, PageCode, Protocol},
};

/// Lines fed before the cut, so that the last line passes the knife.
const LINES_BEFORE_CUT: u8 = 4;

/// Takes what the encoder writes; it writes once, at the end.
struct Memory<'a>(&'a RefCell<Vec<u8>>);

impl Driver for Memory<'_> {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn write(&self, data: &[u8]) -> Result<(), PrinterError> {
        self.0.borrow_mut().extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _buffer: &mut [u8]) -> Result<usize, PrinterError> {
        Ok(0)
    }

    fn flush(&self) -> Result<(), PrinterError> {
        Ok(())
    }
}

/// The bytes of a whole receipt: initialise, lines, feed, cut.
pub(super) fn encode(lines: &[ReceiptLine]) -> Result<Vec<u8>, PrinterError> {
    written(|printer| {
        printer.init()?;
        for line in lines {
            write_line(printer, line)?;
        }
        printer.feeds(LINES_BEFORE_CUT)?.print_cut()?;
        Ok(())
    })
}

/// The bytes that open a drawer on pin 2.
pub(super) fn drawer_pulse() -> Result<Vec<u8>, PrinterError> {
    written(|printer| {
        printer.cash_drawer(CashDrawer::Pin2)?.print()?;
        Ok(())
    })
}

fn written(
    commands: impl FnOnce(&mut Printer<Memory<'_>>) -> Result<(), PrinterError>,
) -> Result<Vec<u8>, PrinterError> {
    let memory = RefCell::new(Vec::new());
    let mut options = PrinterOptions::default();
    options.page_code(Some(PageCode::PC437));
    let mut printer = Printer::new(Memory(&memory), Protocol::default(), Some(options));
    commands(&mut printer)?;
    drop(printer);
    Ok(memory.into_inner())
}

fn write_line(printer: &mut Printer<Memory<'_>>, line: &ReceiptLine) -> Result<(), PrinterError> {
    let (bold, justify) = match line.style {
        ReceiptStyle::Plain => (false, JustifyMode::LEFT),
        ReceiptStyle::Bold => (true, JustifyMode::LEFT),
        ReceiptStyle::Title => (true, JustifyMode::CENTER),
        ReceiptStyle::Centred => (false, JustifyMode::CENTER),
    };
    printer
        .justify(justify)?
        .bold(bold)?
        .write(&format!("{}\n", in_page_code(&line.text)))?;
    Ok(())
}

/// The encoder fails on a letter its page has not; a question mark is better than no receipt.
fn in_page_code(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_ascii() { letter } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_init_text_feed_and_cut() {
        let lines = [
            ReceiptLine {
                style: ReceiptStyle::Title,
                text: "Store".to_owned(),
            },
            ReceiptLine {
                style: ReceiptStyle::Plain,
                text: "crème 1.00".to_owned(),
            },
        ];
        let bytes = encode(&lines).unwrap();
        assert!(bytes.starts_with(b"\x1b@\x1bt\x00"), "{bytes:02x?}");
        let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(has(b"\x1ba\x01"), "centred: {bytes:02x?}");
        assert!(has(b"\x1bE\x01Store\n"), "bold: {bytes:02x?}");
        assert!(has(b"\x1bE\x00cr?me 1.00\n"), "plain: {bytes:02x?}");
        assert!(has(b"\x1bd\x04"), "feed: {bytes:02x?}");
        assert!(bytes.ends_with(b"\x1dVA\x00"), "cut: {bytes:02x?}");
        assert_eq!(bytes, encode(&lines).unwrap());
        assert!(drawer_pulse().unwrap().starts_with(b"\x1bp\x00"));
    }
}
