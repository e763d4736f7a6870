//! The store hub: link to the bank, queue, settlement, reports.
