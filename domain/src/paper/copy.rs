//! A receipt once more, from what is kept of it: the words as they were, set plainly, under a head
//! that says what it is.

use super::{
    heading::reprint,
    language::Said,
    setting::PaperSetting,
    sheet::{Paper, Sheet},
};

/// Its first line says that it is one; the words that follow are those of the first print.
#[must_use]
pub fn copy_of(text: &str, setting: PaperSetting) -> Paper {
    let mut sheet = Sheet::new(setting);
    reprint(&mut sheet);
    sheet.rule();
    for line in text.lines() {
        match line.trim_end() {
            "" => sheet.blank(),
            line => sheet.plain(&Said::plain(line)),
        }
    }
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::PaperColumns;

    #[test]
    fn a_copy_says_what_it_is_and_keeps_the_words() {
        let text =
            "            Corner shop\nMilk                12.90\n\nTOTAL CNY           12.90\n";
        let copy = copy_of(text, PaperSetting::default()).plain_text();
        assert!(copy.lines().next().unwrap().contains("REPRINT"), "{copy}");
        assert!(copy.ends_with(text), "{copy}");
        let narrow = PaperSetting {
            columns: PaperColumns::new(24).unwrap(),
            ..PaperSetting::default()
        };
        let copy = copy_of(text, narrow);
        assert!(
            copy.lines.iter().all(|line| line.text.len() <= 24),
            "{copy:?}"
        );
        assert!(copy.plain_text().contains("12.90"));
    }
}
