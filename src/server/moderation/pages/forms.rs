//! The fields of forms and queries, and what they ask for.

use axum::http::Uri;

use crate::{
    moderation::{Action, BanLength, ModeratorDecision, QueuePosition, Seen, Status, SubjectId},
    protocol::ReportReason,
    ui::moderation::DecisionDraft,
};

/// The fields of a form or a query, decoded.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads the body of a form. Browsers send line breaks as two characters; here each is one.
    pub(super) fn of_form(body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(body);
        Self(pairs.map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n"))).collect())
    }

    /// Reads the query of a request.
    pub(super) fn of_query(uri: &Uri) -> Self {
        Self::of_form(uri.query().unwrap_or_default().as_bytes())
    }

    /// The first field of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The first field of this name, or an empty text.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |it| it.0 == name).map(|it| &*it.1)
    }

    /// The part of the queue; the open one if none is named.
    pub(super) fn status(&self) -> Status {
        Status::ALL.into_iter().find(|it| self.get("status") == Some(it.name())).unwrap_or(Status::Open)
    }

    /// Where a page of the queue begins.
    pub(super) fn queue_position(&self) -> Option<QueuePosition> {
        let (score, subject) = self.get("after")?.split_once('.')?;
        Some(QueuePosition { score: score.parse().ok()?, subject: SubjectId(subject.parse().ok()?) })
    }

    /// The subjects that are chosen to be dismissed, each as it was seen; `None` if one is malformed.
    pub(super) fn choices(&self) -> Option<Vec<(SubjectId, Seen)>> {
        let choice = |text: &str| {
            let (subject, seen) = text.split_once(':')?;
            Some((SubjectId(subject.parse().ok()?), seen.parse().ok()?))
        };
        self.all("choice").map(choice).collect()
    }

    /// The decision that a form asks for; `None` if it is malformed.
    pub(super) fn decision(&self, subject: SubjectId) -> Option<ModeratorDecision> {
        let (seen, note) = (self.get("seen")?.parse().ok()?, self.text("note"));
        Some(ModeratorDecision { subject, seen, action: self.action()?, note })
    }

    fn action(&self) -> Option<Action> {
        Some(match self.get("action")? {
            "dismiss" => Action::Dismiss,
            "warn" => Action::Warn(self.reason()?),
            "pause" => Action::Pause(self.reason()?),
            "ban" => Action::Ban(self.reason()?, self.length()?),
            "escalate" => Action::Escalate,
            "note" => Action::Note,
            "lift" => Action::Lift,
            _ => return None,
        })
    }

    fn reason(&self) -> Option<ReportReason> {
        ReportReason::ALL.into_iter().find(|it| self.get("reason") == Some(it.name()))
    }

    fn length(&self) -> Option<BanLength> {
        let days: u64 = self.get("days")?.parse().ok()?;
        BanLength::ALL.into_iter().find(|it| it.days() == days)
    }

    /// What a moderator has written.
    pub(super) fn written(&self) -> String {
        [self.text("note"), self.text("answer")].concat()
    }

    /// What the query of a page says was done before, in a sentence. Only known words become one.
    pub(super) fn done(&self) -> Option<String> {
        if let Some(count) = self.get("dismissed") {
            return count.parse::<usize>().ok().map(|it| format!("{it} dismissed."));
        }
        let about = self.get("subject").and_then(|it| it.parse::<i64>().ok()).unwrap_or_default();
        let done = match self.get("done")? {
            "dismiss" => "its reports are dismissed",
            "warn" => "its person will read the warning",
            "pause" => "its person is paused",
            "ban" => "its person is banned",
            "kept" => "its reports are upheld, and a stronger sanction stays in effect",
            "escalate" => "somebody else will decide",
            "note" => "the note is stored",
            "lift" => "the sanction is lifted",
            "grant" => return Some("The appeal is granted, and the sanction is lifted.".to_owned()),
            "grant-over" => {
                return Some(
                    "The appeal is granted. The sanction was over already; now it does not count for its network \
                     either."
                        .to_owned(),
                );
            }
            "grant-another" => {
                return Some(
                    "The appeal is granted, but another sanction has taken the place of this one, and stays: \
                     nothing was lifted."
                        .to_owned(),
                );
            }
            "reject" => return Some("The appeal is rejected.".to_owned()),
            _ => return None,
        };
        Some(format!("Subject {about}: {done}."))
    }

    /// What a moderator has entered for a decision, to be shown again.
    pub(super) fn draft(&self) -> DecisionDraft {
        let days = self.get("days").and_then(|it| it.parse().ok());
        DecisionDraft { note: self.text("note"), reason: self.reason(), days }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(form: &str) -> Option<ModeratorDecision> {
        Fields::of_form(form.as_bytes()).decision(SubjectId(7))
    }

    #[test]
    fn forms_ask_for_every_action() {
        use ReportReason::{Hate, Nudity};
        for (form, expected) in [
            ("action=dismiss", Action::Dismiss),
            ("action=warn&reason=hate", Action::Warn(Hate)),
            ("action=pause&reason=nudity", Action::Pause(Nudity)),
            ("action=ban&reason=nudity&days=180", Action::Ban(Nudity, BanLength::HalfYear)),
            ("action=ban&reason=hate&days=7", Action::Ban(Hate, BanLength::Week)),
            ("action=escalate", Action::Escalate),
            ("action=note", Action::Note),
            ("action=lift", Action::Lift),
        ] {
            let decision = decision(&format!("seen=3.4&note=a%0D%0Ab+c&{form}")).expect(form);
            assert_eq!((decision.action, &*decision.note), (expected, "a\nb c"));
            assert_eq!((decision.subject, &*decision.seen.to_string()), (SubjectId(7), "3.4"));
        }
        for wrong in [
            "action=dismiss",
            "seen=3&action=dismiss",
            "seen=3.4",
            "seen=3.4&action=Dismiss",
            "seen=3.4&action=warn",
            "seen=3.4&action=ban&reason=hate&days=2",
            "seen=3.4&action=ban&reason=hate&days=99999999999999999999",
            "seen=3.4&action=ban&reason=rude&days=7",
        ] {
            assert_eq!(decision(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn queries_name_a_part_of_the_queue() {
        let fields = |query: &str| Fields::of_query(&format!("/?{query}").parse().unwrap());
        assert_eq!(fields("").status(), Status::Open);
        assert_eq!(fields("status=escalated").status(), Status::Escalated);
        let position = fields("status=closed&after=120.9").queue_position().unwrap();
        assert_eq!((position.score, position.subject), (120, SubjectId(9)));
        for none in ["", "after=", "after=1", "after=-1.2", "after=a.b"] {
            assert_eq!(fields(none).queue_position(), None, "{none}");
        }
    }

    #[test]
    fn choices_have_what_was_seen() {
        let choices = |form: &str| Fields::of_form(form.as_bytes()).choices();
        let both = choices("choice=1%3A2.3&x=y&choice=4%3A5.6").unwrap();
        let texts: Vec<_> = both.iter().map(|it| (it.0.0, it.1.to_string())).collect();
        assert_eq!(texts, [(1, "2.3".to_owned()), (4, "5.6".to_owned())]);
        assert_eq!(choices(""), Some(Vec::new()));
        assert_eq!(choices("choice=1%3A2.3&choice=4"), None);
    }
}
