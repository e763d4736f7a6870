//! What a product key looks like. A picture is found by a word of the article's name; an article
//! without one keeps its name alone.

use maud::{Markup, html};

/// All pictures, one symbol each.
pub(super) const FILE: &[u8] = include_bytes!("../../assets/goods.svg");
/// Where pages find them.
pub(super) const PATH: &str = "/assets/goods.svg";

/// The symbol, and the words that mean it. The first that fits counts: what is narrower stands
/// before what is wider.
const PICTURES: &[(&str, &[&str])] = &[
    ("pineapple", &["pineapple", "菠萝"]),
    ("ice", &["ice cream", "ice lolly", "冰淇淋", "雪糕"]),
    (
        "milk",
        &[
            "milk", "juice", "cream", "yoghurt", "牛奶", "酸奶", "奶油", "汁", "豆浆",
        ],
    ),
    ("apple", &["apple", "苹果"]),
    ("pear", &["pear", "梨"]),
    ("banana", &["banana", "香蕉"]),
    ("orange", &["orange", "橙"]),
    ("lemon", &["lemon", "mango", "柠檬", "芒果"]),
    ("melon", &["melon", "哈密瓜", "西瓜"]),
    ("grapes", &["grape", "葡萄"]),
    ("tomato", &["tomato", "西红柿"]),
    ("cucumber", &["cucumber", "黄瓜"]),
    ("potato", &["potato", "kiwi", "土豆", "猕猴桃"]),
    ("carrot", &["carrot", "胡萝卜"]),
    ("onion", &["onion", "garlic", "洋葱", "大蒜"]),
    (
        "leaf",
        &[
            "lettuce",
            "spinach",
            "broccoli",
            "salad",
            "生菜",
            "菠菜",
            "西兰花",
        ],
    ),
    ("egg", &["egg", "蛋"]),
    ("cheese", &["cheese", "butter", "奶酪", "黄油"]),
    ("fish", &["fish", "salmon", "tuna", "鱼"]),
    (
        "bread",
        &[
            "toast",
            "bread",
            "bun",
            "bagel",
            "baguette",
            "croissant",
            "吐司",
            "面包",
        ],
    ),
    (
        "meat",
        &[
            "beef", "pork", "chicken", "ham", "bacon", "sausage", "肉", "排骨",
        ],
    ),
    ("beer", &["beer", "啤酒"]),
    ("wine", &["wine", "baijiu", "whisky", "酒"]),
    ("cup", &["coffee", "tea", "cocoa", "咖啡", "茶"]),
    (
        "bottle",
        &[
            "water",
            "cola",
            "drink",
            "sauce",
            "vinegar",
            "oil",
            "矿泉水",
            "可乐",
        ],
    ),
];

/// The picture of an article, by its name.
pub(super) fn picture(name: &str) -> Option<Markup> {
    let symbol = symbol_of(name)?;
    Some(html! {
        svg .picture viewBox="0 0 32 32" aria-hidden="true" {
            use href={ (PATH) "#" (symbol) } {}
        }
    })
}

fn symbol_of(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let words: Vec<&str> = name
        .split(|letter: char| !letter.is_alphanumeric())
        .collect();
    // A plural begins with its word. Chinese has no spaces, and two words have one between.
    let means = |word: &str| match word.is_ascii() && !word.contains(' ') {
        true => words.iter().any(|one| one.starts_with(word)),
        false => name.contains(word),
    };
    let mut pictures = PICTURES.iter();
    let found = pictures.find(|(_, all)| all.iter().any(|word| means(word)));
    found.map(|(symbol, _)| *symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_finds_its_picture_in_both_languages() {
        for (name, symbol) in [
            ("红富士苹果 Fuji apple", Some("apple")),
            ("苹果", Some("apple")),
            ("菠萝 Pineapple", Some("pineapple")),
            ("苹果汁 1L Apple juice 1 l", Some("milk")),
            ("土豆 Potatoes", Some("potato")),
            ("冰淇淋 Ice cream", Some("ice")),
            ("雪糕 Ice lolly", Some("ice")),
            ("电池 Batteries", None),
            ("", None),
        ] {
            assert_eq!(symbol_of(name), symbol, "{name}");
        }
    }

    #[test]
    fn each_picture_is_in_the_file_and_small() {
        let file = std::str::from_utf8(FILE).unwrap();
        for (symbol, words) in PICTURES {
            assert!(file.contains(&format!("id=\"{symbol}\"")), "{symbol}");
            assert!(!words.is_empty());
        }
        assert_eq!(file.matches("<symbol ").count(), PICTURES.len());
        assert!(FILE.len() < 16 * 1024);
    }
}
