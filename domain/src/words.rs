//! What is said to people, in both languages of a store.

/// The languages.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Chinese, simplified.
    Chinese,
}

/// One sentence, or a part of one, in both languages.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sentence {
    /// English.
    pub english: String,
    /// Chinese, simplified.
    pub chinese: String,
}

impl Sentence {
    /// The same thing in both.
    pub fn new(english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self {
            english: english.into(),
            chinese: chinese.into(),
        }
    }

    /// The sentence in this language.
    #[must_use]
    pub fn read_in(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::Chinese => &self.chinese,
        }
    }
}
