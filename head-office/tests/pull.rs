//! The program against hubs that are nothing but a report service.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use std::{
    net::SocketAddr,
    path::Path,
    pin::Pin,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use futures::{Stream, StreamExt};
use proto::store::v1::{
    Day, DayFile, ListDaysRequest, ListDaysResponse, PullDayRequest, PullDayResponse,
    SummaryRequest, SummaryResponse,
    report_service_server::{ReportService, ReportServiceServer},
};
use sha2::{Digest, Sha256};
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

const DATE: &str = "2026-11-22";

/// What a store does wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Well,
    /// The stream breaks after the first chunk, so many times.
    Breaks,
    /// The content is not what the manifest says.
    Lies,
    /// Never answers.
    Hangs,
    /// The day is still running.
    Running,
}

#[derive(Clone)]
struct FakeStore {
    id: String,
    manner: Manner,
    content: Arc<Vec<u8>>,
    pulls: Arc<AtomicU32>,
    offsets: Arc<std::sync::Mutex<Vec<u64>>>,
}

#[tonic::async_trait]
impl ReportService for FakeStore {
    type PullDayStream = Pin<Box<dyn Stream<Item = Result<PullDayResponse, Status>> + Send>>;

    async fn list_days(
        &self,
        request: Request<ListDaysRequest>,
    ) -> Result<Response<ListDaysResponse>, Status> {
        let since = request.into_inner().since_date;
        if self.manner == Manner::Hangs {
            std::future::pending::<()>().await;
        }
        let file = |name: &str, content: &[u8]| DayFile {
            name: name.to_owned(),
            size_bytes: u64::try_from(content.len()).unwrap(),
            sha256: Sha256::digest(content).to_vec().into(),
        };
        let sealed = self.manner != Manner::Running;
        let day = Day {
            business_date: DATE.to_owned(),
            sealed,
            version: 1,
            files: vec![
                file("manifest.json", &self.content),
                file("day.json", &self.content),
            ],
            manifest_sha256: Vec::new().into(),
            because: String::new(),
            because_zh: String::new(),
            complete: true,
        };
        Ok(Response::new(ListDaysResponse {
            store_id: self.id.clone(),
            days: Vec::from_iter((since.as_str() <= DATE).then_some(day)),
        }))
    }

    async fn pull_day(
        &self,
        request: Request<PullDayRequest>,
    ) -> Result<Response<Self::PullDayStream>, Status> {
        let offset = request.into_inner().offset_bytes;
        self.offsets.lock().unwrap().push(offset);
        let from = usize::try_from(offset).unwrap();
        let mut content = self.content[from..].to_vec();
        if self.manner == Manner::Lies {
            content[0] ^= 1;
        }
        let mut chunks = Vec::new();
        for (number, chunk) in content.chunks(10).enumerate() {
            chunks.push(Ok(PullDayResponse {
                offset_bytes: offset + 10 * u64::try_from(number).unwrap(),
                chunk: chunk.to_vec().into(),
            }));
        }
        if self.manner == Manner::Breaks && self.pulls.fetch_add(1, Ordering::SeqCst) == 0 {
            chunks.truncate(1);
            chunks.push(Err(Status::unavailable("the line broke")));
        }
        Ok(Response::new(futures::stream::iter(chunks).boxed()))
    }

    async fn summary(
        &self,
        _: Request<SummaryRequest>,
    ) -> Result<Response<SummaryResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }
}

async fn store(id: &str, manner: Manner) -> (SocketAddr, FakeStore) {
    let store = FakeStore {
        id: id.to_owned(),
        manner,
        content: Arc::new(b"a day of a store, told in sixty bytes or so, chunk by chunk".to_vec()),
        pulls: Arc::default(),
        offsets: Arc::default(),
    };
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = incoming.local_addr().unwrap();
    let service = ReportServiceServer::new(store.clone());
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming(incoming),
    );
    (address, store)
}

async fn pull(folder: &Path, stores: &[(&str, SocketAddr)], args: &[&str]) -> Output {
    let mut list = String::from("timeout = \"2s\"\n");
    for (id, address) in stores {
        list.push_str(&format!(
            "[[store]]\nid = \"{id}\"\naddress = \"{address}\"\n"
        ));
    }
    let path = folder.join("stores.toml");
    std::fs::write(&path, list).unwrap();
    let lake = folder.join("lake");
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    tokio::task::spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_head-office"))
            .args(["pull", "--output", "json", "--stores"])
            .arg(path)
            .arg("--lake")
            .arg(lake)
            .args(args)
            .output()
            .unwrap()
    })
    .await
    .unwrap()
}

fn result(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_store_lands_once_and_the_missing_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (well, _) = store("0001", Manner::Well).await;
    let (hangs, _) = store("0002", Manner::Hangs).await;
    let (lies, _) = store("0003", Manner::Lies).await;
    let (other, _) = store("0009", Manner::Well).await;
    let dead: SocketAddr = "127.0.0.1:1".parse().unwrap();
    let stores = [
        ("0001", well),
        ("0002", hangs),
        ("0003", lies),
        ("0004", other),
        ("0005", dead),
    ];
    let output = pull(folder.path(), &stores, &["--date", DATE]).await;
    assert_eq!(output.status.code(), Some(1));
    let told = result(&output);
    let states: Vec<&str> = told["stores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|store| store["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        states,
        ["sealed", "missing", "missing", "missing", "missing"]
    );
    assert_eq!(
        told["completeness"],
        "1 of 5 stores sealed; 4 missing: 0002, 0003, 0004, 0005"
    );
    let landed = folder
        .path()
        .join(format!("lake/business_date={DATE}/store=0001"));
    assert!(landed.join("day.json").exists() && landed.join("manifest.json").exists());
    let wrong = folder
        .path()
        .join(format!("lake/business_date={DATE}/store=0003"));
    assert!(
        !wrong.join("day.json").exists(),
        "a wrong content never lands"
    );

    let again = result(&pull(folder.path(), &stores[..1], &["--date", DATE]).await);
    assert_eq!(again["stores"][0]["files_landed"], 0);
    assert_eq!(again["stores"][0]["files_there_before"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_pull_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (address, store) = store("0001", Manner::Breaks).await;
    let stores = [("0001", address)];
    let first = pull(folder.path(), &stores, &[]).await;
    assert_eq!(first.status.code(), Some(1));
    let second = pull(folder.path(), &stores, &[]).await;
    assert_eq!(second.status.code(), Some(0), "{:?}", result(&second));
    assert_eq!(store.offsets.lock().unwrap()[..2], [0, 10]);
    let landed = folder
        .path()
        .join(format!("lake/business_date={DATE}/store=0001/day.json"));
    assert_eq!(std::fs::read(landed).unwrap(), *store.content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_asked_for_by_name_that_is_not_closed_is_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let (address, _) = store("0001", Manner::Running).await;
    let output = pull(folder.path(), &[("0001", address)], &["--date", DATE]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(result(&output)["stores"][0]["state"], "incomplete");
}

/// F36: a store that has sealed days, none of them new, is not one that never sealed any.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_newer_is_not_never_sealed_f36() {
    let folder = tempfile::tempdir().unwrap();
    let (address, _) = store("0001", Manner::Well).await;
    let (running, _) = store("0002", Manner::Running).await;
    let stores = [("0001", address), ("0002", running)];
    let output = pull(folder.path(), &stores[..1], &["--since", "2027-01-01"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = result(&output);
    assert_eq!(told["stores"][0]["state"], "nothing newer");
    assert_eq!(
        told["stores"][0]["why"],
        "has sealed nothing since 2027-01-01; its newest day is 2026-11-22"
    );
    assert_eq!(
        told["completeness"],
        "0 of 1 stores sealed; 1 with nothing newer"
    );
    let output = pull(folder.path(), &stores, &["--since", "2027-01-01"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        result(&output)["stores"][1]["why"],
        "has not sealed a day yet"
    );
}

/// F36: where no store at all can be reached, that is the code; where one can, the answer is no.
#[tokio::test(flavor = "multi_thread")]
async fn no_store_reached_is_exit_code_3_f36() {
    let folder = tempfile::tempdir().unwrap();
    let dead: SocketAddr = "127.0.0.1:1".parse().unwrap();
    let output = pull(folder.path(), &[("0001", dead)], &[]).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let why = result(&output)["stores"][0]["why"].to_string();
    assert!(why.contains("nobody answers at 127.0.0.1:1"), "{why}");
}

#[test]
fn a_wrong_call_is_told_with_exit_code_2() {
    for args in [
        vec!["pull"],
        vec!["pull", "--stores", "/nowhere/s.toml", "--lake", "/tmp/l"],
        vec!["--colour"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_head-office"))
            .args(&args)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!output.stderr.is_empty());
    }
}
