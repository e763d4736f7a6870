//! How wide text is on paper, in columns, and where a line that is too long breaks.
//!
//! The rule is the printer's: in Chinese mode it sets what is one byte of GB18030 in one column and
//! all else in two. So `é` and `×` are two columns here, though a terminal shows them in one, and a
//! table of Unicode widths would be wrong.

/// What stands for a character that no printer knows (the geta mark, 〓).
const NOT_PRINTABLE: char = '\u{3013}';

/// Columns that a character takes.
#[must_use]
pub const fn columns_of(letter: char) -> usize {
    if letter.is_ascii() { 1 } else { 2 }
}

/// Columns that a text takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(columns_of).fold(0, usize::saturating_add)
}

/// The text without what would be a command to the printer, moves nothing forward, or stands for
/// nothing that can be printed.
pub(super) fn printable(text: &str) -> String {
    let kept = text.chars().filter(|letter| !is_unseen(*letter));
    kept.map(|letter| {
        if is_private(letter) {
            NOT_PRINTABLE
        } else {
            letter
        }
    })
    .collect()
}

/// Controls; marks that stand on the letter before them; joiners, directions and variants.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{300}'..='\u{36f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// For private use: every font has something else there, or nothing.
const fn is_private(letter: char) -> bool {
    matches!(letter, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

/// May not begin a line.
const fn belongs_to_what_precedes(letter: char) -> bool {
    matches!(
        letter,
        '，' | '。'
            | '、'
            | '；'
            | '：'
            | '？'
            | '！'
            | '）'
            | '》'
            | '」'
            | '』'
            | '】'
            | '”'
            | '’'
    )
}

/// Breaks a text into lines of at most `room` columns: between words, or before a character of two
/// columns; a word that is longer than a line is broken anywhere. What is indented stays so where
/// there is room. At least one line.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let indent: String = text.chars().take_while(|letter| *letter == ' ').collect();
    let mut lines = vec![String::new()];
    for piece in pieces(text) {
        place(&piece, &indent, room, &mut lines);
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

fn place(piece: &str, indent: &str, room: usize, lines: &mut Vec<String>) {
    let Some(line) = lines.last_mut() else { return };
    let trimmed = columns(piece.trim_end());
    if columns(line).saturating_add(trimmed) <= room {
        line.push_str(piece);
    } else if trimmed.saturating_add(indent.len()) <= room {
        lines.push(format!("{indent}{}", piece.trim_start()));
    } else if trimmed <= room {
        lines.push(piece.trim_start().to_owned());
    } else {
        piece.chars().for_each(|letter| put(letter, room, lines));
    }
}

fn put(letter: char, room: usize, lines: &mut Vec<String>) {
    let Some(line) = lines.last_mut() else { return };
    if columns(line).saturating_add(columns_of(letter)) <= room || line.is_empty() {
        line.push(letter);
    } else {
        lines.push(letter.to_string());
    }
}

/// What is not broken if it can be helped: a word with the space behind it, a wide character with
/// the mark that belongs to it.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for letter in text.chars() {
        let before = pieces.last().and_then(|piece| piece.chars().next_back());
        let goes_on = before.is_some_and(|before| stays_with(before, letter));
        match pieces.last_mut().filter(|_| goes_on) {
            Some(piece) => piece.push(letter),
            None => pieces.push(letter.to_string()),
        }
    }
    pieces
}

const fn stays_with(before: char, letter: char) -> bool {
    if belongs_to_what_precedes(letter) {
        return true;
    }
    if letter == ' ' {
        return true;
    }
    before.is_ascii() && letter.is_ascii() && before != ' '
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_is_the_printers() {
        assert_eq!(columns("bread 1.00"), 10);
        assert_eq!(columns("鲜牛奶"), 6);
        assert_eq!(columns("crème × 2"), 11);
        assert_eq!(printable("\u{1b}@bre\u{200b}ad\u{1d}V"), "@breadV");
        assert_eq!(printable("a\u{e5e5}b"), "a〓b");
    }

    #[test]
    fn lines_break_between_words_and_between_wide_characters() {
        assert_eq!(
            wrap("whole milk of the hills", 10),
            ["whole milk", "of the", "hills"]
        );
        assert_eq!(wrap("东北五常大米", 7), ["东北五", "常大米"]);
        assert_eq!(wrap("大米，五公斤", 4), ["大", "米，", "五公", "斤"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("a abcdefghij", 4), ["a ab", "cdef", "ghij"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("  two", 10), ["  two"]);
        assert_eq!(wrap("  two three", 8), ["  two", "  three"]);
        assert_eq!(wrap("  two threefold", 9), ["  two", "threefold"]);
    }

    #[test]
    fn nothing_is_lost_and_no_line_is_too_wide() {
        let text = "Fresh 鲜牛奶 (1L装)，低温 pasteurised-homogenised 奶";
        for room in 2..60 {
            let lines = wrap(text, room);
            assert!(lines.iter().all(|line| columns(line) <= room), "{lines:?}");
            let whole: String = lines.concat().split(' ').collect();
            assert_eq!(whole, text.split(' ').collect::<String>());
        }
    }
}
