//! [`PageLanguage`]: the language in which somebody reads the pages.

use super::files::{LANGUAGES, in_language, plain_texts};
use crate::ui::i18n::{
    Words,
    plain::{PlainPage, PlainTexts},
};

/// The language in which somebody reads the pages, and whether their links name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageLanguage {
    tag: &'static str,
    is_asked_for: bool,
}

/// The tag and the own name of the language of the sources.
const ENGLISH: (&str, &str) = ("en", "English");

/// The tags of the two artificial languages, which no menu offers.
const ARTIFICIAL: [&str; 2] = ["en-XA", "ar-XB"];

/// Further tags under which browsers ask for a language: Portuguese is there only as Brazil writes it, and `in` is what
/// `id` was called until 1989 (ISO 639) and still is on old phones.
const OTHER_TAGS: [(&str, &str); 2] = [("pt", "pt-BR"), ("in", "id")];

impl PageLanguage {
    /// English, if nobody has asked for a language.
    pub const ENGLISH: Self = Self { tag: ENGLISH.0, is_asked_for: false };

    /// The tag and the own name of each language, in the order of the menu.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        [ENGLISH].into_iter().chain(LANGUAGES.iter().map(|it| (it.tag, it.name)))
    }

    /// The tag of the language that has this tag, or one of its others, in upper or lower case.
    pub fn tag_of(tag: &str) -> Option<&'static str> {
        let same = |it: &&str| it.eq_ignore_ascii_case(tag);
        let other = OTHER_TAGS.into_iter().find(|it| same(&it.0)).map(|it| it.1);
        Self::all().map(|it| it.0).chain(ARTIFICIAL).find(same).or(other)
    }

    /// A language of [`all`](Self::all), for a page whose address names it.
    pub const fn asked_for(tag: &'static str) -> Self {
        Self { tag, is_asked_for: true }
    }

    /// A language of [`all`](Self::all), for a page whose address names none.
    pub const fn of_browser(tag: &'static str) -> Self {
        Self { tag, is_asked_for: false }
    }

    /// The tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        self.tag
    }

    /// The own name of the language.
    pub fn name(self) -> &'static str {
        Self::all().find(|it| it.0 == self.tag).map_or(self.tag, |it| it.1)
    }

    /// The catalogue.
    pub fn words(self) -> &'static Words {
        in_language(self.tag)
    }

    /// The texts of a plain page: in English if the page is in no other language.
    pub fn texts_of(self, page: PlainPage) -> &'static PlainTexts {
        plain_texts(if page.is_translated() { self.tag } else { ENGLISH.0 })
    }

    /// The address of another page in this language. English is named only where this page's own address names it: the
    /// next page would choose it, too.
    pub fn address(self, path: &str) -> String {
        if self.is_asked_for || self.tag != ENGLISH.0 {
            [path, "?lang=", self.tag].concat()
        } else {
            path.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_the_language_of_the_page() {
        assert_eq!(PageLanguage::ENGLISH.address("/rules"), "/rules");
        assert_eq!(PageLanguage::asked_for("en").address("/rules"), "/rules?lang=en");
        assert_eq!(PageLanguage::of_browser("pt-BR").address("/"), "/?lang=pt-BR");
    }

    #[test]
    fn finds_languages_by_their_tags_and_by_others() {
        let tags = [("DE", Some("de")), ("pt-br", Some("pt-BR")), ("pt", Some("pt-BR")), ("in", Some("id"))];
        for (tag, found) in [tags.as_slice(), &[("ar-xb", Some("ar-XB")), ("tlh", None), ("", None)]].concat()
        {
            assert_eq!(PageLanguage::tag_of(tag), found, "{tag}");
        }
        assert_eq!(PageLanguage::all().count(), 12);
        assert_eq!(PageLanguage::asked_for("ja").name(), "日本語");
        assert_eq!(PageLanguage::asked_for("en-XA").name(), "en-XA");
    }
}
