//! Card data sealed by a reader for the hub, and by the hub at rest.
