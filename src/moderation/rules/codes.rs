//! [`ReferenceCode`]: what a person without an account writes down, to appeal or to ask what came of a report.

use std::{fmt, str::FromStr};

/// Bytes of a code. 80 random bits cannot be guessed, also not with a million requests a second.
const CODE_BYTES: usize = 10;

/// Characters of a code; each stands for five bits.
const CODE_CHARS: usize = 16;

/// The digits in their order: without I, L, O and U, which people read as others (Crockford's base 32).
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A random code of 80 bits, written as four groups of four characters.
///
/// Its holder may read one statement of reasons, or one outcome, and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReferenceCode(pub(crate) [u8; CODE_BYTES]);

impl ReferenceCode {
    /// The code of the first ten of these random bytes.
    pub(crate) fn first_of(random: &[u8; 32]) -> Self {
        Self::at(random, 0)
    }

    /// The code of the ten bytes after those of [`Self::first_of`].
    pub(crate) fn second_of(random: &[u8; 32]) -> Self {
        Self::at(random, CODE_BYTES)
    }

    fn at(random: &[u8; 32], start: usize) -> Self {
        let mut bytes = [0; CODE_BYTES];
        bytes.copy_from_slice(&random[start..start + CODE_BYTES]);
        Self(bytes)
    }
}

impl fmt::Display for ReferenceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.iter().fold(0_u128, |all, byte| all << 8 | u128::from(*byte));
        for at in 0..CODE_CHARS {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            let digit = (bits >> (5 * (CODE_CHARS - 1 - at))) & 31;
            write!(f, "{}", char::from(DIGITS[digit as usize]))?;
        }
        Ok(())
    }
}

impl fmt::Debug for ReferenceCode {
    /// Hides the value: it is what proves whose decision it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReferenceCode(hidden)")
    }
}

/// The text is not a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a code of {CODE_CHARS} characters")]
pub struct NotACode;

impl FromStr for ReferenceCode {
    type Err = NotACode;

    /// Reads what people type: in any case, with or without hyphens and spaces, with O for 0, and I or L for 1.
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let (mut bits, mut count) = (0_u128, 0);
        for char in text.chars().filter(|it| !matches!(it, '-' | ' ')) {
            let char = match char.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let digit = DIGITS.iter().position(|it| char::from(*it) == char).ok_or(NotACode)?;
            count += 1;
            if count > CODE_CHARS {
                return Err(NotACode);
            }
            bits = bits << 5 | digit as u128;
        }
        if count != CODE_CHARS {
            return Err(NotACode);
        }
        let mut bytes = [0; CODE_BYTES];
        bytes.copy_from_slice(&bits.to_be_bytes()[16 - CODE_BYTES..]);
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn codes_are_read_as_they_are_written(random: [u8; 32]) {
            for code in [ReferenceCode::first_of(&random), ReferenceCode::second_of(&random)] {
                let text = code.to_string();
                prop_assert_eq!(text.len(), 19);
                prop_assert_eq!(text.parse(), Ok(code));
                let typed = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
                prop_assert_eq!(typed.parse(), Ok(code));
            }
        }
    }

    #[test]
    fn other_texts_are_not_codes() {
        for text in
            ["", "0", "0000-0000-0000-000", "0000-0000-0000-00000", "0000-0000-0000-000U", "é000000000000000"]
        {
            assert_eq!(text.parse::<ReferenceCode>(), Err(NotACode), "{text}");
        }
    }
}
