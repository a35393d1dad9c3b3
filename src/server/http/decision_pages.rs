//! The plain pages that ask the moderation store: decisions and appeals by their codes, and counts.
//!
//! A code is sent in the body of a request, never in an address: a proxy may log addresses, with those of visitors.

use std::sync::Arc;

use super::{headers, language, list_header};
use crate::{
    moderation::{
        AppealState, MAX_APPEAL_CHARS, Moderation, ModerationError, Month, MonthCount, ReferenceCode,
        ReportOutcome, Statement, UnixTime,
    },
    server::clock::stamp,
    ui::{
        AppealProgress, CodeAnswer, DecisionFacts, MonthView, PageLanguage, PlainContent, PlainFacts,
        PlainPage, ReportedOutcome, plain_page,
    },
};
use axum::{
    Router,
    body::Bytes,
    extract::DefaultBodyLimit,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

/// Bytes of a form: the words of an appeal, each character in up to 12 bytes, and a code.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// Months that the transparency page shows, this one included.
const MONTHS_SHOWN: u32 = 12;

/// What the handlers need.
#[derive(Clone)]
struct Pages {
    moderation: Option<Moderation>,
    facts: Arc<PlainFacts>,
    style: Arc<str>,
    https_only: bool,
}

/// What a visitor has entered.
#[derive(Default)]
struct Entered {
    code: String,
    /// The words of an appeal, if it is one.
    words: Option<String>,
    /// The tag of the language of the page that had the form.
    language: Option<String>,
}

impl Entered {
    /// Reads a form; fields that it does not know are ignored. Browsers send line breaks as two characters; here each
    /// is one, as for the browser when it counts them.
    fn read(form: &[u8]) -> Self {
        let mut it = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            match &*name {
                "code" => it.code = value.into_owned(),
                "lang" => it.language = Some(value.into_owned()),
                "words" => it.words = Some(value.replace("\r\n", "\n")),
                _ => {}
            }
        }
        it
    }
}

/// The routes of both pages. Without a store they say so.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    moderation: Option<Moderation>,
    facts: &Arc<PlainFacts>,
    style: &str,
    https_only: bool,
) -> Router<S> {
    let pages = Pages { moderation, facts: Arc::clone(facts), style: style.into(), https_only };
    let (asked, entered, counted) = (pages.clone(), pages.clone(), pages);
    let ask = get(async move |uri: Uri, headers: HeaderMap| {
        let answer = if asked.moderation.is_some() { CodeAnswer::Ask } else { CodeAnswer::Off };
        let language = language::choose(&uri, &headers);
        asked.response(StatusCode::OK, PlainPage::Appeal, language, &PlainContent::Code(answer))
    });
    let appeal = ask.post(async move |headers: HeaderMap, form: Bytes| {
        let entered_now = Entered::read(&form);
        let items = list_header::items(&headers, &header::ACCEPT_LANGUAGE);
        let language = language::choose_from(entered_now.language.as_deref(), items);
        entered.answer(entered_now, language).await
    });
    let count =
        get(async move |uri: Uri, headers: HeaderMap| counted.counts(language::choose(&uri, &headers)).await);
    Router::new()
        .route(PlainPage::Appeal.path(), appeal)
        .route(PlainPage::Transparency.path(), count)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

impl Pages {
    fn response(
        &self,
        status: StatusCode,
        page: PlainPage,
        language: PageLanguage,
        content: &PlainContent,
    ) -> Response {
        let html = plain_page(page, language, &self.facts, content, &self.style);
        let headers = [
            (header::CACHE_CONTROL, headers::NO_STORE),
            (header::CONTENT_SECURITY_POLICY, headers::form_policy(self.https_only)),
        ];
        (status, headers, language::headers(language.texts_of(page).language), Html(html)).into_response()
    }

    /// Appeals, if there are words, and shows what the code leads to.
    async fn answer(&self, entered: Entered, language: PageLanguage) -> Response {
        let (status, answer) = match &self.moderation {
            None => (StatusCode::NOT_FOUND, CodeAnswer::Off),
            Some(moderation) => look_up(moderation, entered).await,
        };
        self.response(status, PlainPage::Appeal, language, &PlainContent::Code(answer))
    }

    async fn counts(&self, language: PageLanguage) -> Response {
        let months = match &self.moderation {
            None => Ok(Vec::new()),
            Some(moderation) => moderation.counts(first_month(stamp().now)).await,
        };
        let (status, content) = match months {
            Ok(counts) => (StatusCode::OK, PlainContent::Counts(by_month(counts))),
            Err(_) => (StatusCode::SERVICE_UNAVAILABLE, PlainContent::Busy),
        };
        self.response(status, PlainPage::Transparency, language, &content)
    }
}

async fn look_up(moderation: &Moderation, Entered { code, words, .. }: Entered) -> (StatusCode, CodeAnswer) {
    let Ok(code) = code.parse::<ReferenceCode>() else { return (StatusCode::NOT_FOUND, CodeAnswer::Unknown) };
    let is_good = |it: &str| !it.is_empty() && it.chars().count() <= MAX_APPEAL_CHARS;
    let mut refused = words.map(|it| it.trim().to_owned());
    if let Some(words) = refused.take_if(|it| is_good(it)) {
        // The page below says what has become of it, also if there was an appeal before.
        match moderation.appeal(stamp(), code, words).await {
            Ok(_) | Err(ModerationError::NotAllowed(_) | ModerationError::NotFound) => {}
            Err(_) => return (StatusCode::SERVICE_UNAVAILABLE, CodeAnswer::Busy),
        }
    }
    match moderation.statement(code).await {
        Ok(it) => (StatusCode::OK, CodeAnswer::Decision(Box::new(decision_facts(it, refused)))),
        Err(ModerationError::NotFound) => match moderation.outcome(code).await {
            Ok(it) => (StatusCode::OK, CodeAnswer::Outcome(outcome(it))),
            Err(ModerationError::NotFound) => (StatusCode::NOT_FOUND, CodeAnswer::Unknown),
            Err(_) => (StatusCode::SERVICE_UNAVAILABLE, CodeAnswer::Busy),
        },
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, CodeAnswer::Busy),
    }
}

/// What the person of a decision reads. `refused` are the words of an appeal that were refused just now.
pub(crate) fn decision_facts(it: Statement, refused: Option<String>) -> DecisionFacts {
    DecisionFacts {
        code: it.appeal.to_string(),
        kind: it.kind.notice(),
        reason: it.reason,
        reports: reports(&it),
        is_automatic: it.is_automatic,
        decided: it.decided.utc(),
        until: it.until.utc(),
        ended: it.ended.map(UnixTime::utc),
        appeal: match it.state {
            AppealState::None => AppealProgress::Possible { max_chars: MAX_APPEAL_CHARS, refused },
            AppealState::Waiting => AppealProgress::Waiting,
            AppealState::Granted { answer } => AppealProgress::Granted(answer),
            AppealState::Rejected { answer } => AppealProgress::Rejected(answer),
        },
    }
}

fn outcome(it: ReportOutcome) -> ReportedOutcome {
    match it {
        ReportOutcome::Undecided => ReportedOutcome::Undecided,
        ReportOutcome::Upheld => ReportedOutcome::Upheld,
        ReportOutcome::Dismissed => ReportedOutcome::Dismissed,
    }
}

/// The number of the reports, and the days on which they came. There is none if a moderator has decided again.
fn reports(it: &Statement) -> Option<String> {
    if it.reports == 0 {
        return None;
    }
    let (first, last) = (it.first_report.utc_day(), it.last_report.utc_day());
    let days = if first == last { first } else { format!("{first} \u{2013} {last}") };
    Some(format!("{} ({days})", it.reports))
}

/// The first month that the transparency page shows.
fn first_month(now: UnixTime) -> Month {
    Month::of(now).before(MONTHS_SHOWN - 1)
}

/// The counts of each month, the newest month first.
fn by_month(counts: Vec<MonthCount>) -> Vec<MonthView> {
    let mut months: Vec<MonthView> = Vec::new();
    for MonthCount { month, what, count } in counts {
        let month = month.to_string();
        match months.last_mut().filter(|it| it.month == month) {
            Some(it) => it.counts.push((what, count)),
            None => months.push(MonthView { month, counts: vec![(what, count)] }),
        }
    }
    months.reverse();
    months
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{moderation::SanctionKind, protocol::ReportReason};

    const DAY: u64 = 24 * 60 * 60;

    fn statement(reports: u32, first: u64, last: u64) -> Statement {
        Statement {
            kind: SanctionKind::Ban,
            reason: ReportReason::Hate,
            reports,
            first_report: UnixTime(first),
            last_report: UnixTime(last),
            is_automatic: false,
            decided: UnixTime(last),
            until: UnixTime(last + DAY),
            ended: None,
            appeal: "0000-0000-0000-0000".parse().unwrap(),
            state: AppealState::None,
        }
    }

    #[test]
    fn reports_are_dated_by_their_days() {
        let text = |count, first, last| reports(&statement(count, first, last));
        assert_eq!(text(0, 0, 0), None);
        assert_eq!(text(1, 7, 7).unwrap(), "1 (1970-01-01)");
        assert_eq!(text(3, 7, DAY).unwrap(), "3 (1970-01-01 \u{2013} 1970-01-02)");
    }

    #[test]
    fn counts_are_shown_by_month_the_newest_first() {
        let count = |month: u64, what: &str| MonthCount {
            month: Month::of(UnixTime(month * 31 * DAY)),
            what: what.into(),
            count: month,
        };
        let months = by_month(vec![count(1, "ban"), count(1, "warn"), count(2, "ban")]);
        let shown: Vec<_> = months.iter().map(|it| (&*it.month, it.counts.len())).collect();
        assert_eq!(shown, [("1970-03", 1), ("1970-02", 2)]);
        assert_eq!(first_month(UnixTime(360 * DAY)).to_string(), "1970-01", "a year with this month");
    }
}
