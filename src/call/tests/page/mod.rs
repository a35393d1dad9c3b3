//! Tests of the page around the call: its window, its visibility and other tabs.

mod presence;
mod window;
