//! `[package.metadata.leptos]`, the keys that the server shares with the build, and the files of the built page.

use config::{ConfigBuilder, ConfigError, builder::DefaultState};
use leptos::config::LeptosOptions;
use serde::{Deserialize, Deserializer};

use super::value::InvalidKey;
use crate::{
    server::site_files::{EmbeddedPage, SiteFiles},
    ui::PageFiles,
};

/// The key of the folder of the built page.
const ROOT: &str = "package.metadata.leptos.site-root";

/// The default of `output-name`, which the files of the page begin with.
pub(super) const OUTPUT: &str = "passerby";

/// Where the build puts the page. A program without a page of its own looks for one there.
pub(super) const FOLDER: &str = "target/site";

/// Sets the defaults that are not those of Leptos.
pub(super) fn set_defaults(
    builder: ConfigBuilder<DefaultState>,
) -> Result<ConfigBuilder<DefaultState>, ConfigError> {
    builder.set_default("package.metadata.leptos.output-name", OUTPUT)?.set_default(ROOT, "")
}

/// Reads the options out of their two outer tables.
pub(super) fn leptos_options<'de, D: Deserializer<'de>>(package: D) -> Result<LeptosOptions, D::Error> {
    #[derive(Deserialize)]
    struct Package {
        metadata: Metadata,
    }

    #[derive(Deserialize)]
    struct Metadata {
        leptos: LeptosOptions,
    }

    Package::deserialize(package).map(|it| it.metadata.leptos)
}

/// Finds the built page: the folder in `site-root`, or else the page inside the program.
///
/// # Errors
///
/// An [`InvalidKey`] with `site-root` if a file is missing, or if there are files of several builds.
pub(super) fn resolve(
    leptos: &LeptosOptions,
    embedded: Option<EmbeddedPage>,
) -> Result<(SiteFiles, PageFiles), InvalidKey> {
    let files = match (&*leptos.site_root, embedded) {
        ("", Some(page)) => SiteFiles::Embedded(page),
        ("", None) => SiteFiles::Folder(FOLDER.into()),
        (folder, _) => SiteFiles::Folder(folder.into()),
    };
    let page = page_files(leptos, &files)?;
    Ok((files, page))
}

/// The files that every page loads. If the build has named them by their hashes, the names tell these.
fn page_files(leptos: &LeptosOptions, files: &SiteFiles) -> Result<PageFiles, InvalidKey> {
    let (output, folder) = (&leptos.output_name, &leptos.site_pkg_dir);
    let names = files.names(folder);
    let hash = |stem: &str, ending: &str| {
        only_hash(&names, stem, ending).map_err(|[one, other]| {
            let problem = format!("holds several built pages, since {files} contains both {one} and {other}");
            InvalidKey::new(ROOT, problem)
        })
    };
    let find = |ending: &str| {
        let dot_hash = hash(output, ending)?.map(|it| format!(".{it}")).unwrap_or_default();
        let name = format!("{output}{dot_hash}.{ending}");
        let path = format!("{folder}/{name}");
        if names.contains(&name) { Ok(format!("/{path}")) } else { Err(missing(files, &path)) }
    };
    let (script, program, style) = (find("js")?, find("wasm")?, find("css")?);
    // The hash of the program is computed before the name of its second part is written into it, so both count.
    let (first, second) = (hash(output, "wasm")?, hash("__wasm_split", "js")?);
    let build = first.map(|it| it.to_owned() + second.unwrap_or_default());
    Ok(PageFiles { script, program, style, build })
}

fn missing(files: &SiteFiles, path: &str) -> InvalidKey {
    let problem = match files {
        SiteFiles::Folder(root) => format!(
            "does not hold the built page: there is no {}; start the server in the folder that `site-root` is \
             relative to, or build with `make build`",
            root.join(path).display()
        ),
        SiteFiles::Embedded(_) => format!(
            "names no folder, and the program was built without the page: it contains no {path}; build with \
             `make build`"
        ),
    };
    InvalidKey::new(ROOT, problem)
}

/// The hash in the name of a file that the build has named `stem.hash.ending`, if it has.
///
/// # Errors
///
/// The names of two such files.
fn only_hash<'a>(names: &'a [String], stem: &str, ending: &str) -> Result<Option<&'a str>, [&'a String; 2]> {
    let hash = |name: &'a String| {
        let hash = name.strip_prefix(stem)?.strip_prefix('.')?.strip_suffix(ending)?.strip_suffix('.')?;
        (!hash.contains('.')).then_some((name, hash))
    };
    match *names.iter().filter_map(hash).collect::<Vec<_>>() {
        [] => Ok(None),
        [(_, hash)] => Ok(Some(hash)),
        [(one, _), (other, _), ..] => Err([one, other]),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
        time::SystemTime,
    };

    use super::*;
    use crate::server::{config::Config, site_files::EmbeddedFile};

    /// A folder of its own with these files of the page.
    fn folder(name: &str, files: &[&str]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("passerby-site-{name}-{}", std::process::id()));
        fs::create_dir_all(root.join("pkg")).unwrap();
        for file in files {
            fs::write(root.join("pkg").join(file), "").unwrap();
        }
        root
    }

    fn embedded(paths: &[&str]) -> EmbeddedPage {
        let file = EmbeddedFile { contents: [].as_slice().into(), modified: SystemTime::UNIX_EPOCH };
        EmbeddedPage::new(paths.iter().map(|it| ((*it).to_owned(), file.clone())))
    }

    /// The files of the page in a folder, which is then removed, or what is wrong with them.
    fn page(root: &Path) -> Result<PageFiles, String> {
        let mut leptos = Config::default().leptos;
        leptos.site_root = root.to_str().unwrap().into();
        let page = resolve(&leptos, Some(embedded(&[])));
        let _ = fs::remove_dir_all(root);
        page.map(|it| it.1).map_err(|it| it.to_string())
    }

    #[test]
    fn names_tell_the_hashes_and_the_build() {
        let plain = page(&folder("plain", &["passerby.js", "passerby.wasm", "passerby.css"])).unwrap();
        let paths = ["/pkg/passerby.js", "/pkg/passerby.wasm", "/pkg/passerby.css"];
        assert_eq!([&*plain.script, &plain.program, &plain.style], paths);
        assert_eq!(plain.build, None);

        let mut files =
            vec!["passerby.a-1.js", "passerby.b_2.wasm", "passerby.c3.css", "passerby.b_2.wasm.br"];
        files.extend(["passerby.d.e4.ts", "passerby_bg.wasm.d.f5.ts", "passerby.js", "split_call.g6.wasm"]);
        let hashed = page(&folder("hashed", &files)).unwrap();
        let paths = ["/pkg/passerby.a-1.js", "/pkg/passerby.b_2.wasm", "/pkg/passerby.c3.css"];
        assert_eq!([&*hashed.script, &hashed.program, &hashed.style], paths);
        assert_eq!(hashed.build.as_deref(), Some("b_2"));

        files.push("__wasm_split.h7.js");
        let split = page(&folder("split", &files)).unwrap();
        assert_eq!(split.build.as_deref(), Some("b_2h7"), "each part changes the name of the build");
    }

    #[test]
    fn site_root_must_hold_every_file_of_one_build() {
        let problem = page(Path::new("/nowhere")).unwrap_err();
        assert!(problem.contains("site-root` does not hold the built page"), "{problem}");
        let files = ["passerby.a.js", "passerby.b.wasm", "passerby.c.css", "__wasm_split.d.js"];
        for missing in &files[..3] {
            let others: Vec<_> = files.iter().copied().filter(|it| it != missing).collect();
            let problem = page(&folder("part", &others)).unwrap_err();
            let kind = missing.rsplit('.').next().unwrap();
            assert!(problem.contains("there is no ") && problem.contains(&format!("pkg/passerby.{kind};")));
        }
        for file in files {
            let other = file.replacen('.', ".old-", 1);
            let problem = page(&folder("two", &[files.as_slice(), &[&other]].concat())).unwrap_err();
            assert!(problem.contains(file) && problem.contains(&other), "{problem}");
        }
    }

    #[test]
    fn page_inside_the_program_is_served_unless_site_root_names_a_folder() {
        let mut leptos = Config::default().leptos;
        let page = embedded(&["pkg/passerby.a.js", "pkg/passerby.b.wasm", "pkg/passerby.c.css", "a.svg"]);
        let (files, found) = resolve(&leptos, Some(page.clone())).unwrap();
        assert!(matches!(files, SiteFiles::Embedded(_)), "{files:?}");
        assert_eq!((&*found.script, found.build.as_deref()), ("/pkg/passerby.a.js", Some("b")));

        leptos.site_root = "src/tests/support/site".into();
        let (files, found) = resolve(&leptos, Some(page)).unwrap();
        assert_eq!(files.to_string(), "src/tests/support/site");
        assert_eq!((&*found.script, found.build), ("/pkg/passerby.js", None));

        leptos.site_root = "".into();
        let problem = resolve(&leptos, Some(embedded(&[]))).unwrap_err().to_string();
        assert!(problem.contains("built without the page"), "{problem}");
    }
}
