//! Everything as a text on the socket.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| passerby_fuzz::laws::message(&String::from_utf8_lossy(data)));
