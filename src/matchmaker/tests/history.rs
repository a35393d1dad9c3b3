//! x; must not.
