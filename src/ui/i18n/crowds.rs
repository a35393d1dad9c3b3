//! The English texts that tell how many people are here.

use crate::protocol::limits::CROWD_STEPS;

/// One text for fewer people than the first step, and one for each step that is reached.
pub(crate) static ENGLISH: [&str; CROWD_STEPS.len() + 1] = [
    "Nobody else is here just now. Leave this open: whoever comes next is yours.",
    "A few people are here.",
    "More than 10 people are here.",
    "More than 20 people are here.",
    "More than 50 people are here.",
    "More than 100 people are here.",
    "More than 200 people are here.",
    "More than 500 people are here.",
    "More than 1,000 people are here.",
    "More than 2,000 people are here.",
    "More than 5,000 people are here.",
    "More than 10,000 people are here.",
];
