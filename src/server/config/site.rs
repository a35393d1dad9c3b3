//! The check that the built page is where the configuration says.

use std::{fs, path::Path};

use leptos::config::LeptosOptions;

use super::value::InvalidKey;

/// The kinds of files of the page that the build names by their hash, and lists as `kind: hash`, one a line.
const HASHED: [&str; 3] = ["js", "wasm", "css"];

/// Looks for the list of hashed names, without which every page would panic, and for the page's files.
///
/// # Errors
///
/// An [`InvalidKey`] with `hash-files` if the list is missing, with `site-root` if a file is.
pub(super) fn check(leptos: &LeptosOptions) -> Result<(), InvalidKey> {
    let output = &leptos.output_name;
    let names = if leptos.hash_files {
        let hashes = hashes(leptos)?;
        let hashes = hashes.lines().filter_map(|line| line.trim().split_once(':'));
        let files = hashes.filter(|(kind, _)| HASHED.contains(kind));
        files.map(|(kind, hash)| format!("{output}.{}.{kind}", hash.trim())).collect()
    } else {
        vec![format!("{output}.js")]
    };
    let folder = Path::new(&*leptos.site_root).join(&*leptos.site_pkg_dir);
    match names.into_iter().map(|it| folder.join(it)).find(|it| !it.is_file()) {
        None => Ok(()),
        Some(missing) => {
            let problem = format!(
                "does not hold the built page: there is no {}; start the server in the folder that `site-root` is \
                 relative to, or build with `cargo leptos build`",
                missing.display()
            );
            Err(InvalidKey::new("package.metadata.leptos.site-root", problem))
        }
    }
}

/// The list of hashed names, which Leptos reads beside the executable.
fn hashes(leptos: &LeptosOptions) -> Result<String, InvalidKey> {
    let path = std::env::current_exe().map(|it| it.with_file_name(&*leptos.hash_file));
    path.and_then(fs::read_to_string).map_err(|_| {
        let problem = format!(
            "is true, but there is no {} beside the executable: \
             build with `cargo leptos build`, or set LEPTOS_HASH_FILES=false",
            leptos.hash_file
        );
        InvalidKey::new("package.metadata.leptos.hash-files", problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Config;

    /// A folder with a file where the built page has its script.
    const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/support/site");

    fn with_root(site_root: &str) -> LeptosOptions {
        let mut leptos = Config::default().leptos;
        leptos.site_root = site_root.into();
        leptos
    }

    #[test]
    fn hashed_names_need_their_list() {
        let mut leptos = with_root(SITE);
        assert!(check(&leptos).is_ok());
        leptos.hash_files = true;
        leptos.hash_file = "no-such-list.txt".into();
        let message = check(&leptos).unwrap_err().to_string();
        assert!(message.contains("hash-files") && message.contains("no-such-list.txt"), "{message}");
    }

    #[test]
    fn site_root_must_hold_the_page() {
        for root in ["/nowhere", concat!(env!("CARGO_MANIFEST_DIR"), "/src")] {
            let message = check(&with_root(root)).unwrap_err().to_string();
            assert!(message.contains("site-root") && message.contains("passerby.js"), "{message}");
        }
    }

    #[test]
    fn every_hashed_file_of_the_page_must_be_there() {
        let name = format!("hash-of-tests-{}.txt", std::process::id());
        let list = std::env::current_exe().unwrap().with_file_name(&name);
        let root = std::env::temp_dir().join(format!("passerby-site-{}", std::process::id()));
        fs::create_dir_all(root.join("pkg")).unwrap();
        fs::write(&list, "js: a1\nwasm: b2\ncss: c3\nmanifest: d4\nsplit: e5\n").unwrap();
        let mut leptos = with_root(root.to_str().unwrap());
        (leptos.hash_files, leptos.hash_file) = (true, name.into());
        for file in ["passerby.a1.js", "passerby.b2.wasm", "passerby.c3.css"] {
            let message = check(&leptos).unwrap_err().to_string();
            assert!(message.contains(file), "{message}");
            fs::write(root.join("pkg").join(file), "").unwrap();
        }
        let result = check(&leptos);
        fs::remove_file(list).unwrap();
        fs::remove_dir_all(root).unwrap();
        assert_eq!(result, Ok(()));
    }
}
