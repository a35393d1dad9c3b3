//! Tests of what surrounds the call.

mod window;
