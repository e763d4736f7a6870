//! Price files as people hand them in: what is read, and what is refused in which words.

#![allow(clippy::arithmetic_side_effects, reason = "a test may overflow loudly")]

use proptest::prelude::*;

use super::*;
use crate::{
    barcode::{BarcodeError, LabelLayout, check_digit},
    limits::FILE_FAULTS_LISTED_MAX,
    money::{Currency, Money},
    sale::Event,
    scan_codes::{CodeMeaning, CodeRule, CodeTable},
};

const HEADING: &str = "barcode,name,price_minor,currency,kind\n";

fn good(text: impl AsRef<[u8]>) -> PriceBook {
    match read(text.as_ref(), Currency::CNY) {
        Ok(file) => file.book,
        Err(faults) => panic!("{faults}"),
    }
}

/// The faults in words.
fn bad(text: impl AsRef<[u8]>) -> Vec<String> {
    let faults = read(text.as_ref(), Currency::CNY).unwrap_err();
    faults.told().iter().map(ToString::to_string).collect()
}

fn rows(rows: &str) -> String {
    format!("{HEADING}{rows}\n")
}

fn price(book: &PriceBook, code: &str) -> Result<i64, NotSold> {
    let item = book.look_up(code, LabelLayout::ItemOfFive)?;
    Ok(item.unit_price.minor())
}

#[test]
fn pieces_cost_what_the_file_says_and_labels_what_they_carry() {
    let book = good(rows(
        "6900000000014,whole milk ,1250,CNY,piece\n2100001,beef,9900,CNY,price-embedded",
    ));
    assert_eq!(book.len(), 2);
    let milk = book.look_up("6900000000014", LabelLayout::ItemOfFive);
    let milk = milk.unwrap();
    assert_eq!(
        (milk.name.as_str(), milk.price_embedded),
        ("whole milk", false)
    );
    assert_eq!(milk.unit_price, Money::new(1250, Currency::CNY));
    let label = |body: &str| format!("{body}{}", check_digit(body).unwrap());
    let beef = label("210000102345");
    assert_eq!(price(&book, &beef), Ok(2345));
    assert_eq!(price(&book, &label("210000100000")), Err(NotSold::NoPrice));
    assert_eq!(price(&book, "4006381333931"), Err(NotSold::NotInFile));
    let misread = NotSold::Misread(BarcodeError::CheckDigit);
    assert_eq!(price(&book, "4006381333930"), Err(misread));
}

#[test]
fn f26_a_byte_order_mark_is_no_part_of_the_heading() {
    let book = good(include_bytes!("hub_prices_bom.csv"));
    assert_eq!(price(&book, "6901234567892"), Ok(100));
}

#[test]
fn f26_gbk_is_refused_by_name_with_the_remedy() {
    let said = bad(include_bytes!("hub_prices_gbk.csv"));
    assert_eq!(
        said,
        ["line 2: the file is GBK (GB18030), not UTF-8: save it as \"CSV UTF-8\""]
    );
}

#[test]
fn f26_every_fault_is_told_with_its_line_and_column() {
    let said = bad(include_bytes!("hub_prices_one_bad_row.csv"));
    assert_eq!(
        said,
        [
            "line 3, barcode: 6900000000017: the check digit is wrong, it would be 6900000000014",
            "line 3, price_minor: \"7.50\" has a decimal sign: the price is whole minor units, as \
             in 750",
        ]
    );
}

#[test]
fn f26_another_currency_is_a_fault_of_each_line() {
    let said = bad(rows(
        "6900000000014,milk,1250,EUR,piece\n6901234567892,bread,700,cny,piece",
    ));
    assert_eq!(
        said,
        [
            "line 2, currency: \"EUR\", and the store sells in CNY",
            "line 3, currency: \"cny\", and the store sells in CNY",
        ]
    );
}

#[test]
fn f26_the_same_table_is_read_as_each_program_writes_it() {
    let plain =
        rows("6900000000014,\"milk, whole\",1250,CNY,piece\n2100001,beef,0,CNY,price-embedded");
    let wanted = good(&plain);
    let semicolons = "barcode;name;price_minor;currency;kind\r\n\
        6900000000014;milk, whole;1250;CNY;piece\r\n2100001;beef;0;CNY;price-embedded\r\n";
    for other in [
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        format!("\u{feff}{plain}"),
        semicolons.to_owned(),
        format!("sep=;\r\n{semicolons}"),
        semicolons.replace(';', "\t"),
        semicolons
            .replace(";piece", ";piece;;;")
            .replace("embedded", "embedded;;"),
        format!("{semicolons};;;;\r\n\r\n"),
        plain.replace("6900000000014", "\"6900000000014\""),
    ] {
        assert_eq!(good(&other), wanted, "{other}");
    }
}

#[test]
fn f29_a_free_article_is_in_the_book() {
    let book = good(include_bytes!("hub_prices_free_article.csv"));
    assert_eq!(price(&book, "6901234567892"), Ok(0));
}

#[test]
fn f29_a_piece_that_would_scan_as_a_label_is_refused_in_every_form() {
    let file = include_str!("hub_prices_instore_piece.csv");
    let said = bad(file.replace("2012345678903", "02012345678903"));
    assert!(said[0].contains("scans as a label"), "{said:?}");
    let said = bad(file.replace("2012345678903", "2012345678900"));
    assert_eq!(said.len(), 1, "{said:?}");
    for prefix in 20..=29 {
        let body = format!("{prefix}1234567890");
        let number = format!("{body}{}", check_digit(&body).unwrap());
        let said = bad(file.replace("2012345678903", &number));
        assert!(said[0].starts_with("line 2, barcode: 2"), "{said:?}");
        assert!(said[0].contains("never found as a piece"), "{said:?}");
    }
    // EAN-8 of the store's own have no label to be taken for.
    let body = "2012345";
    let ean8 = format!("{body}{}", check_digit(body).unwrap());
    let book = good(file.replace("2012345678903", &ean8));
    assert_eq!(price(&book, &ean8), Ok(350));
}

#[test]
fn f29_labels_that_no_scan_leads_to_are_refused() {
    for (item, word) in [
        ("1100001", "no prefix and item"),
        ("21", "no prefix and item"),
        ("21000011", "no prefix and item"),
        ("6900000000014", "no prefix and item"),
        ("210001", "6 digits, 2100002 on line 2 has 7"),
    ] {
        let said = bad(rows(&format!(
            "2100002,pork,0,CNY,price-embedded\n{item},beef,0,CNY,price-embedded"
        )));
        assert!(said[0].contains(word), "{item}: {said:?}");
    }
    let six = good(rows("210001,beef,0,CNY,price-embedded"));
    assert!(six.unfit_for(LabelLayout::ItemOfFive).is_some());
    assert!(six.unfit_for(LabelLayout::PriceCheckDigit).is_none());
}

#[test]
fn f30_a_upc_a_that_is_scanned_finds_the_ean_13_that_was_filed() {
    let file = include_str!("hub_prices_gtin12_filed_as_13.csv");
    let forms = ["036000291452", "0036000291452", "00036000291452"];
    for filed in forms {
        let book = good(file.replace("0036000291452", filed));
        for scanned in forms {
            assert_eq!(price(&book, scanned), Ok(500), "{scanned} of {filed}");
        }
    }
    let ean8 = good(rows("96385074,gum,150,CNY,piece"));
    assert_eq!(price(&ean8, "0000096385074"), Ok(150));
}

#[test]
fn f30_the_same_number_twice_is_a_fault_of_the_file() {
    let said = bad(rows(
        "036000291452,crackers,500,CNY,piece\n6900000000014,milk,1,CNY,piece\n\
         0036000291452,crackers,550,CNY,piece\n00036000291452,crackers,550,CNY,piece",
    ));
    assert_eq!(
        said,
        [
            "line 4, barcode: 00036000291452 stands on line 2 already, as 036000291452",
            "line 5, barcode: 00036000291452 stands on line 2 already, as 036000291452",
        ]
    );
}

#[test]
fn numbers_prices_and_names_that_cannot_be_are_told_in_their_own_words() {
    for (row, said) in [
        (",milk,1,CNY,piece", "barcode: is empty"),
        (
            "690000000001,milk,1,CNY,piece",
            "barcode: 690000000001: the check digit is wrong",
        ),
        (
            "69000000000,milk,1,CNY,piece",
            "\"69000000000\" is no article number",
        ),
        ("6.9E+12,milk,1,CNY,piece", "was rounded by a spreadsheet"),
        ("６900000000014,milk,1,CNY,piece", "is no article number"),
        ("6900000000014,,1,CNY,piece", "name: is empty"),
        (
            "6900000000014,mi\u{7}lk,1,CNY,piece",
            "name: holds a control character",
        ),
        ("6900000000014,milk,,CNY,piece", "price_minor: is empty"),
        ("6900000000014,milk,-1,CNY,piece", "\"-1\" is negative"),
        ("6900000000014,milk,\"7,5\",CNY,piece", "as in 750"),
        ("6900000000014,milk,0.05,CNY,piece", "as in 5"),
        ("6900000000014,milk,1000000000000,CNY,piece", "is more than"),
        (
            "6900000000014,milk,99999999999999999999999,CNY,piece",
            "is more than",
        ),
        ("6900000000014,milk,1 250,CNY,piece", "is no whole number"),
        ("6900000000014,milk,+5,CNY,piece", "is no whole number"),
        ("6900000000014,milk,¥5,CNY,piece", "is no whole number"),
        ("6900000000014,milk,1,,piece", "currency: is empty"),
        ("6900000000014,milk,1,CNY,", "kind: is empty"),
        (
            "6900000000014,milk,1,CNY,weighted",
            "kind: \"weighted\" is no kind",
        ),
        ("6900000000014,milk,1,CNY", "4 fields, the heading has 5"),
        (
            "6900000000014,milk,1,CNY,piece,x",
            "6 fields, the heading has 5",
        ),
        (
            "6900000000014,\"milk,1,CNY,piece",
            "the quote before field 2 is not closed",
        ),
        (
            "6900000000014,\"mi\"lk,1,CNY,piece",
            "field 2 goes on behind its closing quote",
        ),
    ] {
        let told = bad(rows(row));
        assert_eq!(told.len(), 1, "{row}: {told:?}");
        assert!(told[0].starts_with("line 2"), "{told:?}");
        assert!(told[0].contains(said), "{row}: {told:?}");
    }
}

#[test]
fn a_quote_left_open_costs_its_own_line_only() {
    let said = bad(rows(
        "6900000000014,\"milk,1,CNY,piece\n6901234567892,bread,x,CNY,piece",
    ));
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[1].starts_with("line 3, price_minor"), "{said:?}");
}

#[test]
fn a_name_is_measured_in_bytes() {
    let name = |letters: usize| {
        rows(&format!(
            "6900000000014,{},1,CNY,piece",
            "奶".repeat(letters)
        ))
    };
    assert_eq!(good(name(42)).articles().next().unwrap().name.len(), 126);
    let said = bad(name(43));
    assert_eq!(said, ["line 2, name: 129 bytes of UTF-8, at most 128 fit"]);
}

#[test]
fn columns_of_the_checkout_to_come_are_read_and_kept() {
    let text = "kind,unit,barcode,name,price_minor,currency,category,tax_class,age,expiry_days\n\
        piece,bottle,6900000000014,wine,8800,CNY,drinks,A,18,0\n\
        piece,,6901234567892,milk,100,CNY,dairy,,,\n";
    let book = good(text);
    let all: Vec<Article<'_>> = book.articles().collect();
    assert_eq!(
        (all[0].category, all[0].tax_class, all[0].unit),
        ("drinks", "A", "bottle")
    );
    assert_eq!((all[0].age, all[0].expiry_days), (Some(18), Some(0)));
    assert_eq!(
        (all[1].category, all[1].unit, all[1].age),
        ("dairy", "", None)
    );
    for (from, to, said) in [
        (
            ",18,",
            ",eighteen,",
            "line 2, age: \"eighteen\" is no whole number",
        ),
        (
            ",18,",
            ",180,",
            "line 2, age: \"180\" is not between 0 and 99",
        ),
        (
            "18,0",
            "18,-3",
            "line 2, expiry_days: \"-3\" is no whole number",
        ),
        (
            "18,0",
            "18,99999999",
            "line 2, expiry_days: \"99999999\" is not between 0 and 3650",
        ),
    ] {
        assert_eq!(bad(text.replace(from, to)), [said]);
    }
    let long = "x".repeat(65);
    let said = bad(text.replace("drinks", &long));
    assert_eq!(
        said,
        ["line 2, category: 65 bytes of UTF-8, at most 64 fit"]
    );
}

const SHOP: &str =
    "barcode,name,price_minor,currency,kind,tax_class,plu,tax_rate_basis_points,recalled
6900000000014,milk,625,CNY,piece,A,,1300,
6901234567892,wine,8800,CNY,piece,A,,1300,yes
2200001,apples,1990,CNY,weighed,B,4011,900,no
2100001,beef,9900,CNY,price-embedded,B,,900,
4006381333931,nails,4500,CNY,weighed,,77,,
";

#[test]
fn a_short_code_finds_its_article_and_a_recalled_one_is_named() {
    let book = good(SHOP);
    let Event::Scanned(apples) = book.by_plu(4011) else {
        panic!("{:?}", book.by_plu(4011));
    };
    assert_eq!(
        (apples.name.as_str(), apples.barcode.as_str()),
        ("apples", "4011")
    );
    assert!(apples.lacks_weight());
    assert_eq!(apples.tax_rate_basis_points, Some(900));
    assert!(matches!(book.by_plu(77), Event::Scanned(nails) if nails.lacks_weight()));
    assert_eq!(
        book.by_plu(4012),
        Event::NotFound {
            barcode: "4012".to_owned()
        }
    );
    let codes = CodeTable::usual(LabelLayout::ItemOfFive);
    let wine = Event::NotForSale {
        name: "wine".to_owned(),
    };
    assert_eq!(book.scanned("6901234567892", &codes), wine);
    assert!(matches!(
        book.scanned("6900000000014", &codes),
        Event::Scanned(_)
    ));
    let wallet = book.scanned("134567890123456789", &codes);
    assert_eq!(wallet, Event::OtherCode(CodeMeaning::WalletCode));
    assert_eq!(
        (book.tax_rate("A"), book.tax_rate("C")),
        (Some(1_300), None)
    );
    assert_eq!(good(book.to_csv()), book);
}

#[test]
fn a_label_carries_price_or_weight_as_the_table_says() {
    let book = good(SHOP);
    let label = |body: &str| format!("{body}{}", check_digit(body).unwrap());
    let rule = |prefix: &str, meaning| CodeRule {
        prefix: prefix.to_owned(),
        length_min: 13,
        length_max: 13,
        meaning,
    };
    let rules = vec![
        rule("21", CodeMeaning::PricedLabel),
        rule("22", CodeMeaning::WeighedLabel),
    ];
    let codes = CodeTable::new(LabelLayout::ItemOfFive, rules).unwrap();
    let apples = book.find(&label("220000100512"), &codes).unwrap();
    assert_eq!(apples.weight.unwrap().grams, 512);
    assert_eq!(apples.unit_price.minor(), 1990);
    assert!(!apples.lacks_weight());
    let nothing = book.find(&label("220000100000"), &codes);
    assert_eq!(nothing, Err(NotSold::NoWeight));
    // By the usual table the same label says what it costs.
    let priced = book.look_up(&label("220000100512"), LabelLayout::ItemOfFive);
    let priced = priced.unwrap();
    assert_eq!((priced.unit_price.minor(), priced.weight), (512, None));
    assert!(priced.price_embedded && !priced.lacks_weight());
    let beef = book.find(&label("210000102345"), &codes).unwrap();
    assert_eq!((beef.unit_price.minor(), beef.price_embedded), (2345, true));
}

#[test]
fn short_codes_rates_and_recalls_that_cannot_be_are_told() {
    for (from, to, said) in [
        (
            ",4011,",
            ",77,",
            &["line 6, plu: 77 is the short code of line 4 already"][..],
        ),
        (
            ",4011,",
            ",0,",
            &["line 4, plu: \"0\" is no short code: 1 to 6 digits, not all zero"],
        ),
        (
            ",4011,",
            ",4O11,",
            &["line 4, plu: \"4O11\" is no short code: 1 to 6 digits, not all zero"],
        ),
        (
            "A,,1300,yes",
            "A,,900,yes",
            &["line 3, tax_rate_basis_points: A takes 900 basis points here and 1300 on line 2"],
        ),
        (
            "A,,1300,yes",
            "A,,,yes",
            &["line 3, tax_rate_basis_points: A takes no basis points here and 1300 on line 2"],
        ),
        (
            ",77,,",
            ",77,900,",
            &["line 6, tax_rate_basis_points: a rate needs its tax_class"],
        ),
        (
            "1300,yes",
            "1300,soon",
            &["line 3, recalled: \"soon\" is neither yes nor no"],
        ),
    ] {
        assert!(SHOP.contains(from), "{from}");
        assert_eq!(bad(SHOP.replacen(from, to, 1)), said, "{from} {to}");
    }
}

#[test]
fn headings_are_checked_and_almost_right_ones_are_understood() {
    let rest = "6900000000014,milk,1,CNY,piece\n";
    let said = bad(format!("Barcode,name,price,currency,kind\n{rest}"));
    assert_eq!(
        said,
        [
            "line 1, Barcode: is no column; meant is barcode?",
            "line 1, price: is no column; meant is price_minor?",
        ]
    );
    assert_eq!(bad("barcode,name\n1,2\n").len(), 4);
    let twice = bad("barcode,name,price_minor,currency,kind,name\n");
    assert_eq!(twice, ["line 1, name: this column stands there twice"]);
    assert_eq!(bad(HEADING), ["line 1: the file holds no article"]);
    assert_eq!(bad("").len(), 5);
    let more = read(
        b"barcode,supplier,name,price_minor,currency,kind\n6900000000014,x,milk,1,CNY,piece\n",
        Currency::CNY,
    );
    assert_eq!(more.unwrap().not_read, ["supplier"]);
}

#[test]
fn a_hundred_faults_are_told_and_the_rest_is_counted() {
    let lines: Vec<String> = (0..250)
        .map(|_| "6900000000014,milk,x,CNY,piece".to_owned())
        .collect();
    let faults = read(rows(&lines.join("\n")).as_bytes(), Currency::CNY).unwrap_err();
    assert_eq!(faults.told().len(), FILE_FAULTS_LISTED_MAX);
    assert_eq!(faults.more(), 250 - 100 + 249);
    assert!(faults.to_string().ends_with("and 399 faults more"));
}

#[test]
fn the_kept_form_is_the_same_book_in_the_same_bytes() {
    let book = good(
        "kind;barcode;name;price_minor;currency;age\r\n\
         piece;036000291452;\"a \"\"b\"\", c\";5;CNY;18\r\n\
         price-embedded;2100001;beef;0;CNY;\r\npiece;6900000000014;牛奶;1;CNY;\r\n",
    );
    let csv = book.to_csv();
    assert_eq!(
        csv,
        "barcode,name,price_minor,currency,kind,age\n\
         036000291452,\"a \"\"b\"\", c\",5,CNY,piece,18\n\
         6900000000014,牛奶,1,CNY,piece,\n2100001,beef,0,CNY,price-embedded,\n"
    );
    assert_eq!(good(&csv), book);
    assert_eq!(good(&csv).to_csv(), csv);
}

proptest! {
    /// F26: whatever is handed in, it is a book or faults.
    #[test]
    fn f26_no_file_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes, Currency::CNY);
        let headed = [HEADING.as_bytes(), &bytes].concat();
        let _ = read(&headed, Currency::JPY);
    }

    /// F26: a good file with anything put in anywhere.
    #[test]
    fn f26_no_broken_file_panics(
        at in 0..200_usize,
        put in "[,;\t\"\r\n0-9.\\-+eE\u{feff}\u{725b} ]{0,6}",
        cut in 0..6_usize,
    ) {
        let text = rows(
            "6900000000014,\"whole, milk\",1250,CNY,piece\n2100001,beef,9900,CNY,price-embedded\n\
             036000291452,crackers,500,CNY,piece",
        );
        let mut bytes = text.into_bytes();
        let from = at.min(bytes.len());
        let to = (from + cut).min(bytes.len());
        bytes.splice(from..to, put.bytes());
        match read(&bytes, Currency::CNY) {
            Ok(file) => {
                let csv = file.book.to_csv();
                prop_assert_eq!(read(csv.as_bytes(), Currency::CNY).unwrap().book, file.book);
            }
            Err(faults) => prop_assert!(!faults.told().is_empty()),
        }
    }
}
