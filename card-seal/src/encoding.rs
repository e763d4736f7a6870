//! The form of card data inside a seal: one version byte, then each field with its length before
//! it. Own and small, so that sealed data stays readable whatever becomes of other formats.

use zeroize::Zeroizing;

/// Enough for every card, so that no growing buffer leaves a copy behind in freed memory.
const PLAIN_BYTES_MAX: usize = 1280;
/// Marks an optional field that is absent; no text is that long.
const ABSENT: u8 = 0xFF;

/// Writes fields one after the other.
pub(crate) struct Writer {
    plain: Zeroizing<Vec<u8>>,
}

impl Writer {
    /// Starts with the version of what follows.
    pub(crate) fn new(version: u8) -> Self {
        let mut plain = Zeroizing::new(Vec::with_capacity(PLAIN_BYTES_MAX));
        plain.push(version);
        Self { plain }
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.plain.push(byte);
    }

    /// A text of fewer than 255 bytes; a caller that passes more has skipped its check, and the
    /// text is left out rather than cut.
    pub(crate) fn text(&mut self, text: &str) {
        match u8::try_from(text.len()) {
            Ok(length) if length != ABSENT => {
                self.plain.push(length);
                self.plain.extend_from_slice(text.as_bytes());
            }
            Ok(_) | Err(_) => self.plain.push(0),
        }
    }

    pub(crate) fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.plain.push(ABSENT),
        }
    }

    /// Bytes with a length of two bytes before them, under the same rule as `text`.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let (length, bytes) = match u16::try_from(bytes.len()) {
            Ok(length) => (length, bytes),
            Err(_) => (0, [].as_slice()),
        };
        self.plain.extend_from_slice(&length.to_be_bytes());
        self.plain.extend_from_slice(bytes);
    }

    pub(crate) fn finish(self) -> Zeroizing<Vec<u8>> {
        self.plain
    }
}

/// Reads fields one after the other; `None` for anything that isn't there.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads what was written under `version`, and nothing else.
    pub(crate) fn new(plain: &'a [u8], version: u8) -> Option<Self> {
        let (found, rest) = plain.split_first()?;
        (*found == version).then_some(Self { rest })
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        let length = self.byte()?;
        self.text_of(length)
    }

    pub(crate) fn optional_text(&mut self) -> Option<Option<String>> {
        match self.byte()? {
            ABSENT => Some(None),
            length => self.text_of(length).map(Some),
        }
    }

    pub(crate) fn bytes(&mut self) -> Option<Vec<u8>> {
        let length = u16::from_be_bytes([self.byte()?, self.byte()?]);
        self.take(usize::from(length)).map(<[u8]>::to_vec)
    }

    /// Whether everything was read: bytes left over mean another form.
    pub(crate) fn is_finished(&self) -> bool {
        self.rest.is_empty()
    }

    fn text_of(&mut self, length: u8) -> Option<String> {
        let bytes = self.take(usize::from(length))?;
        std::str::from_utf8(bytes).ok().map(str::to_owned)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }
}
