//! The English texts in the form of a file, and the base files for translation tools.

use std::{env, fs, path::Path};

use serde_json::{Value, json};

use crate::ui::i18n::{
    english,
    plain::{self, Block, DecisionTexts, PageText},
};

/// What `en.json` would be.
pub(super) fn catalogue() -> Value {
    english::ENGLISH.to_json()
}

/// What `plain/en.json` would be.
pub(super) fn plain_pages() -> Value {
    let texts = &plain::english::ENGLISH;
    json!({
        "_head": "source",
        "back": texts.back,
        "rules": page(&texts.rules),
        "safety": page(&texts.safety),
        "appeal": page(&texts.appeal),
        "decisions": decisions(&texts.decisions),
    })
}

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

/// Tools show translators the base files. They follow the sources: `UPDATE_BASE=1` writes them.
#[test]
fn the_base_files_are_the_english_sources() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui/i18n/languages");
    for (name, value) in [("en.json", catalogue()), ("plain/en.json", plain_pages())] {
        let (path, text) = (folder.join(name), format!("{value:#}\n"));
        if env::var_os("UPDATE_BASE").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let is_current = fs::read_to_string(&path).is_ok_and(|it| it == text);
        assert!(is_current, "{name}: UPDATE_BASE=1 cargo test --features ssr --lib base_files");
    }
}
