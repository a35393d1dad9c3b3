//! The types of the texts of the plain pages, and their slots.

/// The texts of all plain pages in one language.
#[derive(Clone, Copy, Debug)]
pub struct PlainTexts {
    /// A language tag (BCP 47).
    pub language: &'static str,
    /// The direction of the script: `ltr` or `rtl`.
    pub direction: &'static str,
    /// Leads back to the first page.
    pub back: &'static str,
    /// The names of countries, with their codes in ISO 3166-1, sorted by code.
    pub countries: &'static [(&'static str, &'static str)],
    /// `/rules`
    pub rules: PageText,
    /// `/privacy`
    pub privacy: PageText,
    /// `/safety`
    pub safety: PageText,
    /// `/report`
    pub report: PageText,
    /// `/appeal`
    pub appeal: PageText,
    /// `/transparency`
    pub transparency: PageText,
    /// What `/appeal` says about a code.
    pub decisions: DecisionTexts,
    /// What `/transparency` counts: the name in the store, and the text.
    pub counts: &'static [(&'static str, &'static str)],
    /// What `/transparency` says if nothing was counted yet.
    pub nothing_counted: &'static str,
    /// `/contact`
    pub contact: PageText,
}

/// The texts of decisions, which their codes lead to.
#[derive(Clone, Copy, Debug)]
pub struct DecisionTexts {
    /// The label of the field for a code.
    pub code: &'static str,
    /// The button below it.
    pub look_up: &'static str,
    /// Nothing has this code, or it is no code.
    pub unknown: &'static str,
    /// The store does not answer.
    pub busy: &'static str,
    /// This server has no store.
    pub off: &'static str,
    /// What was decided about a device, in the order of `NoticeKind`: warned, paused, banned.
    pub kinds: [&'static str; 3],
    /// A person has decided.
    pub by_person: &'static str,
    /// No person has decided.
    pub automatic: &'static str,
    /// The labels of the facts.
    pub facts: FactLabels,
    /// The reasons, in the order of `ReportReason::ALL`.
    pub reasons: [&'static str; 7],
    /// The heading of the appeal.
    pub appeal: &'static str,
    /// Who may appeal, and what happens then.
    pub appeal_hint: &'static str,
    /// The label of the field for the words of an appeal.
    pub words: &'static str,
    /// The button below it.
    pub send: &'static str,
    /// The words of an appeal were missing or too many.
    pub bad_words: &'static str,
    /// The appeal waits.
    pub waiting: &'static str,
    /// The appeal was granted.
    pub granted: &'static str,
    /// The appeal was rejected.
    pub rejected: &'static str,
    /// What came of a report: undecided, upheld, dismissed.
    pub outcomes: [&'static str; 3],
}

/// The labels of the facts about a decision.
#[derive(Clone, Copy, Debug)]
pub struct FactLabels {
    /// Which rule was broken.
    pub reason: &'static str,
    /// How many people have reported it.
    pub reports: &'static str,
    /// When it was decided.
    pub decided: &'static str,
    /// Until when it has effect.
    pub until: &'static str,
    /// When it has ended.
    pub ended: &'static str,
    /// The moderator's words about an appeal.
    pub answer: &'static str,
}

/// The texts of one page.
#[derive(Clone, Copy, Debug)]
pub struct PageText {
    /// The heading.
    pub title: &'static str,
    /// What the page is about, in one or two sentences. Search engines show it, too, so it has no slots.
    pub summary: &'static str,
    /// The parts of the page.
    pub parts: &'static [Part],
}

/// One part of a page.
#[derive(Debug)]
pub struct Part {
    /// The heading.
    pub title: &'static str,
    /// What follows it.
    pub blocks: &'static [Block],
}

/// A piece of a page between two headings.
#[derive(Debug)]
pub enum Block {
    /// A paragraph.
    Text(&'static str),
    /// A paragraph, only if the operator is named.
    Operated(&'static str),
    /// A paragraph, only if the operator is not named.
    Unnamed(&'static str),
    /// A list with a text for each point.
    List(&'static [&'static str]),
    /// A numbered list with a text for each step.
    Steps(&'static [&'static str]),
    /// A list of other sites: the name, the URL, and what people find there.
    Sites(&'static [(&'static str, &'static str, &'static str)]),
}

/// What stands in the place of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// `{name}`: the name of the operator.
    Name,
    /// `{country}`: the country from which the operator runs the server.
    Country,
    /// `{version}`: the version of the rules.
    Version,
    /// `{contact}`: a link to the contact.
    Contact,
    /// `{abuse}`: a link to the contact for reports.
    Abuse,
    /// `{rules}`, `{privacy}`, `{safety}`, `{report}`, `{appeal}`, `{transparency}` and `{imprint}`: a link to that
    /// page.
    Page(PlainPage),
}

/// A page that is neither the call nor a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainPage {
    /// What people must not do.
    Rules,
    /// What is stored, and what others learn.
    Privacy,
    /// The policy against child abuse, and help.
    Safety,
    /// How to report without an account.
    Report,
    /// What was decided, and how to appeal.
    Appeal,
    /// How often something was reported and decided.
    Transparency,
    /// The operator and how to reach them.
    Contact,
}

impl PlainPage {
    /// All of them, in the order of the links.
    pub const ALL: [Self; 7] = [
        Self::Rules,
        Self::Privacy,
        Self::Safety,
        Self::Report,
        Self::Appeal,
        Self::Transparency,
        Self::Contact,
    ];

    /// Whether the page is the same for as long as the server runs.
    pub const fn is_constant(self) -> bool {
        match self {
            Self::Rules | Self::Privacy | Self::Safety | Self::Report | Self::Contact => true,
            Self::Appeal | Self::Transparency => false,
        }
    }

    /// Whether the page is in every language. What the operator fills in, and what the law is about, is in English.
    pub const fn is_translated(self) -> bool {
        match self {
            Self::Rules | Self::Safety | Self::Appeal => true,
            Self::Privacy | Self::Report | Self::Transparency | Self::Contact => false,
        }
    }

    /// The path of the page on the site.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Rules => "/rules",
            Self::Privacy => "/privacy",
            Self::Safety => "/safety",
            Self::Report => "/report",
            Self::Appeal => "/appeal",
            Self::Transparency => "/transparency",
            Self::Contact => "/contact",
        }
    }
}

impl PlainTexts {
    /// The texts of a page.
    pub const fn page(&self, page: PlainPage) -> &PageText {
        match page {
            PlainPage::Rules => &self.rules,
            PlainPage::Privacy => &self.privacy,
            PlainPage::Safety => &self.safety,
            PlainPage::Report => &self.report,
            PlainPage::Appeal => &self.appeal,
            PlainPage::Transparency => &self.transparency,
            PlainPage::Contact => &self.contact,
        }
    }

    /// The name of a country, or its code if it has no name in this language.
    pub fn country<'a>(&self, code: &'a str) -> &'a str {
        let named = self.countries.binary_search_by_key(&code, |it| it.0).ok();
        named.and_then(|at| self.countries.get(at)).map_or(code, |it| it.1)
    }
}

/// The pieces of a text in order: the text before a slot, and the slot. Braces around anything else are part of the
/// text.
pub(crate) fn pieces(text: &str) -> Vec<(&str, Option<Slot>)> {
    let (mut pieces, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some((at, end)) =
        rest[from..].find('{').and_then(|it| Some((from + it, from + it + rest[from + it..].find('}')?)))
    {
        match slot(&rest[at + 1..end]) {
            Some(slot) => {
                pieces.push((&rest[..at], Some(slot)));
                (rest, from) = (&rest[end + 1..], 0);
            }
            None => from = at + 1,
        }
    }
    pieces.push((rest, None));
    pieces
}

fn slot(name: &str) -> Option<Slot> {
    Some(match name {
        "name" => Slot::Name,
        "country" => Slot::Country,
        "version" => Slot::Version,
        "contact" => Slot::Contact,
        "abuse" => Slot::Abuse,
        "rules" => Slot::Page(PlainPage::Rules),
        "privacy" => Slot::Page(PlainPage::Privacy),
        "safety" => Slot::Page(PlainPage::Safety),
        "report" => Slot::Page(PlainPage::Report),
        "appeal" => Slot::Page(PlainPage::Appeal),
        "transparency" => Slot::Page(PlainPage::Transparency),
        "imprint" => Slot::Page(PlainPage::Contact),
        _ => return None,
    })
}
