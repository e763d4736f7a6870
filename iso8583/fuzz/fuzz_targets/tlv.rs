//! Any bytes as BER-TLV: it ends, and what it gives lies inside.
#![no_main]

use iso8583::{describe, tlv};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut end = 0;
    for item in tlv::Tlvs::new(data) {
        match item {
            Ok(item) => {
                assert!(item.offset >= end);
                end = item.value_offset + item.value.len();
                assert!(end <= data.len());
            }
            Err(error) => assert!(error.offset <= data.len(), "{error}"),
        }
    }
    let _ = (tlv::find(data, 0x9F26), describe::masked_tlv(data));
});
