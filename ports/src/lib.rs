//! The seams to the world that every program shares: clock, random, network. Each is a trait with a
//! production form here and a simulated one in `sim`; nothing undeterministic is reached but
//! through them. Beside them what programs do alike at these seams: the store's time zone, pauses
//! between tries, files that are replaced whole.

mod clock;
pub mod files;
mod network;
mod pauses;
mod random;
mod zone;

pub use clock::{BusinessClock, Clock, SystemClock};
pub use network::{Duplex, Io, Listener, Network, TcpNetwork};
pub use pauses::Pauses;
pub use random::{OsRandom, Random};
pub use zone::{CivilDate, StoreZone, TimeOfDay, UnknownZone};
