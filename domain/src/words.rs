//! What is said to people, in both languages of a store.

/// The languages.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Language {
    /// The one of records, logs and JSON.
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

/// What has a number on the wire and in journals, and a name for people.
pub trait Worded: Copy + 'static {
    /// Every one of them.
    const ALL: &'static [Self];

    /// From 1; never used again.
    fn number(self) -> i32;

    /// Its name in English.
    fn english(self) -> &'static str;

    /// Its name in Chinese.
    fn chinese(self) -> &'static str;

    /// Its name.
    fn in_words(self) -> Sentence {
        Sentence::new(self.english(), self.chinese())
    }

    /// Its name as a line begins with it.
    fn as_title(self) -> Sentence {
        let words = self.in_words();
        let mut letters = words.english.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        Sentence {
            english: first.into_iter().chain(letters).collect(),
            ..words
        }
    }

    /// The one of this number.
    fn by_number(number: i32) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|one| one.number() == number)
    }

    /// The one of this name in English: releases before there were numbers wrote names.
    fn by_name(english: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|one| one.english() == english)
    }
}

/// An enumeration that is [`Worded`]: each variant with its number, in English and in Chinese.
macro_rules! worded {
    ($(#[$about:meta])* $type:ident:
        $($(#[$doc:meta])* $name:ident = $number:literal $english:literal $chinese:literal;)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum $type {
            $($(#[$doc])* $name,)*
        }

        impl $crate::words::Worded for $type {
            const ALL: &'static [Self] = &[$(Self::$name,)*];

            fn number(self) -> i32 {
                match self { $(Self::$name => $number,)* }
            }

            fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }

            fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }
        }
    };
}
pub(crate) use worded;

/// A reason that a record gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason<T> {
    /// By its number.
    Named(T),
    /// In words that have no number: of a release before there were any.
    InWords(String),
}

impl<T: Worded> Reason<T> {
    /// As people read it; old words stay as they were written.
    #[must_use]
    pub fn in_words(&self) -> Sentence {
        match self {
            Self::Named(reason) => reason.in_words(),
            Self::InWords(text) => Sentence::new(text.clone(), text.clone()),
        }
    }

    /// Bytes that its words may take in a record.
    #[must_use]
    pub const fn text_bytes(&self) -> usize {
        match self {
            Self::Named(_) => 0,
            Self::InWords(text) => text.len(),
        }
    }
}

impl<T> From<T> for Reason<T> {
    fn from(reason: T) -> Self {
        Self::Named(reason)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        desk::{Owner, PaymentStatus},
        forward::DeadLetterReason,
        operators::{Action, Role, SignedOffBy},
        sale::{AbandonReason, LeaseReturnReason, TenderKind},
        till::{CashMove, DrawerReason},
    };

    fn is_told_apart<T: Worded + PartialEq + std::fmt::Debug>() {
        let numbers: BTreeSet<i32> = T::ALL.iter().map(|one| one.number()).collect();
        assert_eq!(numbers.len(), T::ALL.len());
        assert!(numbers.iter().all(|number| *number > 0));
        for one in T::ALL.iter().copied() {
            let words = one.in_words();
            assert!(words.english.is_ascii(), "{one:?}");
            assert!(!words.chinese.is_ascii(), "{one:?}");
            assert_eq!(T::by_number(one.number()), Some(one));
            assert_eq!(T::by_name(&words.english), Some(one));
            assert_eq!(words.read_in(Language::Chinese), words.chinese);
        }
        assert_eq!((T::by_number(0), T::by_name("")), (None, None));
    }

    #[test]
    fn each_has_a_number_and_a_name_of_its_own_in_both_languages() {
        is_told_apart::<AbandonReason>();
        is_told_apart::<CashMove>();
        is_told_apart::<DeadLetterReason>();
        is_told_apart::<DrawerReason>();
        is_told_apart::<LeaseReturnReason>();
        is_told_apart::<Owner>();
        is_told_apart::<PaymentStatus>();
        is_told_apart::<TenderKind>();
        is_told_apart::<Action>();
        is_told_apart::<Role>();
        is_told_apart::<SignedOffBy>();
    }
}
