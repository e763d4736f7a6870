//! A lane whose printer is not there sells on, and what it owes comes out when the printer comes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{
    io::Write as _,
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use lane_agent::Config;
use proto::journal::v1::lane_record::Body;
use support::{
    Lane, PRICES, TestHub, barcode, cash_order,
    lane::{Running, bodies},
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    task::LocalSet,
};

/// Everything that a printer was sent; it answers nothing.
#[derive(Clone, Default)]
struct Roll(Arc<Mutex<Vec<u8>>>);

impl Roll {
    async fn take(self, mut stream: TcpStream) {
        let mut bytes = [0; 1024];
        while let Ok(count @ 1..) = stream.read(&mut bytes).await {
            self.0.lock().unwrap().extend_from_slice(&bytes[..count]);
        }
    }

    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::task::spawn_local(self.clone().take(stream));
        }
    }

    fn papers(&self) -> usize {
        let bytes = self.0.lock().unwrap();
        let cut = b"\x1dVA\x00";
        bytes.windows(cut.len()).filter(|at| at == cut).count()
    }

    /// Read back by the C library, which shares nothing with the encoder.
    fn text(&self) -> String {
        let mut iconv = Command::new("iconv")
            .args(["-f", "GB18030", "-t", "UTF-8"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let bytes = self.0.lock().unwrap().clone();
        iconv.stdin.take().unwrap().write_all(&bytes).unwrap();
        let output = iconv.wait_with_output().unwrap();
        assert!(output.status.success(), "{bytes:02x?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A lane with a printer in the network that prints Chinese.
fn start(lane: &Lane, hub: SocketAddr, printer: SocketAddr) -> Running {
    let text = Lane::config_text(hub).replace("6900000000014", &barcode("690000000001"));
    let file = "driver = \"file\"\n            folder = \"receipts\"";
    assert!(text.contains(file), "{text}");
    let network = format!("driver = \"network\"\naddress = \"{printer}\"");
    let text = format!(
        "{}\n[paper]\nlanguage = \"zh\"\n",
        text.replace(file, &network)
    );
    lane.start_with(Config::parse(&text, lane.folder.path()).unwrap())
}

/// An address that nobody listens on.
async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

fn hub() -> TestHub {
    let prices = PRICES
        .replace("6900000000014", &barcode("690000000001"))
        .replace("6900000000021", &barcode("690000000002"))
        .replace("whole milk", "鲜牛奶");
    TestHub::new(&prices)
}

#[tokio::test]
async fn a_printer_that_is_away_stops_no_customer_and_prints_all_when_it_comes() {
    let hub = hub();
    let lane = Lane::new(&["o-1", "o-2", "o-3"].map(cash_order));
    let roll = Roll::default();
    let told = LocalSet::new()
        .run_until(async {
            let (address, _serving) = hub.serve().await;
            let printer = nobody().await;
            let running = start(&lane, address, printer);
            hub.until_sold().await;
            let told = hub.heard.lock().unwrap().status.devices.clone();
            let listener = TcpListener::bind(printer).await.unwrap();
            tokio::task::spawn_local(roll.clone().serve(listener));
            let printed = |body: &Body| {
                matches!(body, Body::ReceiptPrinted(one) if one.receipt_number == "1-1-000003")
            };
            lane.until_written(printed).await;
            while roll.papers() < 3 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            running.stop().await;
            told
        })
        .await;

    assert_eq!(told[0].device_class, "PosPrinter");
    assert_eq!(told[0].state, "error");
    assert!(told[0].detail.contains("printer not there"), "{told:?}");
    let bodies = bodies(&hub.heard.lock().unwrap().records);
    let closed = bodies
        .iter()
        .filter(|body| matches!(body, Body::SaleClosed(_)));
    assert_eq!(closed.count(), 3);
    let place = |so: &dyn Fn(&Body) -> bool| bodies.iter().position(so).unwrap();
    let last_closed = place(&|body| matches!(body, Body::SaleClosed(one) if one.sale_number == 3));
    let first_printed = place(&|body| matches!(body, Body::ReceiptPrinted(_)));
    assert!(
        last_closed < first_printed,
        "all were sold before the printer came"
    );
    for body in &bodies {
        if let Body::ReceiptPrinted(printed) = body {
            assert!(!printed.reprint, "it was never begun");
        }
    }
    let text = roll.text();
    for part in [
        "小票 1-1-000001",
        "小票 1-1-000003",
        "鲜牛奶",
        "合计 CNY",
        "谢谢惠顾",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.contains('?') && !text.contains("重印"), "{text}");
}

/// I12: a lane that stopped while its printer was away owes its receipts still.
#[tokio::test]
async fn what_was_owed_when_a_lane_stopped_is_printed_at_its_next_start() {
    let hub = hub();
    let lane = Lane::new(&["o-1", "o-2"].map(cash_order));
    let roll = Roll::default();
    LocalSet::new()
        .run_until(async {
            let (address, _serving) = hub.serve().await;
            let running = start(&lane, address, nobody().await);
            hub.until_sold().await;
            running.stop().await;
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let printer = listener.local_addr().unwrap();
            tokio::task::spawn_local(roll.clone().serve(listener));
            let running = start(&lane, address, printer);
            let printed = |body: &Body| {
                matches!(body, Body::ReceiptPrinted(one) if one.receipt_number == "1-1-000002")
            };
            lane.until_written(printed).await;
            while roll.papers() < 2 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            running.stop().await;
        })
        .await;
    let text = roll.text();
    assert_eq!(
        text.matches("重印").count(),
        1,
        "only the oldest may have begun: {text}"
    );
    let rested = |body: &Body| matches!(body, Body::LaneRested(_));
    let bodies = bodies(&hub.heard.lock().unwrap().records);
    assert!(bodies.iter().any(rested), "a dead printer holds no lane up");
}
