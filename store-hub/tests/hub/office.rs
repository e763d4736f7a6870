//! The hub's pages as a browser asks for them: who is let in, what each role opens, and orders that
//! are carried out by the same calls as a command's.

use std::{collections::BTreeMap, net::TcpListener, time::Duration};

use acquirer_host::MemoryLedger;
use proto::store::v1::{LaneStatus, hub_frame, lane_frame};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    lane::{Lane, new_id},
    store::{APPROVED_PAN, Host, Hub, Store},
};

const MANAGER: (&str, &str) = ("301", "471036");
const CASHIER: (&str, &str) = ("101", "258014");

struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

/// A browser with its cookies, and what our pages let it carry in an order.
struct Browser {
    address: String,
    cookies: BTreeMap<String, String>,
    form: String,
}

impl Browser {
    async fn open(store: &Store, address: &str) -> Self {
        let token = std::fs::read_to_string(store.folder.path().join("office.token")).unwrap();
        let mut browser = Self {
            address: address.to_owned(),
            cookies: BTreeMap::new(),
            form: String::new(),
        };
        let path = format!("/sign-on?token={}", token.trim());
        let opened = browser.get(&path).await;
        assert_eq!(opened.status, 303);
        for page in ["/sign-on", "/now"] {
            let page = browser.get(page).await;
            browser.remember_form(&page.body);
        }
        browser
    }

    fn remember_form(&mut self, page: &str) {
        let mark = "name=\"lanekeeper-form\" content=\"";
        if let Some((_, rest)) = page.split_once(mark) {
            self.form = rest.split('"').next().unwrap().to_owned();
        }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }

    async fn post(&mut self, path: &str, form: &str) -> Answer {
        self.ask("POST", path, form).await
    }

    async fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\ncookie: {}\r\n\
             x-lanekeeper-form: {}\r\nhx-request: true\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            cookies.join("; "),
            self.form,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let mut headers = BTreeMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            if name == "set-cookie" {
                let pair = value.split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            headers.insert(name.to_owned(), value.to_owned());
        }
        Answer {
            status: status.parse().unwrap(),
            headers,
            body: body.to_owned(),
        }
    }

    async fn sign_on(&mut self, (number, pin): (&str, &str)) -> Answer {
        self.post("/sign-on", &format!("number={number}&pin={pin}"))
            .await
    }

    async fn signed_on(&mut self, who: (&str, &str)) {
        let answer = self.sign_on(who).await;
        assert_eq!(
            answer.headers.get("hx-redirect").unwrap(),
            "/now",
            "{}",
            answer.body
        );
    }
}

/// A bank, a store whose pages listen at a place that is known, and its hub.
async fn opened() -> (Host, Store, Hub, String) {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let store = Store::new(bank.address);
    let config = std::fs::read_to_string(store.config()).unwrap();
    let (before, after) = config.split_once("[office]").unwrap();
    let after = after.replacen("127.0.0.1:0", &free.to_string(), 1);
    std::fs::write(store.config(), format!("{before}[office]{after}")).unwrap();
    let hub = store.start();
    hub.signed_on().await;
    (bank, store, hub, free.to_string())
}

async fn add(browser: &mut Browser, (number, pin): (&str, &str), role: u32) -> Answer {
    let form = format!("number={number}&name=Li+{number}&role={role}&pin={pin}&pin_again={pin}");
    browser.post("/operators/add", &form).await
}

/// A store with a manager and a cashier.
async fn with_operators() -> (Host, Store, Hub, Browser) {
    let (bank, store, hub, address) = opened().await;
    let mut browser = Browser::open(&store, &address).await;
    let added = add(&mut browser, MANAGER, 3).await;
    assert_eq!(added.headers.get("hx-redirect").unwrap(), "/sign-on");
    browser.signed_on(MANAGER).await;
    let added = add(&mut browser, CASHIER, 1).await;
    assert_eq!(added.headers.get("hx-redirect").unwrap(), "/operators/101");
    (bank, store, hub, browser)
}

const PAGES: [&str; 6] = ["/now", "/find", "/day", "/work", "/reports", "/operators"];

#[tokio::test]
async fn without_operators_the_address_lets_in_and_from_the_first_one_on_a_pin_is_wanted() {
    let (_bank, store, _hub, address) = opened().await;
    let mut browser = Browser::open(&store, &address).await;
    for page in PAGES {
        assert_eq!(browser.get(page).await.status, 200, "{page}");
    }
    let cashier_first = add(&mut browser, CASHIER, 1).await;
    assert!(
        cashier_first.body.contains("HUB0060"),
        "{}",
        cashier_first.body
    );
    add(&mut browser, MANAGER, 3).await;
    for page in PAGES {
        let answer = browser.get(page).await;
        assert_eq!(
            answer.headers.get("hx-redirect").unwrap(),
            "/sign-on",
            "{page}"
        );
        assert_eq!(answer.body, "", "nothing of {page} is told");
    }
    assert_eq!(
        add(&mut browser, ("302", "258014"), 3).await.body,
        "",
        "nor ordered"
    );
    let wrong = browser.sign_on((MANAGER.0, "471037")).await;
    assert!(
        wrong.body.contains("Number or PIN is wrong"),
        "{}",
        wrong.body
    );
    let nobody = browser.sign_on(("9", "471037")).await;
    assert!(
        nobody.body.contains("Number or PIN is wrong"),
        "{}",
        nobody.body
    );
}

#[tokio::test]
async fn what_a_role_does_not_open_is_neither_linked_nor_answered() {
    let (_bank, _store, _hub, mut browser) = with_operators().await;
    for page in PAGES {
        assert_eq!(browser.get(page).await.status, 200, "{page}");
    }
    browser.post("/sign-off", "").await;
    browser.signed_on(CASHIER).await;
    let now = browser.get("/now").await;
    assert_eq!(now.status, 200);
    for page in &PAGES[1..] {
        assert!(
            !now.body.contains(&format!("href=\"{page}\"")),
            "{page} is linked"
        );
        assert_eq!(browser.get(page).await.status, 403, "{page}");
    }
    for order in [
        "/day/close",
        "/operators/add",
        "/operators/301/pin",
        "/operators/301/end",
        "/operators/301/change",
        "/operators/301/unlock",
    ] {
        assert_eq!(
            browser.post(order, "sure=yes&date=2026-11-22").await.status,
            403,
            "{order}"
        );
    }
    browser.form.clear();
    assert_eq!(
        browser.post("/sign-off", "").await.status,
        403,
        "no page of ours"
    );
}

#[tokio::test]
async fn who_was_ended_is_out_with_the_next_page() {
    let (_bank, store, hub, mut manager) = with_operators().await;
    let mut cashier = Browser::open(&store, &manager.address).await;
    cashier.signed_on(CASHIER).await;
    assert_eq!(cashier.get("/now").await.status, 200);
    manager.post("/operators/101/end", "sure=yes").await;
    let out = cashier.get("/now").await;
    assert_eq!(out.headers.get("hx-redirect").unwrap(), "/sign-on");
    let back = cashier.sign_on(CASHIER).await;
    assert!(back.body.contains("do not work here"), "{}", back.body);
    drop(hub);
}

/// A restart signs everybody off and forgets no wrong PIN.
#[tokio::test]
async fn five_wrong_pins_lock_even_over_a_restart_until_somebody_unlocks() {
    let (_bank, store, hub, mut manager) = with_operators().await;
    let address = manager.address.clone();
    let mut cashier = Browser::open(&store, &address).await;
    let mut waits_ms = [0, 1_100, 2_100].into_iter();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(waits_ms.next().unwrap())).await;
        let wrong = cashier.sign_on((CASHIER.0, "258015")).await;
        assert!(wrong.body.contains("is wrong"), "{}", wrong.body);
    }
    let early = cashier.sign_on(CASHIER).await;
    assert!(early.body.contains("Wait a moment"), "{}", early.body);
    hub.stop();
    let hub = store.start();
    hub.signed_on().await;
    // The pause begins anew; the count does not.
    let fourth = cashier.sign_on((CASHIER.0, "258015")).await;
    assert!(fourth.body.contains("is wrong"), "{}", fourth.body);
    hub.stop();
    let hub = store.start();
    hub.signed_on().await;
    let fifth = cashier.sign_on((CASHIER.0, "258015")).await;
    assert!(fifth.body.contains("HUB0062"), "{}", fifth.body);
    let right = cashier.sign_on(CASHIER).await;
    assert!(right.body.contains("HUB0062"), "{}", right.body);
    manager.signed_on(MANAGER).await;
    assert!(manager.get("/operators").await.body.contains("HUB0062"));
    manager.post("/operators/101/unlock", "").await;
    cashier.signed_on(CASHIER).await;
}

#[tokio::test]
async fn a_close_is_ordered_once_for_the_date_that_stood_on_the_page() {
    let (_bank, _store, hub, mut browser) = with_operators().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut records = lane.sale(1_000, &[]);
    records.push(lane.marker("2026-11-23"));
    lane.replicate(records).await.unwrap();
    let unsure = browser.post("/day/close", "date=2026-11-22").await;
    assert!(unsure.body.contains("sure"), "{}", unsure.body);
    assert_eq!(hub.status().await.business_date, "2026-11-22");
    for _ in 0..3 {
        browser.post("/day/close", "date=2026-11-22&sure=yes").await;
    }
    hub.status_until("the date is sealed", |status| {
        status.business_date == "2026-11-23" && status.dates_closing.is_empty()
    })
    .await;
    browser.post("/day/close", "date=2026-11-22&sure=yes").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        hub.status().await.business_date,
        "2026-11-23",
        "tomorrow was not closed"
    );
    let report = browser.get("/reports?date=2026-11-22").await;
    assert!(report.body.contains("10.00 CNY"), "{}", report.body);
    let csv = browser.get("/reports/2026-11-22/lanes.csv").await;
    assert!(csv.body.contains("1,1,0,2,1000"), "{}", csv.body);
    assert_eq!(
        browser.get("/reports/1999-01-01/lanes.csv").await.status,
        404
    );
    let sealed = browser.get("/day/2026-11-22/1").await;
    assert!(sealed.body.contains("class=\"paper\""), "{}", sealed.body);
    let figures = browser.get("/day/2026-11-22/1/day.json").await;
    assert!(figures.body.contains("\"business_date\": \"2026-11-22\""));
    for other in ["/day/2026-11-22/2", "/day/2026-11-23/1", "/day/x/1"] {
        assert_eq!(browser.get(other).await.status, 404, "{other}");
    }
}

/// Of whichever lane: sent once, to a lane that is there and can, and to nobody else's order.
#[tokio::test]
async fn a_receipt_is_printed_again_on_the_lane_that_is_chosen() {
    let (_bank, _store, hub, mut browser) = with_operators().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let sale = lane.sale(1250, &[]);
    lane.replicate(sale).await.unwrap();
    let path = "/receipts/1-1-000001/reprint";
    let too_old = browser.post(path, "lane=1").await;
    assert!(too_old.body.contains("no copies yet"), "{}", too_old.body);
    lane.send(lane_frame::Body::Status(LaneStatus {
        prints_copies: true,
        ..Default::default()
    }))
    .await;
    // The page offers it as soon as the hub has heard of it.
    let mut offered = false;
    for _ in 0..500 {
        let page = browser.get("/receipts/1-1-000001").await;
        offered = page.body.contains("<select name=\"lane\">");
        if offered {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(offered, "no lane is offered");
    let sent = browser.post(path, "lane=1").await;
    assert!(sent.body.contains("printer of lane"), "{}", sent.body);
    let copy = loop {
        if let Some(hub_frame::Body::PrintCopy(copy)) = lane.frame().await.unwrap() {
            break copy;
        }
    };
    assert_eq!(copy.receipt_number, "1-1-000001");
    assert_eq!(copy.operator_id, 301);
    assert!(copy.text.contains("milk 12.50"), "{}", copy.text);
    let away = browser.post(path, "lane=2").await;
    assert!(away.body.contains("away"), "{}", away.body);
    let unknown = browser.post("/receipts/1-1-000099/reprint", "lane=1").await;
    assert!(unknown.body.contains("never printed"), "{}", unknown.body);
    browser
        .cookies
        .insert("lanekeeper-language".to_owned(), "zh".to_owned());
    let chinese = browser.post(path, "lane=2").await;
    assert!(chinese.body.contains("离线"), "{}", chinese.body);
}

/// I16: a receipt and a payment are found, and no page has a card's number.
#[tokio::test]
async fn a_payment_is_told_from_receipt_to_bank_without_a_card_number() {
    let (_bank, _store, hub, mut browser) = with_operators().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    lane.pay(id, APPROVED_PAN, 1250).await;
    let sale = lane.sale(1250, &[(id, 1250)]);
    lane.replicate(sale).await.unwrap();
    let found = browser.get("/find?amount=12.50").await;
    assert!(
        found.body.contains(&format!("/payments/{id}")),
        "{}",
        found.body
    );
    assert!(
        found.body.contains("/receipts/1-1-000001"),
        "{}",
        found.body
    );
    let payment = browser.get(&format!("/payments/{id}")).await;
    for part in [
        "0210",
        "0200 to",
        "sale 1 closed",
        "class=\"bank\"",
        "milk 12.50",
    ] {
        assert!(
            payment.body.contains(part),
            "{part} not in {}",
            payment.body
        );
    }
    let receipt = browser.get("/receipts/1-1-000001").await;
    assert!(receipt.body.contains("milk 12.50"), "{}", receipt.body);
    for page in [&found, &payment, &receipt] {
        assert!(!page.body.contains(APPROVED_PAN), "a card number");
    }
    assert_eq!(browser.get("/receipts/9-9-999999").await.status, 404);
    assert_eq!(browser.get("/payments/ffffffff").await.status, 404);
    let unread = browser.get("/find?amount=%3Cscript%3E").await;
    assert!(!unread.body.contains("<script>") || unread.body.matches("<script").count() == 1);
}
