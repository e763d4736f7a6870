//! The seams to the world that every program shares: clock, random, network. Each is a trait with a
//! production form here and a simulated one in `sim`; nothing undeterministic is reached but
//! through them.

mod clock;
mod network;
mod random;

pub use clock::{BusinessClock, Clock, SystemClock};
pub use network::{Duplex, Io, Listener, Network, TcpNetwork};
pub use random::{OsRandom, Random};
