//! Headers whose value is a list: all lines together are one list, separated by commas (RFC 9110, 5.3 and 5.6.1).

use axum::http::{HeaderMap, HeaderName};

/// The items of a list header without quoted strings, in order. Empty ones and lines that are not text are skipped.
pub(crate) fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|it| it.to_str().ok());
    lines.flat_map(|it| it.split(',')).map(|it| it.trim_matches([' ', '\t'])).filter(|it| !it.is_empty())
}

/// Whether the list contains this token, in upper or lower case.
pub(crate) fn contains(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    items(headers, name).any(|it| it.eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header::CONNECTION};

    use super::*;

    #[test]
    fn all_lines_are_one_list() {
        let mut headers = HeaderMap::new();
        for line in ["keep-alive", "", " , Upgrade,\tclose ,", "x y"] {
            headers.append(CONNECTION, HeaderValue::from_str(line).unwrap());
        }
        headers.append(CONNECTION, HeaderValue::from_bytes(b"\xff, late").unwrap());
        assert_eq!(
            items(&headers, &CONNECTION).collect::<Vec<_>>(),
            ["keep-alive", "Upgrade", "close", "x y"]
        );
        assert!(contains(&headers, &CONNECTION, "upgrade") && !contains(&headers, &CONNECTION, "x"));
        assert_eq!(items(&HeaderMap::new(), &CONNECTION).next(), None);
    }
}
