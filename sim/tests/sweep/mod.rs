//! Runs parts of a sweep as processes of their own, and adds up what they found.

use std::process::{Command, Output};

use serde_json::Value;

/// `sim sweep` with these arguments.
pub(crate) fn sweep(arguments: &[&str]) -> (Value, Output) {
    let output = Command::new(env!("CARGO_BIN_EXE_sim"))
        .arg("sweep")
        .args(arguments)
        .output()
        .expect("sim starts");
    let said = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        panic!("sim sweep {arguments:?}: {error}: {stderr}")
    });
    (said, output)
}

/// A figure of a sweep.
pub(crate) fn figure(swept: &Value, name: &str) -> u64 {
    let pointer = format!("/{name}");
    swept.pointer(&pointer).and_then(Value::as_u64).expect(name)
}

/// Each failure with its replay command, the invariant and the payment.
pub(crate) fn failures(swept: &Value) -> Vec<String> {
    let all = swept["failures"].as_array().expect("failures");
    all.iter()
        .map(|failure| {
            let mut text = format!("{}\n", failure["replay"]);
            if !failure["error"].is_null() {
                text += &format!("  {}\n", failure["error"]);
            }
            for broken in failure["broken"].as_array().expect("broken") {
                let (id, payment) = (&broken["id"], &broken["payment_id"]);
                text += &format!("  {id} payment {payment}: {}\n", broken["detail"]);
            }
            text
        })
        .collect()
}
