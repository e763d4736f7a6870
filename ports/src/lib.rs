//! The seams to the world that every program shares: clock, random, network. Each is a trait with a
//! production form here and a simulated one in `sim`; nothing undeterministic is reached but
//! through them. Beside them the store's time zone, which all programs read from the same table.

mod clock;
mod network;
mod random;
mod zone;

pub use clock::{BusinessClock, Clock, SystemClock};
pub use network::{Duplex, Io, Listener, Network, TcpNetwork};
pub use random::{OsRandom, Random};
pub use zone::{CivilDate, StoreZone, TimeOfDay, UnknownZone};
