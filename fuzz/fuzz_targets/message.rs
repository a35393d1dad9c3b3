//! Fuzz target: reads any bytes as a text received on the socket.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| passerby_fuzz::laws::message(&String::from_utf8_lossy(data)));
