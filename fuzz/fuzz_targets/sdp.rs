//! Fuzz target: reads any bytes as a session description, in an offer and in an answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| passerby_fuzz::laws::sdp(&String::from_utf8_lossy(data)));
