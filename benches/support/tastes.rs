//! The tastes of bots that must not be matched.

use passerby::protocol::{Interest, Language, Tastes};

/// An interest and a language that no other number gives.
pub(crate) fn own_tastes(number: u64) -> Tastes {
    let letters: String = (0..8).map(|at| char::from(b'a' + (number / 26_u64.pow(at) % 26) as u8)).collect();
    Tastes {
        interests: vec![Interest::new(&letters).expect("an interest")],
        languages: vec![Language::new(&letters).expect("a language")],
    }
}
