//! Tokens of Rust sources and the paths that they use.

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};

/// A word or a punctuation mark of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) line: usize,
    pub(super) text: String,
}

/// The tokens of a Rust text, without comments, strings and numbers. Two colons are one token.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    flatten(text.parse().expect("Rust"), &mut tokens);
    tokens
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut after_colon = false;
    for tree in stream {
        let mut push = |span: Span, text: &str| {
            tokens.push(Token { line: span.start().line, text: text.to_owned() });
        };
        let first_colon = std::mem::take(&mut after_colon);
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(group.span_open(), open);
                flatten(group.stream(), tokens);
                tokens.push(Token { line: group.span_close().start().line, text: close.to_owned() });
            }
            TokenTree::Ident(word) => push(word.span(), &word.to_string()),
            TokenTree::Punct(mark) if mark.as_char() == ':' && first_colon => push(mark.span(), "::"),
            TokenTree::Punct(mark) if mark.as_char() == ':' && mark.spacing() == Spacing::Joint => {
                after_colon = true
            }
            TokenTree::Punct(mark) => push(mark.span(), &mark.to_string()),
            TokenTree::Literal(_) => {}
        }
    }
}

/// The room of a file of `src`, and the path of its module.
pub(super) fn place(file: &str) -> (&str, Vec<String>) {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let names: Vec<_> = path.split('/').map(str::to_owned).collect();
    let room = path.split('/').next().unwrap_or_default();
    (room, if matches!(room, "lib" | "main") { Vec::new() } else { names })
}

/// Every path into this crate that a file uses, from the crate's root, with its line.
pub(super) fn uses(file: &str, text: &str) -> Vec<(usize, Vec<String>)> {
    let tokens = tokens(text);
    let (room, mut module) = place(file);
    let (mut depth, mut inline) = (0, Vec::new());
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = |n: usize| tokens.get(at + n).map_or("", |it| it.text.as_str());
        match token.text.as_str() {
            "mod" if next(2) == "{" => {
                inline.push(depth);
                module.push(next(1).to_owned());
            }
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inline.last() == Some(&depth) {
                    inline.pop();
                    module.pop();
                }
            }
            root @ ("crate" | "passerby" | "super")
                if next(1) == "::" && (at == 0 || tokens[at - 1].text != "::") =>
            {
                let base = match root {
                    "super" => module[..module.len().saturating_sub(1)].to_vec(),
                    // The tests are a separate crate.
                    "crate" if room == "tests" => vec![room.to_owned()],
                    _ => Vec::new(),
                };
                leaves(&tokens, at + 2, base, &mut found);
            }
            _ => {}
        }
    }
    found
}

/// Reads a path or the tree of a `use`, starting at a token; returns the index of the token after it.
pub(super) fn leaves(
    tokens: &[Token],
    mut at: usize,
    mut path: Vec<String>,
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.text.as_str() {
            "{" => {
                while tokens.get(at).is_some_and(|it| it.text != "}") {
                    at = leaves(tokens, at, path.clone(), found);
                    while tokens.get(at).is_some_and(|it| !matches!(it.text.as_str(), "," | "}")) {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at).is_some_and(|it| it.text == ","));
                }
                return at + 1;
            }
            "super" => drop(path.pop()),
            "self" => {}
            name => path.push(name.to_owned()),
        }
        if tokens.get(at).is_none_or(|it| it.text != "::") {
            found.push((token.line, path));
            return at;
        }
        at += 1;
    }
    at
}

#[test]
fn ignores_comments_and_strings() {
    let text = "a // crate::b\n/* c\n */ 'd' \"e\n\" r#\"f\"# 7 { g::h\n}";
    let tokens = tokens(text);
    let words: Vec<_> = tokens.iter().map(|it| (it.line, it.text.as_str())).collect();
    assert_eq!(words, [(1, "a"), (4, "{"), (4, "g"), (4, "::"), (4, "h"), (5, "}")]);
}

#[test]
fn reads_every_spelling_of_a_path() {
    let text = "use crate::{\n call::{Call, self as c, *},\n ui,\n};\nuse super::super::super::protocol::Frame as F;\n\
                fn f(_: crate::time::Moment) { passerby::server::run() }\npub(in crate::ui::parts) mod x {\n\
                use super::super::{a, b};\n}\nuse super::y;";
    let paths: Vec<_> =
        uses("ui/parts/dock.rs", text).into_iter().map(|(line, it)| (line, it.join("::"))).collect();
    let paths: Vec<_> = paths.iter().map(|(line, it)| (*line, it.as_str())).collect();
    assert_eq!(
        paths,
        [
            (2, "call::Call"),
            (2, "call"),
            (2, "call::*"),
            (3, "ui"),
            (5, "protocol::Frame"),
            (6, "time::Moment"),
            (6, "server::run"),
            (7, "ui::parts"),
            (8, "ui::parts::a"),
            (8, "ui::parts::b"),
            (10, "ui::parts::y"),
        ]
    );
}
