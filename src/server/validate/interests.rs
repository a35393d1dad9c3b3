//! One spelling for each interest, so that those find each other who mean the same: text in, text out; it must not know
//! who has it.

use std::mem;

use unicode_normalization::UnicodeNormalization;

use crate::protocol::{Interest, ToServer, limits::MAX_INTERESTS};

/// Writes the interests of a message in their one spelling: compatibility composed (Unicode Standard Annex 15, NFKC), in
/// small letters, with one space between words, each once. What is none in that spelling is left out.
pub(crate) fn message(message: &mut ToServer) {
    let ToServer::Join { tastes, .. } = message else { return };
    let written = mem::take(&mut tastes.interests);
    for it in written.iter().flat_map(interests) {
        if tastes.interests.len() < MAX_INTERESTS && !tastes.interests.contains(&it) {
            tastes.interests.push(it);
        }
    }
}

/// More than one where it has a comma in that spelling.
fn interests(it: &Interest) -> Vec<Interest> {
    let composed: String = it.as_ref().nfkc().collect();
    let small: String = composed.to_lowercase().nfkc().collect();
    Interest::all_in(&small.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Media, Tastes};

    #[track_caller]
    fn spelt(written: &str) -> Vec<String> {
        let tastes = Tastes { interests: Interest::all_in(written), languages: Vec::new() };
        let mut join = ToServer::Join { media: Media::default(), hide: false, tastes };
        message(&mut join);
        let ToServer::Join { tastes, .. } = join else { unreachable!("it was one") };
        tastes.interests.iter().map(|it| it.as_ref().to_owned()).collect()
    }

    #[test]
    fn what_means_the_same_is_the_same_in_any_script() {
        assert_eq!(spelt("Jazz,JAZZ,jazz"), ["jazz"]);
        assert_eq!(spelt("Сёрфинг,СЁРФИНГ,се\u{308}рфинг"), ["сёрфинг"]);
        assert_eq!(spelt("Ｇｏ,go"), ["go"]);
        assert_eq!(spelt("board   games,Board\u{a0}Games"), ["board games"]);
        assert_eq!(spelt("囲碁,खेल,לטייל"), ["囲碁", "खेल", "לטייל"]);
        assert_eq!(spelt("ΤΈΝΙΣ,Τένις"), ["τένις"]);
    }

    #[test]
    fn a_comma_is_one_in_any_script() {
        assert_eq!(spelt("音乐，电影；茶"), ["音乐", "电影", "茶"]);
        assert_eq!(spelt("音楽、映画"), ["音楽", "映画"]);
        assert_eq!(spelt("موسيقى، شاي"), ["موسيقى", "شاي"]);
        let mut join = ToServer::Join {
            media: Media::default(),
            hide: false,
            tastes: Tastes { interests: vec![Interest::new("a︐b").unwrap()], languages: Vec::new() },
        };
        message(&mut join);
        let ToServer::Join { tastes, .. } = join else { unreachable!("it was one") };
        assert_eq!(tastes.interests, Interest::all_in("a,b"), "one that becomes a comma too");
    }

    #[test]
    fn what_grows_too_long_is_left_out() {
        assert_eq!(spelt("\u{fdfa}\u{fdfa}\u{fdfa},chess"), ["chess"]);
    }
}
