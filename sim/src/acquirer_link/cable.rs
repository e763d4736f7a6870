//! The cable between a lane and its hub: a TCP relay that can be pulled out and put in again, so
//! that lane and hub stay as they are and talk over real sockets.

use std::{io, net::SocketAddr};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use super::accept;

/// One cable. Dropping it pulls it out for good.
#[derive(Debug)]
pub struct Cable {
    address: SocketAddr,
    up: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Cable {
    /// A cable to the hub at `hub`, listening on a free port of the loopback.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn open(hub: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (up, is_up) = watch::channel(true);
        let serve = move |lane, up| {
            tokio::spawn(carry(lane, hub, up));
        };
        let accepting = tokio::spawn(accept(listener, is_up, serve));
        Ok(Self {
            address,
            up,
            accepting,
        })
    }

    /// Where the lane connects to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes what is open and refuses what comes, until [`Cable::put_in`].
    pub fn pull_out(&self) {
        self.up.send_replace(false);
    }

    /// Takes connections again.
    pub fn put_in(&self) {
        self.up.send_replace(true);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.accepting.abort();
        self.up.send_replace(false);
    }
}

/// Carries one connection until either side closes it or the cable is pulled out.
async fn carry(mut lane: TcpStream, hub: SocketAddr, mut up: watch::Receiver<bool>) {
    let Ok(mut hub) = TcpStream::connect(hub).await else {
        return;
    };
    if lane
        .set_nodelay(true)
        .and_then(|()| hub.set_nodelay(true))
        .is_err()
    {
        return;
    }
    tokio::select! {
        biased;
        _ = up.wait_for(|up| !up) => {}
        _ = copy_bidirectional(&mut lane, &mut hub) => {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_cable_carries_until_it_is_pulled_out_and_again_once_it_is_back() {
        let hub = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let cable = Cable::open(hub.local_addr().unwrap()).await.unwrap();
        let mut lane = TcpStream::connect(cable.address()).await.unwrap();
        let (mut at_hub, _) = hub.accept().await.unwrap();
        lane.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        at_hub.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
        cable.pull_out();
        assert_eq!(at_hub.read(&mut heard).await.unwrap(), 0);
        assert_eq!(lane.read(&mut heard).await.unwrap_or(0), 0);
        cable.put_in();
        let mut again = loop {
            // It may not be back yet.
            match TcpStream::connect(cable.address()).await {
                Ok(lane) => break lane,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        let (mut at_hub, _) = hub.accept().await.unwrap();
        again.write_all(b"again").await.unwrap();
        at_hub.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"again");
    }
}
