//! Eight bytes of a text at a time, in one 64-bit word: the first byte is the lowest.
//!
//! A mark is the highest bit of a byte (Anderson, "Bit Twiddling Hacks").

/// A one in each byte.
pub(crate) const ONES: u64 = u64::from_ne_bytes([0x01; 8]);

/// A mark in each byte.
const MARKS: u64 = u64::from_ne_bytes([0x80; 8]);

/// Marks the bytes that are less than `limit`, which is at most 128. Only the first mark counts: bytes after it may be
/// marked by mistake.
pub(crate) const fn less_than(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(repeated(limit)) & !word & MARKS
}

/// Marks the bytes that equal `byte`. Only the first mark counts, as in [`less_than`].
pub(crate) const fn equal_to(word: u64, byte: u8) -> u64 {
    less_than(word ^ repeated(byte), 1)
}

/// The index of the first marked byte; 8 if there is none.
pub(crate) const fn first(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

const fn repeated(byte: u8) -> u64 {
    ONES * byte as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{array::uniform8, prelude::*, sample::select};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// Values at all limits are as frequent as the others.
        #[test]
        fn first_marks_are_right(
            bytes: [u8; 8],
            edges in uniform8(select(vec![None, Some(0_u8), Some(31), Some(32), Some(127), Some(128), Some(255)])),
            byte in select(vec![0_u8, b'"', b'\\', 31, 32, 127, 128]),
        ) {
            let mut bytes = bytes;
            bytes.iter_mut().zip(edges).for_each(|(byte, edge)| *byte = edge.unwrap_or(*byte));
            let word = u64::from_le_bytes(bytes);
            let expected = |is_it: &dyn Fn(u8) -> bool| bytes.iter().position(|it| is_it(*it)).unwrap_or(8);
            prop_assert_eq!(first(less_than(word, byte.min(128))), expected(&|it| it < byte.min(128)));
            prop_assert_eq!(first(equal_to(word, byte)), expected(&|it| it == byte));
        }
    }
}
