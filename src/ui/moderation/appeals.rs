//! The appeals: their list, and one of them.

use leptos::prelude::*;

use super::{
    facts::{AppealLine, AppealPage, AppealsPage, ModeratorFrame},
    frame::document,
    parts::{hidden, statement, text_area, time},
    words,
};

/// The page of the appeals that wait.
pub fn appeals_page(frame: &ModeratorFrame, page: &AppealsPage) -> String {
    let table = if page.lines.is_empty() {
        view! { <p>"No appeal waits."</p> }.into_any()
    } else {
        view! {
            <div class="table">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Appeal"</th>
                            <th scope="col">"Against"</th>
                            <th scope="col">"Came"</th>
                            <th scope="col">"The sanction ends"</th>
                        </tr>
                    </thead>
                    <tbody>{page.lines.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    let next = page.next.clone().map(|it| view! { <p><a href=it rel="next">"Next page"</a></p> });
    document(frame, "Appeals", view! { <h1>"Appeals"</h1> {table} {next} })
}

fn row(line: &AppealLine) -> impl IntoView + use<> {
    let number = line.appeal;
    view! {
        <tr data-row>
            <th scope="row">
                <a href=format!("/appeals/{number}")>{format!("Appeal {number}")}</a>
            </th>
            <td>{against(line)}</td>
            <td>{time(&line.received)}</td>
            <td>{line.until.clone()}</td>
        </tr>
    }
}

fn against(line: &AppealLine) -> String {
    format!("{} for {}", words::sanction(line.sanction), words::reason(line.reason))
}

/// The page of one appeal. An answer may have `max_answer` characters.
pub fn appeal_page(frame: &ModeratorFrame, page: &AppealPage, max_answer: usize) -> String {
    let AppealPage { line, subject, words, answer, .. } = page;
    let title = format!("Appeal {}", line.appeal);
    let words = if words.is_empty() { "(nothing)".to_owned() } else { words.clone() };
    let content = view! {
        <h1>{title.clone()}</h1>
        <p>
            {against(line)} ", came " {time(&line.received)} ", about "
            <a href=format!("/subjects/{subject}")>{format!("subject {subject}")}</a>
        </p>
        <section>
            <h2>"What the person read"</h2>
            {statement(&page.statement)}
        </section>
        <section>
            <h2>"What the person writes"</h2>
            <p class="words" dir="auto">{words}</p>
        </section>
        <form class="decision" method="post" action=format!("/appeals/{}", line.appeal)>
            <h2>"Answer"</h2>
            {hidden("token", &frame.form_token)}
            <label class="moderation-field">
                "What the person will read" {text_area("answer", answer, max_answer)}
            </label>
            <div class="actions">
                <button class="button" type="submit" name="action" value="grant">
                    "Grant: lift the sanction if it still has effect"
                </button>
                <button class="button" type="submit" name="action" value="reject">
                    "Reject: keep the sanction"
                </button>
            </div>
        </form>
    };
    document(frame, &title, content)
}
