//! Reads the plain pages of a language from its file.

use serde_json::Value;

use super::texts::{Block, DecisionTexts, FactLabels, PageText, Part, PlainTexts};
use crate::ui::i18n::entry::CatalogueEntry;

/// The texts in a JSON object, whose keys are the names of the fields. The pages that are only in English, and what
/// belongs to them, come from `english`.
///
/// # Errors
///
/// Says which key is missing or of another kind.
pub(crate) fn plain_texts_from(
    file: &Value,
    (language, direction): (&'static str, &'static str),
    english: &PlainTexts,
) -> Result<PlainTexts, String> {
    Ok(PlainTexts {
        language,
        direction,
        back: text(file, "", "back")?,
        rules: page(file, "rules")?,
        safety: page(file, "safety")?,
        appeal: page(file, "appeal")?,
        decisions: decisions(&file["decisions"])?,
        ..*english
    })
}

/// The text, or the texts, of a field.
fn text<T: CatalogueEntry>(object: &Value, above: &str, name: &str) -> Result<T, String> {
    T::from_json(&object[name], &[above, name].concat())
}

/// A list that is kept for as long as the program runs.
fn list<T>(
    value: &Value,
    key: &str,
    read: impl Fn(&Value, &str) -> Result<T, String>,
) -> Result<&'static [T], String> {
    let values = value.as_array().ok_or_else(|| format!("{key} is no list"))?.iter().enumerate();
    let entries = values.map(|(index, it)| read(it, &format!("{key}[{index}]")));
    Ok(&*entries.collect::<Result<Vec<_>, _>>()?.leak())
}

fn page(file: &Value, name: &str) -> Result<PageText, String> {
    let (page, above) = (&file[name], format!("{name}."));
    Ok(PageText {
        title: text(page, &above, "title")?,
        summary: text(page, &above, "summary")?,
        parts: list(&page["parts"], &[&above, "parts"].concat(), part)?,
    })
}

fn part(value: &Value, key: &str) -> Result<Part, String> {
    let above = format!("{key}.");
    let blocks = list(&value["blocks"], &[&above, "blocks"].concat(), block)?;
    Ok(Part { title: text(value, &above, "title")?, blocks })
}

fn block(value: &Value, key: &str) -> Result<Block, String> {
    let mut fields = value.as_object().into_iter().flatten();
    let (Some((name, value)), None) = (fields.next(), fields.next()) else {
        return Err(format!("{key} has no kind, or more than one"));
    };
    let key = &format!("{key}.{name}");
    let texts = |value: &Value| list(value, key, CatalogueEntry::from_json);
    Ok(match name.as_str() {
        "text" => Block::Text(CatalogueEntry::from_json(value, key)?),
        "operated" => Block::Operated(CatalogueEntry::from_json(value, key)?),
        "unnamed" => Block::Unnamed(CatalogueEntry::from_json(value, key)?),
        "list" => Block::List(texts(value)?),
        "steps" => Block::Steps(texts(value)?),
        "sites" => Block::Sites(list(value, key, |it, key| {
            let [name, url, text] = CatalogueEntry::from_json(it, key)?;
            Ok((name, url, text))
        })?),
        _ => return Err(format!("{key} is unknown")),
    })
}

fn decisions(value: &Value) -> Result<DecisionTexts, String> {
    const ABOVE: &str = "decisions.";
    let facts = |name| text(&value["facts"], "decisions.facts.", name);
    let of = |name| text(value, ABOVE, name);
    Ok(DecisionTexts {
        code: of("code")?,
        look_up: of("look_up")?,
        unknown: of("unknown")?,
        busy: of("busy")?,
        off: of("off")?,
        kinds: text(value, ABOVE, "kinds")?,
        by_person: of("by_person")?,
        automatic: of("automatic")?,
        facts: FactLabels {
            reason: facts("reason")?,
            reports: facts("reports")?,
            decided: facts("decided")?,
            until: facts("until")?,
            ended: facts("ended")?,
            answer: facts("answer")?,
        },
        reasons: text(value, ABOVE, "reasons")?,
        appeal: of("appeal")?,
        appeal_hint: of("appeal_hint")?,
        words: of("words")?,
        send: of("send")?,
        bad_words: of("bad_words")?,
        waiting: of("waiting")?,
        granted: of("granted")?,
        rejected: of("rejected")?,
        outcomes: text(value, ABOVE, "outcomes")?,
    })
}
