//! The desk tool as a process: what it prints, where, and its exit code.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use iso8583::codec;
use iso8583::dialect::Dialect;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

struct Outcome {
    code: i32,
    out: String,
    err: String,
}

fn run(arguments: &[&str], input: &str) -> Outcome {
    let mut child = Command::new(env!("CARGO_BIN_EXE_iso8583"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that doesn't read its input closes it: that is no failure of the test.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Outcome {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn good(arguments: &[&str], input: &str) -> String {
    let outcome = run(arguments, input);
    assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.err);
    assert_eq!(outcome.err, "");
    outcome.out
}

fn messages(file: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(file).unwrap();
    file["messages"].as_array().unwrap().clone()
}

fn all_messages() -> Vec<Value> {
    let mut all = messages(include_str!("vectors/cup_pos_messages.json"));
    all.extend(messages(include_str!("vectors/cup_pos_financial.json")));
    all
}

fn decode(hex: &str, unmask: bool) -> Value {
    let mut arguments = vec!["decode", "--dialect", "cup-pos"];
    if unmask {
        arguments.push("--unmask");
    }
    serde_json::from_str(&good(&arguments, hex)).unwrap()
}

#[test]
fn decode_shows_the_published_fields_and_encode_undoes_it() {
    for message in all_messages() {
        let hex = message["hex"].as_str().unwrap();
        let decoded = decode(hex, true);
        assert_eq!(decoded["fields"], message["fields"]);
        assert_eq!(decoded["mti"], message["mti"]);
        assert_eq!(decoded["frame"]["tpdu"], message["tpdu"]);
        assert_eq!(decoded["frame"]["header"], message["header"]);
        let again = good(&["encode", "--dialect", "cup-pos"], &decoded.to_string());
        assert_eq!(again, hex);
        let keys: Vec<&String> = decoded.as_object().unwrap().keys().collect();
        assert_eq!(keys[..4], ["frame", "mti", "fields", "parts"]);
    }
}

#[test]
fn without_unmask_nothing_secret_is_printed() {
    let sale = &messages(include_str!("vectors/cup_pos_financial.json"))[0];
    let hex = sale["hex"].as_str().unwrap();
    for output in ["json", "text"] {
        let text = good(&["decode", "--dialect", "cup-pos", "--output", output], hex);
        assert!(text.contains("621626*********0018"), "{text}");
        for secret in ["6216261000000000018", "D3012", "86C6F79E60035789"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    let parts = &decode(hex, false)["parts"];
    assert_eq!(parts["60"]["batch"], "000042");
    assert_eq!(parts["55"]["9F36"], "0017");
}

/// Track 2 padded with F, a field of unprintable bytes, Chinese text, and text that looks like hex.
#[test]
fn the_way_back_is_exact_for_odd_bytes_too() {
    let mti = "0200";
    let mut json = json!({
        "mti": mti,
        "fields": {
            "22": "051", "35": "6216261000000000018D30122010000000000", "43": "超市",
            "46": "0102FE", "56": "910A", "57": "00112233445566778899AABBCCDDEEFF", "63": "CUP",
        },
        "hex": ["46"],
        "pads": { "22": "F", "35": "F" },
    });
    let encode = ["encode", "--dialect", "cup-pos"];
    let hex = good(&encode, &json.to_string());
    assert!(
        hex.contains("000F") && hex.contains("30122010000000000F"),
        "{hex}"
    );
    let decoded = decode(&hex, true);
    json["fields"]["43"] = json!(format!("超市{}", " ".repeat(36)));
    assert_eq!(decoded["fields"], json["fields"]);
    assert_eq!(decoded["hex"], json!(["46"]));
    assert_eq!(good(&encode, &decoded.to_string()), hex);
}

/// The good seeds of the corpus: every field of every dialect, secondary bitmaps among them.
#[test]
fn encode_undoes_decode_in_every_dialect() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/decode");
    let names: Vec<_> = Dialect::names().collect();
    let mut seen = std::collections::BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let (Some((first, frame)), false) = (
            bytes.split_first(),
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("bad-"),
        ) else {
            continue;
        };
        let name = names[usize::from(*first) % names.len()];
        let dialect = Dialect::named(name).unwrap();
        let message = codec::decode(&dialect, frame).unwrap().to_message();
        let mut whole = Vec::new();
        codec::encode(&dialect, &message, None, &mut whole).unwrap();
        let hex = iso8583::hex::encode(&whole);
        let json = good(&["decode", "--dialect", name, "--unmask"], &hex);
        assert_eq!(good(&["encode", "--dialect", name], &json), hex, "{path:?}");
        *seen.entry(name).or_insert(0) += 1;
    }
    assert!(names.iter().all(|name| seen[name] >= 2), "{seen:?}");
}

/// Too much is refused as a whole: what fits would be another message.
#[test]
fn more_than_a_mebibyte_is_refused() {
    let zeros = "00".repeat(1024 * 1024 / 2);
    assert_eq!(good(&["tlv"], &zeros), "[]");
    for command in [
        &["tlv"][..],
        &["decode", "--dialect", "cup-pos"],
        &["track"],
    ] {
        let outcome = run(command, &format!("{zeros}00"));
        assert_eq!((outcome.code, outcome.out.as_str()), (1, ""), "{command:?}");
        assert!(
            outcome.err.contains("longer than 1048576"),
            "{}",
            outcome.err
        );
    }
}

#[test]
fn a_bad_message_is_exit_1_with_field_offset_and_reason() {
    let sale = &messages(include_str!("vectors/cup_pos_financial.json"))[0];
    let hex = sale["hex"].as_str().unwrap();
    // Byte 21 after the prefix is the length of the PAN.
    for (input, field, offset) in [
        (hex.replacen("9A1119", "9A1120", 1), "2", 21),
        (hex.replacen("9A111962", "9A11196A", 1), "2", 22),
        (
            hex.replacen("62162610000000000180", "62162610000000000185", 1),
            "2",
            31,
        ),
        (hex[..hex.len() - 2].to_owned(), "frame", 234),
        (hex.replacen("0200", "02F0", 1), "mti", 11),
        (String::new(), "frame", 0),
        ("zz".to_owned(), "frame", 0),
    ] {
        let outcome = run(&["decode", "--dialect", "cup-pos"], &input);
        assert_eq!((outcome.code, outcome.out.as_str()), (1, ""), "{input}");
        let error: Value = serde_json::from_str(&outcome.err).unwrap();
        let keys: Vec<&String> = error.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["error", "field", "offset", "reason"]);
        assert_eq!(
            (&error["field"], &error["offset"]),
            (&json!(field), &json!(offset)),
            "{error}"
        );
    }
    let encode = ["encode", "--dialect", "cup-pos"];
    for (input, field) in [
        (
            r#"{"mti":"0200","fields":{"2":"621626*********0018"}}"#,
            "2",
        ),
        (r#"{"mti":"0200","fields":{"5":"1"}}"#, "5"),
        (r#"{"mti":"02","fields":{}}"#, "mti"),
        (r#"{"mti":"0200","fields":{"52":"86C6F79E600357"}}"#, "52"),
        ("{", "frame"),
    ] {
        let outcome = run(&encode, input);
        assert_eq!(outcome.code, 1, "{input}");
        let error: Value = serde_json::from_str(&outcome.err).unwrap();
        assert_eq!(error["field"], field, "{error}");
        assert!(
            !outcome.err.contains("621626") && !outcome.err.contains("86C6"),
            "{error}"
        );
    }
}

#[test]
fn usage_is_exit_2() {
    for arguments in [
        &["decode"][..],
        &["decode", "--dialect", "cup"],
        &["decode", "--dialect", "./no-such-file.toml"],
        &["nonsense"],
        &[
            "mac",
            "--algorithm",
            "cup-ecb",
            "--key",
            "22",
            "--data",
            "00",
        ],
        &[
            "mac",
            "--algorithm",
            "x9.19",
            "--key",
            "2222222222222222",
            "--data",
            "00",
        ],
        &["pin-block", "--format", "0", "--pin", "1234"],
        &["pin-block", "--format", "5", "--pin", "1234"],
        &["pin-block", "--format", "0"],
        &[
            "pin-block",
            "--format",
            "0",
            "--pin",
            "12",
            "--pan",
            "5555555551234567",
        ],
        &["kcv", "--key", "xx"],
    ] {
        let outcome = run(arguments, "");
        assert_eq!(
            (outcome.code, outcome.out.as_str()),
            (2, ""),
            "{arguments:?}"
        );
        assert!(!outcome.err.is_empty());
    }
    assert_eq!(run(&["--help"], "").code, 0);
    assert_eq!(run(&["mac", "--help"], "").code, 0);
    assert!(good(&["completions", "bash"], "").contains("iso8583"));
}

#[test]
fn a_dialect_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    let text = include_str!("../dialects/iso87-ascii.toml");
    let text = text.replacen("bitmap = \"hex\"", "bitmap = \"binary\"", 1);
    std::fs::write(&path, text.replacen("iso87-ascii", "mine", 1)).unwrap();
    let json = r#"{"mti":"0200","fields":{"3":"000000","41":"LANE0007","102":"4012"}}"#;
    let path = path.to_str().unwrap();
    let hex = good(&["encode", "--dialect", path], json);
    assert!(
        hex.starts_with("002830323030A0000000008000000000000004000000"),
        "{hex}"
    );
    let back = good(&["decode", "--dialect", path, "--unmask"], &hex);
    assert_eq!(good(&["encode", "--dialect", path], &back), hex);
}

/// A command line, its words parted by spaces.
fn line(words: &str) -> String {
    good(&words.split_whitespace().collect::<Vec<_>>(), "")
}

#[test]
fn macs_and_check_values_of_the_vectors() {
    for (words, expected) in [
        (
            "cup-ecb --key 2222222222222222 --data 1234567890ABCDEFABCDEF1234567890",
            "E267B6E2",
        ),
        (
            "iso9797-1-alg3 --key 41414141414141414242424242424242 --data 68656C6C6F20776F726C64",
            "3DDE5C5511661CBF",
        ),
        (
            "iso9797-1-alg3 --key 41414141414141414242424242424242 --padding 2 \
             --data 68656C6C6F20776F726C64",
            "E16941032C3BC7D4",
        ),
        (
            "x9.19 --key 41414141414141414242424242424242 --data 68656C6C6F20776F726C64",
            "3DDE5C5511661CBF",
        ),
        (
            "iso9797-1-alg1 --key 0123456789ABCDEF \
             --data 37363534333231204E6F77206973207468652074696D6520666F7220",
            "F1D30F6849312CA4",
        ),
    ] {
        assert_eq!(line(&format!("mac --algorithm {words}")), expected);
    }
    assert_eq!(line("kcv --key 0123456789ABCDEF"), "D5D44F");
    assert_eq!(line("kcv --key 0123456789ABCDEFFEDCBA9876543210"), "08D7B4");
    assert_eq!(
        line("kcv --cipher aes --key 00112233445566778899AABBCCDDEEFF"),
        "FDE4FB"
    );
    assert_eq!(
        line("--output json kcv --key 0123456789ABCDEF"),
        r#"{"kcv":"D5D44F"}"#
    );
    let cvv = "cvv --cvk 0123456789ABCDEFFEDCBA9876543210 --pan 4123456789012345 \
               --expiry 8701 --service-code 101";
    assert_eq!(line(cvv), "561");
}

#[test]
fn dukpt_keys_of_the_vectors() {
    let tdes = "dukpt --scheme tdes --bdk 0123456789ABCDEFFEDCBA9876543210";
    let ksn = "--ksn FFFF9876543210E00001 --key-use";
    let initial = line(&format!("{tdes} {ksn} initial"));
    assert_eq!(initial, "6AC292FAA1315B4D858AB3A3D7D5933A");
    let pin = line(&format!("{tdes} {ksn} pin"));
    assert_eq!(pin, "042666B49184CF5C68DE9628D0397B36");

    let aes = "dukpt --scheme aes128 --bdk FEDCBA9876543210F1F1F1F1F1F1F1F1";
    for (rest, expected) in [
        (
            "--ksn 1234567890123456 --key-use initial",
            "1273671EA26AC29AFA4D1084127652A1",
        ),
        (
            "--ksn 123456789012345600000001 --key-use transaction",
            "4F21B565BAD9835E112B6465635EAE44",
        ),
        (
            "--ksn 123456789012345600000001 --key-use mac-request",
            "A2DC23DE6FDE0824A2BC321E08E4B8B7",
        ),
    ] {
        assert_eq!(line(&format!("{aes} {rest}")), expected);
    }
}

/// A key or a card number whose option was forgotten.
#[test]
fn a_misplaced_secret_is_not_quoted() {
    for words in [
        "kcv 0123456789ABCDEF",
        "mac --pan 4012345678909",
        "4012345678909",
    ] {
        let outcome = run(&words.split_whitespace().collect::<Vec<_>>(), "");
        assert_eq!(outcome.code, 2);
        let shown = outcome.err.contains("0123456789") || outcome.err.contains("4012345");
        assert!(!shown, "{}", outcome.err);
    }
}

#[test]
fn pin_blocks_both_ways() {
    let pan = "--pan 5555555551234567";
    let key = "--key 404142434445464748494A4B4C4D4E4F";
    assert_eq!(
        line(&format!("pin-block --format 0 --pin 1234 {pan}")),
        "041261AAAAEDCBA9"
    );
    for format in 0..=4 {
        let block = line(&format!(
            "pin-block --format {format} --pin 123456 {pan} {key}"
        ));
        assert_eq!(block.len(), if format == 4 { 32 } else { 16 });
        let read = format!("pin-block --decode {block} --format {format} {pan} {key}");
        assert_eq!(line(&read), "123456");
        let clear = line(&format!("pin-block --format {format} --pin 123456 {pan}"));
        let read = format!("pin-block --decode {clear} --format {format} {pan}");
        assert_eq!(line(&read), "123456");
    }
    // As the documentation of psec has it.
    assert_eq!(line("pin-block --format 2 --pin 1234"), "241234FFFFFFFFFF");
    let fixed = line("pin-block --format 1 --pin 1234 --random ABCDEF0123");
    assert_eq!(fixed, "141234ABCDEF0123");
    let format4 = "pin-block --format 4 --pin 1234 --pan 1234567890123456789 \
                   --random FFFFFFFFFFFFFFFF --key 00112233445566778899AABBCCDDEEFF";
    assert_eq!(line(format4), "28B41FDDD29B743E93124BD8E32D921E");

    let wrong = format!("pin-block --decode 141261AAAAEDCBA9 --format 0 {pan}");
    let outcome = run(&wrong.split_whitespace().collect::<Vec<_>>(), "");
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("control field"), "{}", outcome.err);
}

/// The upload of an unbalanced batch and its end marker; a card number inside is masked.
#[test]
fn batch_upload_in_parts() {
    let item = ["00", "000123", "06216261000000000018", "000000012345"].concat();
    let upload = json!({ "mti": "0320", "fields": { "48": format!("02{item}{item}") } });
    let encode = ["encode", "--dialect", "cup-pos"];
    let shown = decode(&good(&encode, &upload.to_string()), false);
    assert_eq!(shown["fields"]["48"], "[hidden, 82 digits]");
    let parts = &shown["parts"]["48"];
    assert_eq!(
        (&parts["count"], &parts["STAN 2"]),
        (&json!("02"), &json!("000123"))
    );
    assert!(!shown.to_string().contains("6216261000000"), "{shown}");

    let end = json!({ "mti": "0320", "fields": { "48": "0008" } });
    let shown = decode(&good(&encode, &end.to_string()), false);
    assert_eq!(shown["parts"]["48"], json!({ "total count": "0008" }));
}

#[test]
fn tlv_and_track() {
    let input = "6F188407A0000000031010A50D500B5649534120435245444954\n5A084012345678909FFF";
    let items: Value = serde_json::from_str(&good(&["tlv"], input)).unwrap();
    assert_eq!(items[0]["tag"], "6F");
    assert_eq!(items[0]["length"], 24);
    assert_eq!(
        items[0]["parts"][1]["parts"][0]["value"],
        "5649534120435245444954"
    );
    assert_eq!(items[1]["value"], "*".repeat(16), "F37");
    let unmasked = good(&["tlv", "--unmask"], input);
    assert!(unmasked.contains("4012345678909FFF"));
    assert_eq!(run(&["tlv"], "9F").code, 1);

    let track: Value =
        serde_json::from_str(&good(&["track"], ";4012345678909=30122011234567890?\n")).unwrap();
    let expected = json!({
        "track": 2, "pan": "401234***8909", "expiry": "3012", "service_code": "201",
    });
    assert_eq!(track, expected);
    let raw = "%B4012345678909^LANE/KEEPER^3012201?";
    let track: Value = serde_json::from_str(&good(&["track"], raw)).unwrap();
    assert_eq!(track["name"], "LANE/KEEPER");
    let raw = "%B4012345678909^LANE/KEEPER^3012201000000000000000?\
               ;4012345678909=30122010000000000000?";
    let both: Value = serde_json::from_str(&good(&["track"], raw)).unwrap();
    assert_eq!(
        (&both["track"], &both["name"]),
        (&json!(2), &json!("LANE/KEEPER")),
        "F32"
    );
    assert_eq!(both["tracks"][0]["track"], 1);
    assert_eq!(both["tracks"][1]["service_code"], "201");
    let outcome = run(&["track"], ";4012345678909=9913?");
    assert_eq!(outcome.code, 1);
    assert!(!outcome.err.contains("4012"), "{}", outcome.err);
}

/// Every line of the README that starts with `$` is run; what stands below it must come out.
#[test]
fn the_examples_of_the_readme_are_true() {
    let file: Value = serde_json::from_str(include_str!("vectors/cup_pos_financial.json")).unwrap();
    let frame = file["messages"][0]["hex"].as_str().unwrap();
    let readme = include_str!("../README.md");
    let mut lines = readme.lines().peekable();
    let mut run = 0;
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ ") else {
            continue;
        };
        let mut input = frame.to_owned();
        for stage in command.split(" | ") {
            let words = stage.trim_end_matches(" < frame.hex").split(' ');
            let (name, arguments): (Vec<_>, Vec<_>) = words.partition(|word| *word == "iso8583");
            assert_eq!(name.len(), 1, "{command}");
            input = good(&arguments, &input);
        }
        match lines.peek() {
            Some(expected) if !expected.starts_with(['$', '`']) => {
                assert_eq!(input.trim(), *expected, "{command}");
            }
            _ if command.contains("encode") => assert_eq!(input.trim(), frame, "{command}"),
            _ => assert!(input.contains("\"mti\""), "{command}"),
        }
        run += 1;
    }
    assert_eq!(run, 3);
}

/// The frame that README.md tells people to paste is one, and the command is right.
#[test]
fn the_frame_of_the_readme_can_be_pasted() {
    let readme = include_str!("../../README.md");
    let line = readme.lines().find(|line| line.starts_with("$ echo "));
    let (frame, command) = line.unwrap()[7..].split_once(" | ").unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    assert!(words[0].ends_with("/iso8583"), "{command}");
    let decoded: Value = serde_json::from_str(&good(&words[1..], frame)).unwrap();
    assert_eq!(decoded["mti"], "0800");
    assert_eq!(decoded["fields"]["41"], "50080001");
}

/// F37: whatever stands for a card is masked at every level, in the whole value of a template, too.
#[test]
fn tlv_shows_no_card_unless_asked() {
    for (tag, value) in [
        ("5A08", "6216261000000018"),
        ("5708", "6216261000000018"),
        ("5608", "6216261000000018"),
        ("9F6B08", "6216261000000018"),
        ("9F1F08", "6216261000000018"),
        ("5F2008", "4C414E452F4B4545"),
        ("FF0B08", "3133383030303030"),
        // A template that holds something else.
        ("610A", "5A186216261000000018"),
    ] {
        let inner = format!("{tag}{value}");
        let outer = format!("70{:02X}{inner}", inner.len() / 2);
        let padded = format!("FFFF{inner}FF{outer}00");
        for input in [&inner, &outer, &padded] {
            let card = &value[value.len() - 16..];
            assert!(!good(&["tlv"], input).contains(card), "{input}");
            assert!(good(&["tlv", "--unmask"], input).contains(card), "{input}");
        }
    }
}

/// F37.
#[test]
fn an_expiry_has_a_month() {
    let cvv = |expiry: &str| {
        let keys = "0123456789ABCDEFFEDCBA9876543210";
        let pan = "4123456789012345";
        let arguments = ["cvv", "--cvk", keys, "--pan", pan, "--expiry", expiry];
        run(&[&arguments[..], &["--service-code", "101"]].concat(), "")
    };
    assert_eq!(cvv("8701").out, "561");
    for wrong in ["0187", "8700", "8713", "870", "87011", "87 1", "+701"] {
        let outcome = cvv(wrong);
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{wrong}");
        assert!(outcome.err.contains("--expiry"), "{}", outcome.err);
    }
    assert_eq!(run(&["track"], ";4012345678909=0187?").code, 1);
}

/// F37: hex from a trace often has no prefix.
#[test]
fn hex_without_a_length_prefix_gets_a_hint_and_an_option() {
    let vector = &all_messages()[0];
    let frame = vector["hex"].as_str().unwrap();
    let bare = &frame[4..];
    let decode = ["decode", "--dialect", "cup-pos"];
    let outcome = run(&decode, bare);
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("--no-length"), "{}", outcome.err);
    let told = good(&[&decode[..], &["--no-length"]].concat(), bare);
    assert_eq!(told, good(&decode, frame));
}

/// F18.
#[test]
fn a_prefix_that_counts_itself_is_an_option_of_the_tool() {
    let vector = &all_messages()[0];
    let frame = vector["hex"].as_str().unwrap();
    let length = u16::from_str_radix(&frame[..4], 16).unwrap() + 2;
    let counting = format!("{length:04X}{}", &frame[4..]);
    let decode = ["decode", "--dialect", "cup-pos", "--unmask"];
    let option = ["--length-counts-itself"];
    let outcome = run(&decode, &counting);
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains(option[0]), "{}", outcome.err);
    let told = good(&[&decode[..], &option].concat(), &counting);
    assert_eq!(told, good(&decode, frame));
    let encode = ["encode", "--dialect", "cup-pos"];
    let again = good(&[&encode[..], &option].concat(), &told);
    assert_eq!(again, counting);
}
