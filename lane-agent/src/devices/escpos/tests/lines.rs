//! The lines themselves: TCP, a device file, a serial port, each with the same printer at its other
//! end.

use std::{fs::File, os::fd::OwnedFd, path::PathBuf};

use nix::{
    pty::openpty,
    sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr},
    unistd::ttyname,
};
use ports::{Io, Network, TcpNetwork};
use tokio::{io::join, net::unix::pipe, task::spawn_local};

use super::*;
use crate::devices::line::{Line, NetworkLine, SerialLine, UsbLine};
use futures::StreamExt as _;

async fn prints_over(line: Box<dyn Line>, printer: &Rc<FakePrinter>) {
    let driver = EscPosPrinter::new(line, DrawerSensor::None, Arc::new(OsRandom));
    driver.print(&job()).await.unwrap();
    assert_eq!(printer.papers(), [job().paper.plain_text()]);
    let power = driver.status().borrow().power;
    assert_eq!(power, crate::devices::PowerState::Online);
}

#[tokio::test]
async fn over_tcp_and_again_after_the_line_was_cut() {
    here(async {
        let printer = FakePrinter::new(Answers::StatusAndDone);
        let listener = TcpNetwork.listen("127.0.0.1:0").await.unwrap();
        let address = listener.address.to_string();
        let mut connections = listener.connections;
        let served = Rc::clone(&printer);
        spawn_local(async move {
            while let Some(Ok(io)) = connections.next().await {
                Rc::clone(&served).serve(io).await;
            }
        });
        let line = NetworkLine {
            network: Arc::new(TcpNetwork),
            address,
        };
        let driver = EscPosPrinter::new(Box::new(line), DrawerSensor::None, Arc::new(OsRandom));
        driver.print(&job()).await.unwrap();
        // The plug is pulled and put back.
        printer.change(|printer| printer.power.set(false));
        tokio::time::sleep(Duration::from_millis(50)).await;
        printer.change(|printer| printer.power.set(true));
        driver.print(&job()).await.unwrap();
        assert_eq!(
            printer.papers(),
            [job().paper.plain_text(), job().paper.plain_text()]
        );
    })
    .await;
}

#[tokio::test]
async fn a_printer_that_is_not_there_is_told_in_time() {
    here(async {
        let lines: [Box<dyn Line>; 3] = [
            Box::new(NetworkLine {
                network: Arc::new(TcpNetwork),
                address: "127.0.0.1:1".to_owned(),
            }),
            Box::new(UsbLine {
                path: PathBuf::from("no/such/lp0"),
            }),
            Box::new(SerialLine {
                path: PathBuf::from("no/such/tty"),
                baud: 38_400,
                flow_control: false,
            }),
        ];
        for line in lines {
            let name = line.name();
            let driver = EscPosPrinter::new(line, DrawerSensor::None, Arc::new(OsRandom));
            let fault = driver.print(&job()).await.unwrap_err();
            assert!(!fault.begun && fault.to_string().contains(&name), "{fault}");
            let trouble = driver.status().borrow().trouble();
            assert_eq!(trouble, Some(PrinterTrouble::NotThere));
        }
    })
    .await;
}

/// A serial port whose other end is here, and its path.
fn serial_port() -> (Io, PathBuf, OwnedFd) {
    let pty = openpty(None, None).unwrap();
    let mut settings = tcgetattr(&pty.slave).unwrap();
    cfmakeraw(&mut settings);
    tcsetattr(&pty.slave, SetArg::TCSANOW, &settings).unwrap();
    let path = ttyname(&pty.slave).unwrap();
    let far_end = File::from(pty.master);
    rustix::io::ioctl_fionbio(&far_end, true).unwrap();
    let reads = pipe::Receiver::from_file_unchecked(far_end.try_clone().unwrap()).unwrap();
    let writes = pipe::Sender::from_file_unchecked(far_end).unwrap();
    (Io::new(join(reads, writes)), path, pty.slave)
}

#[tokio::test]
async fn over_a_serial_port() {
    here(async {
        let printer = FakePrinter::new(Answers::StatusAndDone);
        let (far_end, path, _keeps_it_open) = serial_port();
        spawn_local(Rc::clone(&printer).serve(far_end));
        let line = SerialLine {
            path,
            baud: 115_200,
            flow_control: false,
        };
        prints_over(Box::new(line), &printer).await;
    })
    .await;
}

#[tokio::test]
async fn over_a_device_file() {
    here(async {
        let printer = FakePrinter::new(Answers::StatusAndDone);
        let (far_end, path, _keeps_it_open) = serial_port();
        spawn_local(Rc::clone(&printer).serve(far_end));
        prints_over(Box::new(UsbLine { path }), &printer).await;
    })
    .await;
}
