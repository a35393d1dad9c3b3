//! The law that no import runs in a circle: if a file uses another one, that one does not use it, not even by detours.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Breach, Files, is_test,
    syntax::{leaves, place, tokens, uses},
    without_tests,
};

/// Modules by their path, each with the names that it imports or exports from elsewhere.
struct Modules<'a> {
    files: BTreeMap<Vec<String>, &'a str>,
    aliases: BTreeMap<Vec<String>, BTreeMap<String, Vec<String>>>,
}

impl<'a> Modules<'a> {
    fn of(files: &'a Files) -> Self {
        let mut modules = Self { files: BTreeMap::new(), aliases: BTreeMap::new() };
        for file in files.keys().filter(|it| is_source(it)) {
            modules.files.insert(place(file).1, file.as_str());
        }
        for (file, text) in files.iter().filter(|(it, _)| is_source(it)) {
            let module = place(file).1;
            let named = modules.paths(file, without_tests(text)).into_iter();
            let named = named.filter_map(|it| Some((it.last()?.clone(), it)));
            modules.aliases.insert(module, named.collect());
        }
        modules
    }

    /// All paths that a file uses: from `crate` and `super`, and into its own submodules.
    fn paths(&self, file: &str, text: &str) -> Vec<Vec<String>> {
        let module = place(file).1;
        let mut found: Vec<_> = uses(file, text).into_iter().collect();
        let tokens = tokens(text);
        for (at, token) in tokens.iter().enumerate() {
            let is_start = at == 0 || !matches!(tokens[at - 1].text.as_str(), "::" | ".");
            let is_path = tokens.get(at + 1).is_some_and(|it| it.text == "::");
            let child: Vec<_> = module.iter().cloned().chain([token.text.clone()]).collect();
            if is_start && is_path && self.files.contains_key(&child) {
                leaves(&tokens, at, module.clone(), &mut found);
            }
        }
        found.into_iter().map(|it| it.1).collect()
    }

    /// The file in which the item at the end of a path is declared. Imports and re-exports on the way are followed.
    fn declared_in(&self, path: &[String]) -> Option<&'a str> {
        let mut path = path.to_vec();
        // No chain of re-exports is longer.
        for _ in 0..8 {
            let module = (1..=path.len()).rev().find(|n| self.files.contains_key(&path[..*n]))?;
            let file = self.files[&path[..module]];
            let Some(item) = path.get(module) else { return Some(file) };
            match self.aliases.get(&path[..module]).and_then(|it| it.get(item)) {
                Some(target) if target[..] != path[..=module] => {
                    path = target.iter().cloned().chain(path[module + 1..].iter().cloned()).collect();
                }
                Some(_) | None => return Some(file),
            }
        }
        None
    }
}

fn is_source(file: &str) -> bool {
    !is_test(file) && !file.contains("/reference/") && !matches!(file, "lib.rs" | "main.rs")
}

/// The circles of imports between files, each named once by its files.
pub(super) fn circles(files: &Files) -> Vec<Breach> {
    let modules = Modules::of(files);
    let mut imports = BTreeMap::<&str, BTreeSet<&str>>::new();
    for (file, text) in files.iter().filter(|(it, _)| is_source(it)) {
        let paths = modules.paths(file, without_tests(text));
        let used = paths.iter().filter_map(|it| modules.declared_in(it)).filter(|it| it != file);
        imports.insert(file, used.collect());
    }
    let reachable = |from: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(file) = open.pop() {
            for next in imports.get(file).into_iter().flatten().filter(|it| seen.insert(**it)) {
                open.push(next);
            }
        }
        seen
    };
    let reached: BTreeMap<_, _> = imports.keys().map(|it| (*it, reachable(it))).collect();
    let mut circles = BTreeSet::new();
    for (file, all) in reached.iter().filter(|(file, all)| all.contains(*file)) {
        let others = all.iter().filter(|it| reached[**it].contains(file)).copied();
        circles.insert(others.collect::<Vec<_>>());
    }
    circles.into_iter().map(|it| Breach::new(1, format!("imports in a circle: {}", it.join(", ")))).collect()
}

#[test]
fn finds_circles_of_imports() {
    let found = |texts: &[(&str, &str)]| {
        circles(&texts.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect())
    };
    let one = ("call/a.rs", "use super::b::B; pub struct A;");
    assert_eq!(found(&[one, ("call/b.rs", "pub struct B;")]), []);
    let two = found(&[one, ("call/b.rs", "use crate::call::a::A; pub struct B;")]);
    assert_eq!(two, [Breach::new(1, "imports in a circle: call/a.rs, call/b.rs")]);
    let by_a_third = [one, ("call/b.rs", "use super::c::C;"), ("call/c.rs", "fn f(_: super::a::A) {}")];
    assert_eq!(found(&by_a_third).len(), 1);
    // A re-export is not a use of the file that re-exports.
    let parent = ("call/mod.rs", "mod a; mod b; pub use a::A; pub use b::B;");
    let siblings = [parent, ("call/a.rs", "pub struct A;"), ("call/b.rs", "use super::A; pub struct B(A);")];
    assert_eq!(found(&siblings), []);
    let child = [
        ("call/mod.rs", "mod a; use a::A; pub struct Call(A);"),
        ("call/a.rs", "use super::Call; pub struct A;"),
    ];
    assert_eq!(found(&child).len(), 1);
    // Tests may use anything.
    let tests = "pub struct B;\n#[cfg(test)]\nmod tests {\n    use crate::call::a::A;\n}\n";
    assert_eq!(found(&[one, ("call/b.rs", tests)]), []);
}
