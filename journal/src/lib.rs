//! A durable append-only log with keyed state in one atomic commit.
