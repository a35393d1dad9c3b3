//! The queue of the subjects.

use leptos::prelude::*;

use super::{
    facts::{ModeratorFrame, QueueLine, QueuePage},
    frame::document,
    parts::{claim, hidden, reasons, time},
    words,
};

/// The page of the queue.
pub fn queue_page(frame: &ModeratorFrame, page: &QueuePage) -> String {
    let status = page.status;
    let tab = |name: &&'static str| {
        let current = (*name == status).then_some("page");
        view! { <a href=format!("/?status={name}") aria-current=current>{words::title(name)}</a> }
    };
    let has_choice = status != "closed";
    let table = if page.lines.is_empty() {
        view! { <p>"There is nothing to do here."</p> }.into_any()
    } else {
        let rows = page.lines.iter().map(|it| row(it, has_choice)).collect_view();
        view! {
            <form method="post" action="/dismiss">
                {hidden("token", &frame.form_token)}
                {hidden("status", status)}
                <div class="table">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">"Subject"</th>
                                <th scope="col">"Score"</th>
                                <th scope="col">"Reports"</th>
                                <th scope="col">"Reasons"</th>
                                <th scope="col">"Newest"</th>
                                <th scope="col">"Claimed by"</th>
                                {has_choice.then(|| view! { <th scope="col">"Dismiss"</th> })}
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                {has_choice.then(|| {
                    view! {
                        <p>
                            <button class="button" type="submit" name="action" value="dismiss">
                                "Dismiss the chosen ones"
                            </button>
                        </p>
                    }
                })}
            </form>
        }
        .into_any()
    };
    let next = page.next.clone().map(|it| view! { <p><a href=it rel="next">"Next page"</a></p> });
    let content = view! {
        <h1>"Queue"</h1>
        <nav class="tabs" aria-label="Parts of the queue">{page.parts.iter().map(tab).collect_view()}</nav>
        {table}
        {next}
    };
    document(frame, "Queue", content)
}

fn row(line: &QueueLine, has_choice: bool) -> impl IntoView + use<> {
    let QueueLine { subject, score, is_paused, reports, .. } = *line;
    let paused = is_paused.then_some(" (was paused)");
    let choice = has_choice.then(|| {
        let label = format!("Dismiss subject {subject}");
        view! {
            <td>
                <input type="checkbox" name="choice" value=line.choice.clone() aria-label=label/>
            </td>
        }
    });
    view! {
        <tr data-row>
            <th scope="row">
                <a href=format!("/subjects/{subject}")>{format!("Subject {subject}")}</a>
                {paused}
            </th>
            <td>{score}</td>
            <td>{reports}</td>
            <td>{reasons(&line.reasons)}</td>
            <td>{line.newest.as_ref().map(time)}</td>
            <td>{line.claim.as_ref().map(claim)}</td>
            {choice}
        </tr>
    }
}
