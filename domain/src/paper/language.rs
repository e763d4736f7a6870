//! Which languages stand on paper, and how one thing is said in them.

/// Which languages stand on paper.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum PaperLanguage {
    /// English.
    #[default]
    English,
    /// Chinese.
    Chinese,
    /// Both, one behind the other on a line: `合计 TOTAL`.
    BothOnOneLine,
    /// Both, one below the other.
    BothOnTwoLines,
}

impl PaperLanguage {
    /// All of them, with the names of a configuration.
    pub const ALL: [(&'static str, Self); 4] = [
        ("en", Self::English),
        ("zh", Self::Chinese),
        ("both", Self::BothOnOneLine),
        ("both-on-two-lines", Self::BothOnTwoLines),
    ];
}

/// One thing in both languages, with what is the same in both before and behind it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Said {
    before: String,
    english: String,
    chinese: String,
    behind: String,
}

impl Said {
    /// The same in both: a name, a number.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self {
            before: text.into(),
            ..Self::default()
        }
    }

    /// A word or a sentence.
    pub(super) fn new(english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self {
            english: english.into(),
            chinese: chinese.into(),
            ..Self::default()
        }
    }

    /// With a value behind it.
    pub(super) fn with(self, value: impl Into<String>) -> Self {
        Self {
            behind: value.into(),
            ..self
        }
    }

    /// With something before it.
    pub(super) fn behind(self, before: impl Into<String>) -> Self {
        let mut before = before.into();
        if !self.before.is_empty() {
            before = format!("{before} {}", self.before);
        }
        Self { before, ..self }
    }

    /// As it is set: one text, or two below each other.
    pub(super) fn set_in(&self, language: PaperLanguage) -> (String, Option<String>) {
        let same = self.english == self.chinese;
        match language {
            PaperLanguage::English => (self.in_language(&self.english), None),
            PaperLanguage::Chinese => (self.in_language(&self.chinese), None),
            PaperLanguage::BothOnOneLine | PaperLanguage::BothOnTwoLines if same => {
                (self.in_language(&self.english), None)
            }
            PaperLanguage::BothOnOneLine => {
                let both = format!("{} {}", self.chinese, self.english);
                (self.in_language(&both), None)
            }
            PaperLanguage::BothOnTwoLines => (
                self.in_language(&self.chinese),
                Some(self.in_language(&self.english)),
            ),
        }
    }

    fn in_language(&self, words: &str) -> String {
        let parts = [self.before.as_str(), words, self.behind.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }
}

impl From<&crate::words::Sentence> for Said {
    fn from(sentence: &crate::words::Sentence) -> Self {
        Self::new(sentence.english.clone(), sentence.chinese.clone())
    }
}
