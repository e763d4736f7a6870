//! The bank's side, simulated: terminals, accounts, ledger, personalities.
