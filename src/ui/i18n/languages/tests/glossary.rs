//! The glossary: words that stand for one thing are the same in all texts of a language.

use super::{super::files::LANGUAGES, pairs};

/// A word of the English texts, and the beginnings of the words for it in the order of [`TAGS`].
struct Term {
    english: &'static str,
    words: [&'static [&'static str]; 11],
}

/// The order of the columns of [`TERMS`].
const TAGS: [&str; 11] = ["ar", "de", "es", "fr", "hi", "id", "ja", "pl", "pt-BR", "ru", "tr"];

const fn term(english: &'static str, words: [&'static [&'static str]; 11]) -> Term {
    Term { english, words }
}

/// What has one name everywhere. `docs/translating.md` explains them.
const TERMS: [Term; 5] = [
    term(
        "camera",
        [
            &["كاميرا"],
            &["kamera"],
            &["cámara"],
            &["caméra"],
            &["कैमर"],
            &["kamera"],
            &["カメラ"],
            &["kamer"],
            &["câmera"],
            &["камер"],
            &["kamera"],
        ],
    ),
    term(
        "microphone",
        [
            &["ميكروفون"],
            &["mikrofon"],
            &["micrófono"],
            &["micro"],
            &["माइक"],
            &["mikrofon"],
            &["マイク"],
            &["mikrofon"],
            &["microfone"],
            &["микрофон"],
            &["mikrofon"],
        ],
    ),
    term(
        "browser",
        [
            &["متصفح"],
            &["browser"],
            &["navegador"],
            &["navigateur"],
            &["ब्राउज़र"],
            &["browser", "peramban"],
            &["ブラウザ"],
            &["przeglądar"],
            &["navegador"],
            &["браузер"],
            &["tarayıcı"],
        ],
    ),
    term(
        "relay",
        [
            &["ترحيل"],
            &["relay"],
            &["servidor intermedio"],
            &["relais"],
            &["रिले"],
            &["relai", "relay"],
            &["中継"],
            &["pośredni"],
            &["retransmiss"],
            &["ретрансл", "релей"],
            &["aktarma"],
        ],
    ),
    term(
        "ip address",
        [
            &["ip"],
            &["ip-adresse"],
            &["ip"],
            &["ip"],
            &["ip"],
            &["ip"],
            &["ip"],
            &["ip"],
            &["ip"],
            &["ip"],
            &["ip"],
        ],
    ),
];

#[test]
fn a_word_of_the_glossary_is_the_same_in_all_texts() {
    assert!(LANGUAGES.iter().all(|it| TAGS.contains(&it.tag)));
    let mut found = Vec::new();
    // In the settings of an iPhone the camera has another name.
    for it in pairs().into_iter().filter(|it| !it.place.ends_with("blocked_steps[5]")) {
        let (english, text) = (it.english.to_lowercase(), it.text.to_lowercase());
        let column = TAGS.iter().position(|tag| *tag == it.tag).unwrap();
        for term in TERMS.iter().filter(|term| english.contains(term.english)) {
            let words = term.words[column];
            if !words.iter().any(|word| text.contains(word)) {
                found.push(format!(
                    "{}: no word for \u{201c}{}\u{201d} ({words:?}): {}",
                    it.place, term.english, it.text
                ));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}
