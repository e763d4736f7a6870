//! What is absent: an empty text on the wire, nothing in the domain.

use crate::ConvertError;

/// Empty text is nothing.
///
/// # Errors
/// Those of `read`.
pub fn optional<T>(
    text: &str,
    read: impl FnOnce(&str) -> Result<T, ConvertError>,
) -> Result<Option<T>, ConvertError> {
    if text.is_empty() {
        Ok(None)
    } else {
        read(text).map(Some)
    }
}

/// What there may be, as text.
#[must_use]
pub fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}
