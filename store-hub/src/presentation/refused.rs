//! Why the hub does not do what it was asked: a status says it in English, as all of them do, and
//! carries the same in Chinese beside it for those who read that.

use domain::{
    operators::RosterFault,
    words::{Language, Sentence},
};
use tonic::{Status, metadata::MetadataValue};

/// Three letters and four digits.
const CODE_LETTERS: usize = 7;
/// Where it stands in a status.
const CHINESE: &str = "words-zh-bin";

/// The status, with what it says in Chinese.
pub(crate) fn with_chinese(mut status: Status, chinese: &str) -> Status {
    let value = MetadataValue::from_bytes(chinese.as_bytes());
    status.metadata_mut().insert_bin(CHINESE, value);
    status
}

/// What a status says. One that has no Chinese is told by its code alone.
pub(crate) fn refused(status: &Status) -> Sentence {
    let english = status.message();
    let told = status.metadata().get_bin(CHINESE);
    let told = told.and_then(|value| value.to_bytes().ok());
    let told = told.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    Sentence::new(english, told.unwrap_or_else(|| by_code(english)))
}

/// The same, as a page shows it.
pub(crate) fn refused_in(status: &Status, language: Language) -> String {
    refused(status).read_in(language).to_owned()
}

fn by_code(english: &str) -> String {
    let code = english.split(':').next().unwrap_or_default();
    match code.starts_with("HUB") && code.len() == CODE_LETTERS {
        true => format!("主机未执行此操作（{code}）"),
        false => "主机未执行此操作".to_owned(),
    }
}

/// Why an order about operators is not carried out.
pub(crate) fn roster_fault(fault: RosterFault) -> String {
    match fault {
        RosterFault::Unknown(number) => format!("没有工号 {}", number.0),
        RosterFault::Taken(number) => format!("工号 {} 已有人使用，不可再分配", number.0),
        RosterFault::NoNumber => "工号从 1 开始".to_owned(),
        RosterFault::TooMany => "员工人数已达上限".to_owned(),
        RosterFault::InvalidName => "姓名为空、过长或含有无法打印的字符".to_owned(),
        RosterFault::BadgeTaken(number) => format!("此工牌属于工号 {}", number.0),
        RosterFault::EndsBeforeBegin => "最后工作日早于开始日期".to_owned(),
        RosterFault::NoManager(date) => format!("{date} 将没有在岗的经理"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_in_both_languages() {
        let status = Status::not_found("no operator 7");
        let status = with_chinese(status, "没有工号 7");
        assert_eq!(
            refused(&status),
            Sentence::new("no operator 7", "没有工号 7")
        );
        let bare = Status::internal("HUB0017: the disk has no room");
        assert_eq!(refused(&bare).chinese, "主机未执行此操作（HUB0017）");
        let none = Status::unavailable("the hub is away");
        assert_eq!(refused(&none).chinese, "主机未执行此操作");
    }
}
