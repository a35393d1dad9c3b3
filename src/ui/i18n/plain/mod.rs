//! The texts of the plain pages. They are no part of the catalogue, which every page contains.
//!
//! Texts have slots in braces, such as `{contact}`, for the facts of the operator and for links between the pages.

pub(super) mod english;
pub(super) mod read;
mod texts;

pub(crate) use texts::DecisionTexts;
pub(crate) use texts::pieces;
pub use texts::{Block, PageText, Part, PlainPage, PlainTexts, Slot};

/// Whether this is a code of ISO 3166-1: two capital letters that stand for a country.
pub fn is_country(code: &str) -> bool {
    english::ENGLISH.countries.binary_search_by_key(&code, |it| it.0).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::plain_texts;

    #[test]
    fn finds_the_slots_of_a_text() {
        let (name, rules) = (Some(Slot::Name), Some(Slot::Page(PlainPage::Rules)));
        assert_eq!(pieces("a"), [("a", None)]);
        assert_eq!(pieces("a {name}, {rules}."), [("a ", name), (", ", rules), (".", None)]);
        assert_eq!(pieces("{name}"), [("", name), ("", None)]);
        for text in ["{", "}", "{}", "{nobody}", "a } b {"] {
            assert_eq!(pieces(text), [(text, None)], "{text}");
        }
        assert_eq!(pieces("{a {name}"), [("{a ", name), ("", None)]);
    }

    /// Every text of a page, with whether it appears only if the operator is named.
    fn texts(page: &PageText) -> Vec<(&'static str, bool)> {
        let blocks = page.parts.iter().flat_map(|it| it.blocks);
        let of_blocks = blocks.flat_map(|it| match it {
            Block::Text(text) | Block::Unnamed(text) => vec![(*text, false)],
            Block::Operated(text) => vec![(*text, true)],
            Block::List(list) | Block::Steps(list) => list.iter().map(|it| (*it, false)).collect(),
            Block::Sites(sites) => sites.iter().flat_map(|it| [(it.0, false), (it.2, false)]).collect(),
        });
        let titles = page.parts.iter().map(|it| (it.title, false));
        of_blocks.chain(titles).chain([(page.title, false), (page.summary, false)]).collect()
    }

    #[test]
    fn every_slot_is_known_and_facts_stand_only_where_they_are() {
        let english = plain_texts("en");
        for page in PlainPage::ALL {
            for (text, is_operated) in texts(english.page(page)) {
                assert!(!text.is_empty(), "{page:?}");
                for (before, slot) in pieces(text) {
                    assert!(!before.contains(['{', '}', '<', '\n']), "{text}");
                    let is_fact = match slot {
                        Some(Slot::Name | Slot::Country | Slot::Contact | Slot::Abuse) => true,
                        Some(Slot::Version | Slot::Page(_)) | None => false,
                    };
                    assert!(is_operated || !is_fact, "{text}");
                }
            }
            let PageText { title, summary, parts } = english.page(page);
            assert!(pieces(title).len() + pieces(summary).len() == 2, "{page:?}: no slots");
            assert!(!parts.is_empty(), "{page:?}");
        }
    }

    #[test]
    fn sites_are_asked_for_over_tls() {
        for page in PlainPage::ALL {
            let blocks = plain_texts("en").page(page).parts.iter().flat_map(|it| it.blocks);
            for block in blocks {
                if let Block::Sites(sites) = block {
                    assert!(
                        sites.iter().all(|it| it.1.starts_with("https://") && it.1.is_ascii()),
                        "{sites:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn countries_are_sorted_and_complete() {
        let countries = plain_texts("en").countries;
        assert_eq!(countries.len(), 249, "the officially assigned codes of ISO 3166-1");
        assert!(countries.windows(2).all(|it| it[0].0 < it[1].0));
        assert!(countries.iter().all(|it| it.0.len() == 2 && !it.1.is_empty()));
        assert_eq!(plain_texts("en").country("DE"), "Germany");
        assert_eq!(plain_texts("en").country("XX"), "XX");
        assert!(is_country("GB") && !is_country("UK") && !is_country("gb") && !is_country(""));
    }
}
