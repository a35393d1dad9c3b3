//! Tests of edges and cores together.

mod histories;
