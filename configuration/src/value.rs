//! The forms of values that every program reads alike.

use std::time::Duration;

/// What a duration looks like, for a fault.
pub(crate) const DURATION_FORM: &str =
    "a duration with its unit, as in \"500ms\", \"60s\", \"5m\" or \"1h\"";
/// What an address looks like, for a fault.
pub(crate) const ADDRESS_FORM: &str = "HOST:PORT, as in \"127.0.0.1:7001\"";

/// Reads `500ms`, `60s`, `5m` or `1h`.
#[must_use]
pub fn read_duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(unit_ms).map(Duration::from_millis)
}

/// Whether a text is `HOST:PORT`. A name is not looked up.
#[must_use]
pub fn is_host_and_port(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// The same, of a peer: port 0 leads nowhere.
pub(crate) fn is_peer(text: &str) -> bool {
    is_host_and_port(text) && !text.ends_with(":0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_carries_its_unit() {
        for (text, duration_ms) in [
            ("75s", 75_000),
            ("500ms", 500),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("0s", 0),
        ] {
            let duration = Duration::from_millis(duration_ms);
            assert_eq!(read_duration(text), Some(duration), "{text}");
        }
        let too_long = "18446744073709551615h";
        for wrong in ["", "75", "s", "1.5s", "-1s", "60 s", "1d", too_long] {
            assert_eq!(read_duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_has_a_host_and_a_port() {
        assert!(is_host_and_port("127.0.0.1:0") && is_host_and_port("[::1]:7001"));
        assert!(is_peer("hub.store:7001") && !is_peer("127.0.0.1:0"));
        for wrong in ["", "127.0.0.1", ":7001", "a:65536", "a:-1", "a:b"] {
            assert!(!is_host_and_port(wrong), "{wrong}");
        }
    }
}
