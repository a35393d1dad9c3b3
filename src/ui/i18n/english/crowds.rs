//! The English texts that tell how many people are here.

use crate::protocol::limits::CROWD_STEPS;

/// One text for each step that is reached.
pub(crate) static ENGLISH: [&str; CROWD_STEPS.len()] = [
    "A few people online.",
    "10+ people online.",
    "20+ people online.",
    "50+ people online.",
    "100+ people online.",
    "200+ people online.",
    "500+ people online.",
    "1,000+ people online.",
    "2,000+ people online.",
    "5,000+ people online.",
    "10,000+ people online.",
];
