//! The screens of a lane, asked as a browser asks.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use lane_agent::Config;
use ports::{Io, Listener, Network, TcpNetwork};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    task::LocalSet,
    time::sleep,
};

use super::{Lane, TestHub, barcode, lane::Running};

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
pub struct Browser {
    pub address: SocketAddr,
    pub form: String,
    pub run: String,
    pub window: &'static str,
}

impl Browser {
    pub async fn at(address: SocketAddr) -> Self {
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

    pub async fn ask(&self, method: &str, path: &str, more: &str, body: &str) -> (u16, String) {
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
    pub async fn page(&self, path: &str) -> String {
        let (status, page) = self.ask("GET", path, &cookie(), "").await;
        assert_eq!(status, 200, "{page}");
        page
    }

    /// Waits until the cashier's page says this.
    pub async fn sees(&self, wanted: &str) -> String {
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

    pub async fn order(&self, run: &str, counter: u32, what: &str) -> (u16, String) {
        let window = self.window;
        let body = format!(r#"{{"window":"{window}","run":"{run}","counter":{counter},{what}}}"#);
        let more = format!("{}x-lanekeeper-form: {}\r\n", cookie(), self.form);
        self.ask("POST", "/orders", &more, &body).await
    }

    /// Number and PIN, as the page sends them.
    pub async fn identify(&self, purpose: &str, number: &str, pin: &str) -> (u16, String) {
        let run = &self.run;
        let body =
            format!(r#"{{"run":"{run}","purpose":"{purpose}","number":"{number}","pin":"{pin}"}}"#);
        let more = format!("{}x-lanekeeper-form: {}\r\n", cookie(), self.form);
        self.ask("POST", "/identify", &more, &body).await
    }

    /// Number and PIN, again until they are looked at: while another PIN is compared, and in the
    /// pause after a wrong one, none is.
    pub async fn identified(&self, purpose: &str, (number, pin): (&str, &str)) {
        for _ in 0..1_500 {
            let (status, answer) = self.identify(purpose, number, pin).await;
            assert_eq!(status, 200, "{answer}");
            if answer.contains("taken") {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("{number} is never looked at");
    }

    pub async fn ordered(&self, counter: u32, what: &str) -> String {
        let (status, answer) = self.order(&self.run, counter, what).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

pub fn cookie() -> String {
    format!("cookie: lanekeeper-token={TOKEN}\r\naccept-language: en\r\n")
}

fn between(page: &str, before: &str) -> String {
    let (_, rest) = page.split_once(before).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

pub fn scan(code: &str) -> String {
    format!(r#""scan":"{code}""#)
}

pub fn press(key: &str, typed: &str) -> String {
    format!(r#""press":{{"key":"{key}","typed":"{typed}"}}"#)
}

pub fn milk() -> String {
    scan(&barcode("690000000001"))
}

pub fn lines(page: &str) -> usize {
    page.matches("data-line=").count()
}

pub fn config(lane: &Lane, hub: SocketAddr) -> Config {
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
pub async fn by_hand<F: Future<Output = ()>>(prices: &str, work: impl FnOnce(Shop) -> F) {
    let prices = prices.replace("6900000000014", &barcode("690000000001"));
    let prices = prices.replace("6900000000021", &barcode("690000000002"));
    by_hand_with(TestHub::new(&prices), work).await;
}

/// The same, with this hub.
pub async fn by_hand_with<F: Future<Output = ()>>(hub: TestHub, work: impl FnOnce(Shop) -> F) {
    let (at, serving) = hub.serve().await;
    let (told, listening) = watch::channel(None);
    let lane = Lane::new(&[]).with_network(Arc::new(Listening(told)));
    let shop = Shop {
        lane,
        hub,
        at,
        listening,
    };
    LocalSet::new().run_until(work(shop)).await;
    serving.abort();
}

pub struct Shop {
    pub lane: Lane,
    pub hub: TestHub,
    /// Where the hub is.
    pub at: SocketAddr,
    pub listening: watch::Receiver<Option<SocketAddr>>,
}

impl Shop {
    /// Starts the lane, and opens the cashier's page once it has prices.
    pub async fn open(&mut self) -> (Running, Browser) {
        let (running, browser) = self.start().await;
        browser.sees("Ready for the next customer").await;
        (running, browser)
    }

    /// The same, whatever the page says then.
    pub async fn start(&mut self) -> (Running, Browser) {
        self.listening.borrow_and_update();
        let running = self.lane.start_with(config(&self.lane, self.at));
        self.listening.changed().await.unwrap();
        let address = self.listening.borrow().unwrap();
        (running, Browser::at(address).await)
    }
}
