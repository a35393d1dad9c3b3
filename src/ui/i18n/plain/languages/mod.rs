//! Drafts of plain pages in other languages, a JSON file for each. No page shows them yet, so only tests read them.

use serde_json::{Map, Value, json};

use super::{Block, DecisionTexts, PageText, pieces, plain_texts};

const FILES: [(&str, &str); 11] = [
    ("ar", include_str!("ar.json")),
    ("de", include_str!("de.json")),
    ("es", include_str!("es.json")),
    ("fr", include_str!("fr.json")),
    ("hi", include_str!("hi.json")),
    ("id", include_str!("id.json")),
    ("ja", include_str!("ja.json")),
    ("pl", include_str!("pl.json")),
    ("pt-BR", include_str!("pt-BR.json")),
    ("ru", include_str!("ru.json")),
    ("tr", include_str!("tr.json")),
];

fn page(PageText { title, summary, parts }: &PageText) -> Value {
    let block = |it: &Block| match it {
        Block::Text(it) => json!({ "text": it }),
        Block::Operated(it) => json!({ "operated": it }),
        Block::Unnamed(it) => json!({ "unnamed": it }),
        Block::List(it) => json!({ "list": it }),
        Block::Steps(it) => json!({ "steps": it }),
        Block::Sites(it) => json!({ "sites": it }),
    };
    let blocks = |it: &[Block]| it.iter().map(block).collect::<Vec<_>>();
    let parts: Vec<_> =
        parts.iter().map(|it| json!({ "title": it.title, "blocks": blocks(it.blocks) })).collect();
    json!({ "title": title, "summary": summary, "parts": parts })
}

fn decisions(it: &DecisionTexts) -> Value {
    let facts = json!({
        "reason": it.facts.reason, "reports": it.facts.reports, "decided": it.facts.decided,
        "until": it.facts.until, "ended": it.facts.ended, "answer": it.facts.answer,
    });
    json!({
        "code": it.code, "look_up": it.look_up, "unknown": it.unknown, "busy": it.busy, "off": it.off,
        "kinds": it.kinds, "by_person": it.by_person, "automatic": it.automatic, "facts": facts,
        "reasons": it.reasons, "appeal": it.appeal, "appeal_hint": it.appeal_hint, "words": it.words,
        "send": it.send, "bad_words": it.bad_words, "waiting": it.waiting, "granted": it.granted,
        "rejected": it.rejected, "outcomes": it.outcomes,
    })
}

/// What the English texts would look like in a file.
fn english() -> Value {
    let texts = plain_texts("en");
    json!({
        "_head": "machine draft",
        "rules": page(&texts.rules),
        "safety": page(&texts.safety),
        "appeal": page(&texts.appeal),
        "decisions": decisions(&texts.decisions),
    })
}

/// The slots of a text in the order of their names.
fn slots(text: &str) -> Vec<String> {
    let mut slots: Vec<_> =
        pieces(text).into_iter().filter_map(|it| it.1).map(|it| format!("{it:?}")).collect();
    slots.sort();
    slots
}

/// Checks that a value has the form of the English one, and each text its slots.
fn compare(english: &Value, value: &Value, key: &str) {
    let keys = |it: &Map<String, Value>| it.keys().cloned().collect::<Vec<_>>();
    match (english, value) {
        (Value::String(english), Value::String(text)) => {
            assert!(!text.is_empty() && !text.contains('<'), "{key}");
            assert_eq!(slots(text), slots(english), "{key}: {text}");
            assert_eq!(text.starts_with("https://"), english.starts_with("https://"), "{key}: {text}");
            assert!(!english.starts_with("https://") || text == english, "{key}: {text}");
        }
        (Value::Array(english), Value::Array(values)) => {
            assert_eq!(values.len(), english.len(), "{key}");
            for (index, (english, value)) in english.iter().zip(values).enumerate() {
                compare(english, value, &format!("{key}[{index}]"));
            }
        }
        (Value::Object(english), Value::Object(values)) => {
            assert_eq!(keys(values), keys(english), "{key}");
            for ((name, english), value) in english.iter().zip(values.values()) {
                compare(english, value, &format!("{key}.{name}"));
            }
        }
        _ => panic!("{key}: {value}"),
    }
}

#[test]
fn every_draft_has_the_form_of_the_english_pages() {
    for (tag, file) in FILES {
        compare(&english(), &serde_json::from_str(file).unwrap(), tag);
    }
}
