//! The secret that opens the pages: whoever has it may work at them.
//!
//! It lies in a file that only its owner reads. A start that finds none draws one, so that a page
//! is never open to whoever asks. It stays the same from start to start: a browser that was let in
//! is let in after a restart.

use std::{
    fmt, fs, io,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base16ct::lower::encode_string as hex;
use ports::Random;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of a token that is drawn here.
const TOKEN_BYTES: usize = 16;
/// A file of less is not taken: it could be guessed.
const TOKEN_LETTERS_MIN: usize = 16;
/// Nor one of more: it would not fit an address.
const TOKEN_LETTERS_MAX: usize = 128;
/// What makes a form's secret of a token.
const FORM_CONTEXT: &str = "lanekeeper 2026-11 form of a web page";

/// The secret of the pages. `Debug` does not show it.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file.
    #[error("token file {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What stands in it.
    #[error(
        "token file {}: must hold {TOKEN_LETTERS_MIN} to {TOKEN_LETTERS_MAX} letters and digits",
        path.display()
    )]
    Unfit {
        /// Which.
        path: PathBuf,
    },
}

impl Token {
    /// Reads the token of a file, or draws one and keeps it there.
    ///
    /// # Errors
    /// A file that can't be read or written, or holds no token.
    pub fn of_file(path: &Path, random: &dyn Random) -> Result<Self, TokenError> {
        let file = |source| TokenError::File {
            path: path.to_owned(),
            source,
        };
        match fs::read_to_string(path) {
            Ok(text) => {
                let text = Zeroizing::new(text);
                Self::new(text.trim()).ok_or_else(|| TokenError::Unfit {
                    path: path.to_owned(),
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
                random.fill(bytes.as_mut());
                let token = Self(Zeroizing::new(hex(bytes.as_ref())));
                token.keep(path).map_err(file)?;
                Ok(token)
            }
            Err(error) => Err(file(error)),
        }
    }

    /// A token of these letters; `None`: too few, too many, or other than letters and digits.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = (TOKEN_LETTERS_MIN..=TOKEN_LETTERS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// Writes it where only the owner of the file can read it.
    fn keep(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(self.0.as_bytes())?;
        file.sync_all()
    }

    /// As it stands in an address.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether somebody showed it. Takes the same time whatever was shown.
    #[must_use]
    pub fn is(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }

    /// What a form of our pages carries and no page of others can know.
    #[must_use]
    pub fn form(&self) -> String {
        hex(&blake3::derive_key(FORM_CONTEXT, self.0.as_bytes()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use ports::OsRandom;

    use super::*;

    #[test]
    fn a_token_is_drawn_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("screens/token");
        let random = OsRandom;
        let drawn = Token::of_file(&path, &random).unwrap();
        let again = Token::of_file(&path, &random).unwrap();
        assert_eq!(drawn.reveal(), again.reveal());
        assert_eq!(drawn.form(), again.form());
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{drawn:?}").contains(drawn.reveal()));
    }

    #[test]
    fn a_file_without_a_token_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for unfit in [
            "",
            "short",
            "with blanks in between",
            "with/../slashes/and?more",
        ] {
            fs::write(&path, unfit).unwrap();
            let refused = Token::of_file(&path, &OsRandom);
            assert!(matches!(refused, Err(TokenError::Unfit { .. })), "{unfit}");
        }
    }
}
