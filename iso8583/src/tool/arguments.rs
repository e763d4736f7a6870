//! The tool's options.

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

#[derive(Debug, Parser)]
#[command(
    name = "iso8583",
    version,
    about = "ISO 8583 at the desk: decode, encode, MACs, PIN blocks, keys. For test keys only.",
    after_help = "Exit codes: 0 done, 1 the answer is no (a bad message), 2 usage."
)]
pub(super) struct Arguments {
    /// How the answer is printed; by default JSON for structures and text for single values
    #[arg(long, global = true, value_enum)]
    pub(super) output: Option<Output>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Output {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Decode hex on standard input, from the length prefix on
    Decode(DecodeOptions),
    /// Encode the JSON that `decode --unmask` prints
    Encode(EncodeOptions),
    /// Compute a message authentication code
    Mac(MacOptions),
    /// Make a PIN block, or read one
    PinBlock(PinBlockOptions),
    /// Derive a DUKPT key
    Dukpt(DukptOptions),
    /// Compute a key check value
    Kcv(KcvOptions),
    /// Compute a card verification value
    Cvv(CvvOptions),
    /// Take BER-TLV apart, hex on standard input; card numbers, tracks and names are masked
    Tlv(TlvOptions),
    /// Read a magnetic stripe on standard input, one track or all; the card number is masked
    Track,
    /// Print a shell's completions
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(super) struct DecodeOptions {
    /// A built-in dialect (cup-pos, iso87-ascii, iso87-binary, iso93-ascii) or a TOML file
    #[arg(long)]
    pub(super) dialect: String,
    /// Show card numbers, tracks, PIN blocks and keys
    #[arg(long)]
    pub(super) unmask: bool,
    /// The hex has no length prefix
    #[arg(long)]
    pub(super) no_length: bool,
    /// The length prefix counts itself
    #[arg(long)]
    pub(super) length_counts_itself: bool,
}

#[derive(Debug, Args)]
pub(super) struct TlvOptions {
    /// Show card numbers, tracks and names
    #[arg(long)]
    pub(super) unmask: bool,
}

#[derive(Debug, Args)]
pub(super) struct EncodeOptions {
    /// A built-in dialect (cup-pos, iso87-ascii, iso87-binary, iso93-ascii) or a TOML file
    #[arg(long)]
    pub(super) dialect: String,
    /// The length prefix counts itself
    #[arg(long)]
    pub(super) length_counts_itself: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Algorithm {
    /// UnionPay POS: the 8 characters of F64
    CupEcb,
    /// ANSI X9.19
    #[value(name = "x9.19")]
    X919,
    /// CBC-MAC
    #[value(name = "iso9797-1-alg1")]
    Iso9797Alg1,
    /// Retail MAC
    #[value(name = "iso9797-1-alg3")]
    Iso9797Alg3,
}

#[derive(Debug, Args)]
pub(super) struct MacOptions {
    #[arg(long, value_enum)]
    pub(super) algorithm: Algorithm,
    /// 8 bytes (DES) or 16 (3DES; for x9.19 and alg3 the left and the right DES key)
    #[arg(long, value_name = "HEX")]
    pub(super) key: String,
    /// What is authenticated
    #[arg(long, value_name = "HEX")]
    pub(super) data: String,
    /// ISO 9797-1 padding method
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(super) padding: u8,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["pin", "decode"])))]
pub(super) struct PinBlockOptions {
    /// ISO 9564 format
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=4))]
    pub(super) format: u8,
    /// The PIN to put into a block
    #[arg(long)]
    pub(super) pin: Option<String>,
    /// The block to read a PIN from
    #[arg(long, value_name = "HEX")]
    pub(super) decode: Option<String>,
    /// The card number, for formats 0, 3 and 4
    #[arg(long)]
    pub(super) pan: Option<String>,
    /// Fill for formats 1, 3 and 4; drawn if not given
    #[arg(long, value_name = "HEX")]
    pub(super) random: Option<String>,
    /// Encipher or decipher under this key: DES or 3DES, for format 4 AES
    #[arg(long, value_name = "HEX")]
    pub(super) key: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Scheme {
    /// ANSI X9.24-1
    Tdes,
    /// ANSI X9.24-3, working keys of 16 bytes
    Aes128,
    /// ANSI X9.24-3, working keys of 24 bytes
    Aes192,
    /// ANSI X9.24-3, working keys of 32 bytes
    Aes256,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum KeyUseName {
    Initial,
    /// For AES the intermediate key of the counter
    Transaction,
    Pin,
    /// For AES MAC generation
    MacRequest,
    /// For AES MAC verification
    MacResponse,
    DataRequest,
    DataResponse,
}

#[derive(Debug, Args)]
pub(super) struct DukptOptions {
    #[arg(long, value_enum)]
    pub(super) scheme: Scheme,
    /// Base derivation key
    #[arg(long, value_name = "HEX")]
    pub(super) bdk: String,
    /// Key serial number with counter: 10 bytes, for AES 12
    #[arg(long, value_name = "HEX")]
    pub(super) ksn: String,
    #[arg(long, value_enum)]
    pub(super) key_use: KeyUseName,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Cipher {
    Des,
    Aes,
}

#[derive(Debug, Args)]
pub(super) struct KcvOptions {
    #[arg(long, value_name = "HEX")]
    pub(super) key: String,
    /// des: 3DES unless the key has 8 bytes
    #[arg(long, value_enum, default_value = "des")]
    pub(super) cipher: Cipher,
}

#[derive(Debug, Args)]
pub(super) struct CvvOptions {
    /// Both verification keys, 16 bytes
    #[arg(long, value_name = "HEX")]
    pub(super) cvk: String,
    #[arg(long)]
    pub(super) pan: String,
    #[arg(long, value_name = "YYMM")]
    pub(super) expiry: String,
    #[arg(long, value_name = "NNN")]
    pub(super) service_code: String,
}
