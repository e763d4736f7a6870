//! What lane and hub do not agree on. Reports name it in English; here it is read in both.

use domain::words::Sentence;

/// Each as reports have it, and in Chinese.
const DIFFERENCES: [(&str, &str); 6] = [
    (
        "carried over: its lane was silent when the day was closed",
        "已结转：日结时收银台未联系",
    ),
    (
        "asked of the previous hub, outcome unknown: see the acquirer's file",
        "由前一主机请求，结果未知：请查收单行文件",
    ),
    ("on a receipt, unknown to the hub", "小票上有，主机没有"),
    (
        "on a receipt for another amount than the hub holds",
        "小票金额与主机不同",
    ),
    ("abandoned, not undone yet", "已放弃，尚未撤销"),
    ("approved, on no receipt", "已批准，但不在任何小票上"),
];

/// By its name in a report; a newer release's as it is.
pub(crate) fn difference(what: &str) -> Sentence {
    let mut known = DIFFERENCES.iter();
    let found = known.find(|(english, _)| *english == what);
    let chinese = found.map_or(what, |(_, chinese)| chinese);
    Sentence::new(what, chinese)
}
