//! The lines a device hangs on: TCP, a USB printer's device file, a serial port. Each opens anew
//! after it was unplugged.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::future::{LocalBoxFuture, ready as done};
use ports::{Io, Network};
use rppal::uart::{Parity, Uart};
use rustix::fs::OFlags;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf, join},
    net::unix::pipe,
    time::{Sleep, sleep},
};

/// How often a serial port is looked at while nothing comes, or nothing more goes out.
const UART_LOOK_MS: u64 = 5;

/// What a device hangs on.
pub(super) trait Line {
    /// Opens it. The caller puts a time-out around it.
    fn open(&self) -> LocalBoxFuture<'static, io::Result<Io>>;

    /// Its name, for people.
    fn name(&self) -> String;
}

/// A device in the network: printers, by convention, on port 9100.
pub(super) struct NetworkLine {
    pub(super) network: Arc<dyn Network>,
    pub(super) address: String,
}

impl Line for NetworkLine {
    fn open(&self) -> LocalBoxFuture<'static, io::Result<Io>> {
        Box::pin(self.network.connect(&self.address))
    }

    fn name(&self) -> String {
        self.address.clone()
    }
}

/// A USB printer, by the device file of the kernel's driver: `/dev/usb/lp0`.
pub(super) struct UsbLine {
    pub(super) path: PathBuf,
}

impl Line for UsbLine {
    fn open(&self) -> LocalBoxFuture<'static, io::Result<Io>> {
        Box::pin(done(device_file(&self.path)))
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// A device on a serial port, eight data bits, no parity.
pub(super) struct SerialLine {
    pub(super) path: PathBuf,
    pub(super) baud: u32,
    /// RTS and CTS: without it a printer that is slower than its line loses text.
    pub(super) flow_control: bool,
}

impl Line for SerialLine {
    fn open(&self) -> LocalBoxFuture<'static, io::Result<Io>> {
        Box::pin(done(self.uart().map(Io::new)))
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

impl SerialLine {
    fn uart(&self) -> io::Result<SerialPort> {
        let mut uart = Uart::with_path(&self.path, self.baud, Parity::None, 8, 1).map_err(other)?;
        // Neither waits: a lane has one thread.
        uart.set_read_mode(0, Duration::ZERO).map_err(other)?;
        uart.set_write_mode(false).map_err(other)?;
        if self.flow_control {
            uart.set_hardware_flow_control(true).map_err(other)?;
        }
        Ok(SerialPort { uart, look: None })
    }
}

fn other(error: rppal::uart::Error) -> io::Error {
    match error {
        rppal::uart::Error::Io(error) => error,
        error => io::Error::other(error),
    }
}

/// A device file that says when it can be read and written. It is no pipe, but what tokio does with
/// a pipe is right for whatever the kernel can poll.
fn device_file(path: &Path) -> io::Result<Io> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(path)?;
    let reads = pipe::Receiver::from_file_unchecked(file.try_clone()?)?;
    let writes = pipe::Sender::from_file_unchecked(file)?;
    Ok(Io::new(join(reads, writes)))
}

/// A serial port of `rppal`, which says nothing when bytes come: it is looked at again and again
/// while somebody waits.
struct SerialPort {
    uart: Uart,
    look: Option<Pin<Box<Sleep>>>,
}

impl SerialPort {
    /// Wakes whoever waits after a moment.
    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let pause = || Box::pin(sleep(Duration::from_millis(UART_LOOK_MS)));
        let look = self.look.get_or_insert_with(pause);
        ready!(look.as_mut().poll(context));
        self.look = None;
        Poll::Ready(())
    }
}

impl AsyncRead for SerialPort {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let room = buffer.initialize_unfilled();
            match self.uart.read(room).map_err(other)? {
                0 => ready!(self.poll_pause(context)),
                bytes => {
                    buffer.advance(bytes);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for SerialPort {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            match self.uart.write(bytes).map_err(other)? {
                0 if !bytes.is_empty() => ready!(self.poll_pause(context)),
                written => return Poll::Ready(Ok(written)),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
