//! Fuzz target: reads any bytes as packets of clients and strangers for the relay.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| passerby_fuzz::laws::relay(data));
