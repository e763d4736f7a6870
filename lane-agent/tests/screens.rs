//! The screens of a lane, asked as a browser asks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use lane_agent::Config;
use ports::{Io, Listener, Network, TcpNetwork};
use support::{Lane, PRICES, TestHub, barcode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    task::LocalSet,
    time::sleep,
};

const TOKEN: &str = "0123456789abcdef";

/// Tells where a lane listens.
struct Listening(watch::Sender<Option<SocketAddr>>);

impl Network for Listening {
    fn connect(&self, address: &str) -> BoxFuture<'static, io::Result<Io>> {
        TcpNetwork.connect(address)
    }

    fn listen(&self, address: &str) -> BoxFuture<'static, io::Result<Listener>> {
        let (listening, told) = (TcpNetwork.listen(address), self.0.clone());
        Box::pin(async move {
            let listener = listening.await?;
            told.send_replace(Some(listener.address));
            Ok(listener)
        })
    }
}

/// A browser that has the token.
struct Browser {
    address: SocketAddr,
    form: String,
    run: String,
    window: &'static str,
}

impl Browser {
    async fn at(address: SocketAddr) -> Self {
        let mut browser = Self {
            address,
            form: String::new(),
            run: String::new(),
            window: "window-1",
        };
        let page = browser.page("/cashier").await;
        browser.form = between(&page, "name=\"lanekeeper-form\" content=\"");
        browser.run = between(&page, "data-run=\"");
        browser
    }

    async fn ask(&self, method: &str, path: &str, more: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: lane\r\nconnection: close\r\n{more}\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }

    /// The page as it is now.
    async fn page(&self, path: &str) -> String {
        let (status, page) = self.ask("GET", path, &cookie(), "").await;
        assert_eq!(status, 200, "{page}");
        page
    }

    /// Waits until the cashier's page says this.
    async fn sees(&self, wanted: &str) -> String {
        let mut page = String::new();
        for _ in 0..3_000 {
            page = self.page("/cashier").await;
            if page.contains(wanted) {
                return page;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("the page never says {wanted}: {page}");
    }

    async fn order(&self, run: &str, counter: u32, what: &str) -> (u16, String) {
        let window = self.window;
        let body = format!(r#"{{"window":"{window}","run":"{run}","counter":{counter},{what}}}"#);
        let more = format!("{}x-lanekeeper-form: {}\r\n", cookie(), self.form);
        self.ask("POST", "/orders", &more, &body).await
    }

    async fn ordered(&self, counter: u32, what: &str) -> String {
        let (status, answer) = self.order(&self.run, counter, what).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

fn cookie() -> String {
    format!("cookie: lanekeeper-token={TOKEN}\r\naccept-language: en\r\n")
}

fn between(page: &str, before: &str) -> String {
    let (_, rest) = page.split_once(before).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn scan(code: &str) -> String {
    format!(r#""scan":"{code}""#)
}

fn press(key: &str, typed: &str) -> String {
    format!(r#""press":{{"key":"{key}","typed":"{typed}"}}"#)
}

fn milk() -> String {
    scan(&barcode("690000000001"))
}

fn lines(page: &str) -> usize {
    page.matches("data-line=").count()
}

fn config(lane: &Lane, hub: SocketAddr) -> Config {
    let text = Lane::config_text(hub);
    let cashier = "[devices.cashier]
            driver = \"scripted\"
            script = \"script.jsonl\"
";
    assert!(text.contains(cashier));
    let screens = "[screens]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n";
    let text = text.replace(cashier, screens);
    std::fs::write(lane.folder.path().join("token"), TOKEN).unwrap();
    Config::parse(&text, lane.folder.path()).unwrap()
}

/// A lane without a script, a hub with these prices, and what a browser does there.
async fn by_hand<F: Future<Output = ()>>(prices: &str, work: impl FnOnce(Shop) -> F) {
    let prices = prices.replace("6900000000014", &barcode("690000000001"));
    let prices = prices.replace("6900000000021", &barcode("690000000002"));
    let hub = TestHub::new(&prices);
    let (address, serving) = hub.serve().await;
    let (told, listening) = watch::channel(None);
    let lane = Lane::new(&[]).with_network(Arc::new(Listening(told)));
    let shop = Shop {
        lane,
        hub: address,
        listening,
    };
    LocalSet::new().run_until(work(shop)).await;
    serving.abort();
}

struct Shop {
    lane: Lane,
    hub: SocketAddr,
    listening: watch::Receiver<Option<SocketAddr>>,
}

impl Shop {
    /// Starts the lane, and opens the cashier's page once it has prices.
    async fn open(&mut self) -> (support::lane::Running, Browser) {
        self.listening.borrow_and_update();
        let running = self.lane.start_with(config(&self.lane, self.hub));
        self.listening.changed().await.unwrap();
        let address = self.listening.borrow().unwrap();
        let browser = Browser::at(address).await;
        browser.sees("Ready for the next customer").await;
        (running, browser)
    }
}

#[tokio::test]
async fn a_stranger_reads_no_page_and_gives_no_order() {
    by_hand(PRICES, |mut shop| async move {
        let (running, browser) = shop.open().await;
        for path in [
            "/cashier",
            "/cashier/live",
            "/cashier/goods",
            "/customer",
            "/",
        ] {
            let (status, _) = browser.ask("GET", path, "", "").await;
            assert_eq!(status, 401, "{path}");
        }
        let body = format!(
            r#"{{"window":"w","run":"{}","counter":1,{}}}"#,
            browser.run,
            milk()
        );
        let (status, _) = browser.ask("POST", "/orders", "", &body).await;
        assert_eq!(status, 401);
        let (status, _) = browser.ask("POST", "/orders", &cookie(), &body).await;
        assert_eq!(
            status, 403,
            "a page of others knows the cookie's name, not our form"
        );
        assert_eq!(lines(&browser.page("/cashier").await), 0);
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_is_taken_once_and_one_for_another_run_not_at_all() {
    by_hand(PRICES, |mut shop| async move {
        let (running, browser) = shop.open().await;
        for _ in 0..3 {
            assert!(browser.ordered(1, &milk()).await.contains("taken"));
        }
        assert_eq!(lines(&browser.sees("data-line=\"1\"").await), 1);
        browser.ordered(2, &milk()).await;
        assert_eq!(lines(&browser.sees("data-line=\"2\"").await), 2);
        let (status, answer) = browser.order("another-run", 3, &milk()).await;
        assert_eq!(status, 409);
        assert!(answer.contains(&browser.run), "{answer}");
        // Another window counts by itself.
        let other = Browser {
            window: "window-2",
            ..Browser::at(browser.address).await
        };
        other.ordered(1, &milk()).await;
        assert_eq!(lines(&browser.sees("data-line=\"3\"").await), 3);
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_that_does_nothing_says_why() {
    by_hand(PRICES, |mut shop| async move {
        let (running, browser) = shop.open().await;
        assert!(
            browser
                .ordered(1, &press("total", ""))
                .await
                .contains("refused")
        );
        browser.sees("No sale is open: scan an article first").await;
        browser.ordered(2, &milk()).await;
        assert!(
            browser
                .ordered(3, &press("cash", "1000"))
                .await
                .contains("refused")
        );
        browser.sees("Press Total first").await;
        let unknown = browser.ordered(4, &press("no-such-key", "")).await;
        assert!(unknown.contains("refused"));
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_article_nobody_knows_opens_no_sale() {
    by_hand(PRICES, |mut shop| async move {
        let (running, browser) = shop.open().await;
        let code = barcode("699999999999");
        browser.ordered(1, &scan(&code)).await;
        let page = browser.sees(&format!("data-unknown=\"{code}\"")).await;
        assert_eq!(lines(&page), 0);
        let nothing_to_void = r#"data-shortcut="F4" disabled"#;
        assert!(page.contains(nothing_to_void), "a sale is open: {page}");
        browser.ordered(2, &milk()).await;
        let page = browser.sees("data-line=\"1\"").await;
        assert!(!page.contains("data-unknown"));
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_basket_is_there_again_after_a_restart() {
    by_hand(PRICES, |mut shop| async move {
        let (running, browser) = shop.open().await;
        browser.ordered(1, &milk()).await;
        browser.ordered(2, &milk()).await;
        let before = browser.run.clone();
        running.stop().await;
        shop.listening.borrow_and_update();
        let running = shop.lane.start_with(config(&shop.lane, shop.hub));
        shop.listening.changed().await.unwrap();
        let address = shop.listening.borrow().unwrap();
        let browser = Browser::at(address).await;
        assert_ne!(browser.run, before);
        assert_eq!(lines(&browser.sees("data-line=\"2\"").await), 2);
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_price_file_calls_an_article_stays_text() {
    let prices = PRICES.replace("whole milk", "<script>alert(1)</script>");
    by_hand(&prices, |mut shop| async move {
        let (running, browser) = shop.open().await;
        browser.ordered(1, &milk()).await;
        browser.sees("&lt;script&gt;alert(1)").await;
        for path in ["/cashier", "/customer"] {
            assert!(
                !browser.page(path).await.contains("<script>alert"),
                "{path}"
            );
        }
        running.stop().await;
    })
    .await;
}
