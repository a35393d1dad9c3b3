//! Fuzz target: reads any bytes as an ICE candidate.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| passerby_fuzz::laws::candidate(&String::from_utf8_lossy(data)));
