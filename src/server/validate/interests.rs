//! The normalisation of interests, so that peers who mean the same find each other.

use std::mem;

use unicode_normalization::UnicodeNormalization;

use crate::protocol::{Interest, ToServer, limits::MAX_INTERESTS};

/// Normalises the interests of a message: Unicode normalisation form NFKC (Unicode Standard Annex 15), lower case,
/// single spaces between words, no duplicates, at most [`MAX_INTERESTS`].
///
/// Text that is not a valid interest in that form is dropped.
pub(crate) fn normalise(message: &mut ToServer) {
    let ToServer::Join { tastes, .. } = message else { return };
    let original = mem::take(&mut tastes.interests);
    for it in original.iter().flat_map(interests) {
        if tastes.interests.len() < MAX_INTERESTS && !tastes.interests.contains(&it) {
            tastes.interests.push(it);
        }
    }
}

/// The normal form of an interest. It may contain commas, and is then several interests.
fn interests(it: &Interest) -> Vec<Interest> {
    let composed: String = it.as_ref().nfkc().collect();
    let lowercase: String = composed.to_lowercase().nfkc().collect();
    Interest::all_in(&lowercase.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Media, Tastes};

    #[track_caller]
    fn normalised(text: &str) -> Vec<String> {
        let tastes = Tastes { interests: Interest::all_in(text), languages: Vec::new() };
        let mut join = ToServer::Join { media: Media::default(), hide: false, tastes };
        normalise(&mut join);
        let ToServer::Join { tastes, .. } = join else { unreachable!("normalising keeps the variant") };
        tastes.interests.iter().map(|it| it.as_ref().to_owned()).collect()
    }

    #[test]
    fn normalises_spellings_in_any_script() {
        assert_eq!(normalised("Jazz,JAZZ,jazz"), ["jazz"]);
        assert_eq!(normalised("Сёрфинг,СЁРФИНГ,се\u{308}рфинг"), ["сёрфинг"]);
        assert_eq!(normalised("Ｇｏ,go"), ["go"]);
        assert_eq!(normalised("board   games,Board\u{a0}Games"), ["board games"]);
        assert_eq!(normalised("囲碁,खेल,לטייל"), ["囲碁", "खेल", "לטייל"]);
        assert_eq!(normalised("ΤΈΝΙΣ,Τένις"), ["τένις"]);
    }

    #[test]
    fn commas_of_any_script_separate_interests() {
        assert_eq!(normalised("音乐，电影；茶"), ["音乐", "电影", "茶"]);
        assert_eq!(normalised("音楽、映画"), ["音楽", "映画"]);
        assert_eq!(normalised("موسيقى، شاي"), ["موسيقى", "شاي"]);
        let mut join = ToServer::Join {
            media: Media::default(),
            hide: false,
            tastes: Tastes { interests: vec![Interest::new("a︐b").unwrap()], languages: Vec::new() },
        };
        normalise(&mut join);
        let ToServer::Join { tastes, .. } = join else { unreachable!("normalising keeps the variant") };
        assert_eq!(tastes.interests, Interest::all_in("a,b"), "characters that become a comma separate, too");
    }

    #[test]
    fn drops_interests_that_become_too_long() {
        assert_eq!(normalised("\u{fdfa}\u{fdfa}\u{fdfa},chess"), ["chess"]);
    }
}
