//! What people are in a store.

use domain::{operators::Role, words::Sentence};

pub(crate) fn role(number: i32) -> Sentence {
    super::worded::<Role>(number)
}
