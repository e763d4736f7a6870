//! A sheet of paper in the making: lines of so many columns, top to bottom.

use super::{
    language::Said,
    setting::PaperSetting,
    width::{columns, printable, wrap},
};
use crate::money::Money;

/// How a line is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PaperStyle {
    /// As it is.
    Plain,
    /// So that it is found.
    Bold,
    /// Bold, in the middle.
    Title,
    /// In the middle.
    Centred,
    /// As a barcode in the middle, its text below.
    Barcode,
}

/// One line of paper, never wider than the paper.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaperLine {
    /// How it is set.
    pub style: PaperStyle,
    /// Without its margin when centred.
    pub text: String,
}

/// One paper, from its head to where it is cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paper {
    /// How wide it is, in columns.
    pub columns: usize,
    /// Top to bottom.
    pub lines: Vec<PaperLine>,
}

impl Paper {
    /// As plain text, one line of paper a line, without spaces at their ends.
    #[must_use]
    pub fn plain_text(&self) -> String {
        self.lines
            .iter()
            .map(|line| self.plain_line(line))
            .collect()
    }

    fn plain_line(&self, line: &PaperLine) -> String {
        let margin = match line.style {
            PaperStyle::Plain | PaperStyle::Bold => 0,
            PaperStyle::Title | PaperStyle::Centred | PaperStyle::Barcode => {
                let free = self.columns.saturating_sub(columns(&line.text));
                free.checked_div(2).unwrap_or(0)
            }
        };
        let text = format!("{:margin$}{}", "", line.text);
        format!("{}\n", text.trim_end())
    }
}

/// What an indented line begins with.
pub(super) const INDENT: &str = " ";

/// Takes what is said and sets it.
pub(super) struct Sheet {
    setting: PaperSetting,
    lines: Vec<PaperLine>,
}

impl Sheet {
    pub(super) const fn new(setting: PaperSetting) -> Self {
        Self {
            setting,
            lines: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Paper {
        Paper {
            columns: self.setting.columns.get(),
            lines: self.lines,
        }
    }

    /// Said on lines of its own.
    pub(super) fn say(&mut self, style: PaperStyle, said: &Said) {
        let (first, second) = said.set_in(self.setting.language);
        for text in [Some(first), second].into_iter().flatten() {
            for line in wrap(&printable(&text), self.setting.columns.get()) {
                self.push(style, line);
            }
        }
    }

    pub(super) fn plain(&mut self, said: &Said) {
        self.say(PaperStyle::Plain, said);
    }

    pub(super) fn bold(&mut self, said: &Said) {
        self.say(PaperStyle::Bold, said);
    }

    pub(super) fn title(&mut self, said: &Said) {
        self.say(PaperStyle::Title, said);
    }

    pub(super) fn centred(&mut self, said: &Said) {
        self.say(PaperStyle::Centred, said);
    }

    /// What a scanner reads again: plain ASCII, short enough for any paper.
    pub(super) fn barcode(&mut self, text: String) {
        self.push(PaperStyle::Barcode, text);
    }

    /// What belongs to the line above.
    pub(super) fn indented(&mut self, said: Said) {
        self.plain(&said.behind(INDENT));
    }

    /// Two things that belong to the line above: beside each other where there is room.
    pub(super) fn indented_both(&mut self, one: Said, other: Said) {
        let language = self.setting.language;
        let (first, first_below) = one.behind(INDENT).set_in(language);
        let (second, second_below) = other.behind(INDENT).set_in(language);
        self.beside(&first, &second);
        if let (Some(first), Some(second)) = (first_below, second_below) {
            self.beside(&first, &second);
        }
    }

    fn beside(&mut self, first: &str, second: &str) {
        let room = self.setting.columns.get();
        let together = format!("{first}{second}");
        if columns(&together) <= room {
            self.push(PaperStyle::Plain, together);
            return;
        }
        for text in [first, second] {
            for line in wrap(&printable(text), room) {
                self.push(PaperStyle::Plain, line);
            }
        }
    }

    /// In the middle, on one line or, where there is no room, on two.
    pub(super) fn centred_both(&mut self, first: &str, second: &str) {
        let together = format!("{first}  {second}");
        if columns(&together) <= self.setting.columns.get() {
            self.centred(&Said::plain(together));
        } else {
            self.centred(&Said::plain(first));
            self.centred(&Said::plain(second));
        }
    }

    /// Left and right.
    pub(super) fn pair(&mut self, left: &Said, right: &Said) {
        self.pair_set(PaperStyle::Plain, left, right);
    }

    /// A name and its amount.
    pub(super) fn amount(&mut self, left: &Said, money: Money) {
        self.pair(left, &Said::plain(amount(money)));
    }

    /// The one that people look for.
    pub(super) fn total(&mut self, left: &Said, money: Money) {
        self.pair_set(PaperStyle::Bold, left, &Said::plain(amount(money)));
    }

    fn pair_set(&mut self, style: PaperStyle, left: &Said, right: &Said) {
        let language = self.setting.language;
        let (left, left_below) = left.set_in(language);
        let (right, right_below) = right.set_in(language);
        self.set_pair(style, &left, &right);
        if left_below.is_some() || right_below.is_some() {
            let left = left_below.unwrap_or_default();
            self.set_pair(style, &left, &right_below.unwrap_or_default());
        }
    }

    /// Both on one line; the left side goes on below when it has no room, and the right side stands
    /// at the end of the last line, or on one of its own.
    fn set_pair(&mut self, style: PaperStyle, left: &str, right: &str) {
        let room = self.setting.columns.get();
        let (left, right) = (printable(left), printable(right));
        if right.is_empty() {
            for line in wrap(&left, room) {
                self.push(style, line);
            }
            return;
        }
        let mut lines = wrap(&left, room);
        let last = lines.pop().unwrap_or_default();
        for line in lines {
            self.push(style, line);
        }
        let taken = columns(&last).saturating_add(columns(&right));
        if taken < room {
            let gap = room.saturating_sub(taken);
            self.push(style, format!("{last}{:gap$}{right}", ""));
            return;
        }
        if !last.is_empty() {
            self.push(style, last);
        }
        for line in wrap(&right, room) {
            let margin = room.saturating_sub(columns(&line));
            self.push(style, format!("{:margin$}{line}", ""));
        }
    }

    /// A line across the paper.
    pub(super) fn rule(&mut self) {
        let rule = "-".repeat(self.setting.columns.get());
        self.push(PaperStyle::Plain, rule);
    }

    /// Room to write in.
    pub(super) fn blank(&mut self) {
        self.push(PaperStyle::Plain, String::new());
    }

    fn push(&mut self, style: PaperStyle, text: String) {
        self.lines.push(PaperLine { style, text });
    }
}

/// The amount without its currency, which stands at the total.
pub(super) fn amount(money: Money) -> String {
    let text = money.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}
