//! The files of the built page, which are in a folder or inside the program.

mod embedded;

use std::{
    fmt::{self, Display},
    fs,
    path::PathBuf,
};

use axum::{Router, routing::MethodRouter};
use tower_http::services::{
    ServeDir,
    fs::{Backend, DefaultServeDirFallback},
};

pub use embedded::{EmbeddedFile, EmbeddedPage};

/// Where the files are. Both sources are served in the same way, with the same headers.
#[derive(Clone, Debug)]
pub(crate) enum SiteFiles {
    /// In this folder.
    Folder(PathBuf),
    /// Inside the program.
    Embedded(EmbeddedPage),
}

impl SiteFiles {
    /// The names of the files in one folder of the site; none if it cannot be read.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        match self {
            Self::Folder(root) => {
                let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
                entries.map(|it| it.file_name().to_string_lossy().into_owned()).collect()
            }
            Self::Embedded(page) => page.names(folder),
        }
    }

    /// Serves a folder of the site; "" is all of it. `missing` answers where there is no such file.
    pub(crate) fn serve(&self, folder: &str, missing: MethodRouter) -> Router {
        match self {
            Self::Folder(root) => serve(ServeDir::new(root.join(folder)), missing),
            Self::Embedded(page) => serve(ServeDir::with_backend(folder, page.clone()), missing),
        }
    }
}

impl Display for SiteFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(root) => root.display().fmt(f),
            Self::Embedded(_) => "the program".fmt(f),
        }
    }
}

fn serve<B: Backend>(files: ServeDir<DefaultServeDirFallback, B>, missing: MethodRouter) -> Router {
    let files = files.append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    Router::new().fallback_service(files.fallback(missing))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use axum::{
        body::{Body, to_bytes},
        http::{Request, StatusCode, header},
        routing::get,
    };
    use tower::ServiceExt;

    use super::*;

    /// The files of a small page, with their contents.
    const FILES: [(&str, &str); 6] = [
        ("pkg/passerby.a.js", "a script"),
        ("pkg/passerby.a.js.br", "a script for br"),
        ("pkg/passerby.a.js.gz", "a script for gzip"),
        ("pkg/passerby.b.wasm", "a program"),
        ("pkg/passerby.b.wasm.gz", "a program for gzip"),
        ("an icon.svg", "an icon"),
    ];

    /// The same page in a folder and in the program.
    fn both(root: &Path) -> [SiteFiles; 2] {
        fs::create_dir_all(root.join("pkg")).unwrap();
        let embedded = FILES.map(|(path, text)| {
            fs::write(root.join(path), text).unwrap();
            let modified = fs::metadata(root.join(path)).unwrap().modified().unwrap();
            (path.to_owned(), EmbeddedFile { contents: text.as_bytes().into(), modified })
        });
        [SiteFiles::Folder(root.to_owned()), SiteFiles::Embedded(EmbeddedPage::new(embedded))]
    }

    type Answer = (StatusCode, BTreeMap<String, String>, String);

    async fn ask(files: &SiteFiles, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let missing = get(async || (StatusCode::NOT_FOUND, "missing"));
        let site = Router::new().nest("/pkg", files.serve("pkg", missing.clone()));
        let site = site.fallback_service(files.serve("", missing));
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, body) = site.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
        let headers = head.headers.iter().map(|it| (it.0.to_string(), it.1.to_str().unwrap().to_owned()));
        let body = to_bytes(body, 1000).await.unwrap();
        (head.status, headers.collect(), String::from_utf8(body.into()).unwrap())
    }

    #[tokio::test]
    async fn both_sources_give_the_same_answers() {
        let root = std::env::temp_dir().join(format!("passerby-sources-{}", std::process::id()));
        let [folder, embedded] = both(&root);
        let (_, headers, _) = ask(&folder, "GET", "/pkg/passerby.a.js", &[]).await;
        let (tag, date) = (&headers["etag"], &headers["last-modified"]);
        let mut statuses = Vec::new();
        for (path, headers) in [
            ("/pkg/passerby.a.js", [].as_slice()),
            ("/pkg/passerby.a.js", &[("accept-encoding", "gzip, deflate, br")]),
            ("/pkg/passerby.a.js", &[("accept-encoding", "gzip")]),
            ("/pkg/passerby.a.js", &[("accept-encoding", "br;q=0, identity")]),
            ("/pkg/passerby.b.wasm", &[("accept-encoding", "br")]),
            ("/pkg/passerby.b.wasm", &[("accept-encoding", "br, gzip")]),
            ("/an%20icon.svg", &[("accept-encoding", "br, gzip")]),
            ("/pkg/passerby.a.js", &[("if-none-match", tag)]),
            ("/pkg/passerby.a.js", &[("if-none-match", "\"other\"")]),
            ("/pkg/passerby.a.js", &[("if-modified-since", date)]),
            ("/pkg/passerby.a.js", &[("range", "bytes=2-3")]),
            ("/pkg/passerby.a.js", &[("range", "bytes=90-")]),
            ("/pkg/passerby.c.js", &[]),
            ("/pkg/passerby.a.js/", &[]),
            ("/pkg", &[]),
            ("/pkg/", &[]),
            ("/pkg/../an%20icon.svg", &[]),
            ("/pkg/%2e%2e/an%20icon.svg", &[]),
        ] {
            for method in ["GET", "HEAD", "POST"] {
                let expected = ask(&folder, method, path, headers).await;
                assert_eq!(
                    ask(&embedded, method, path, headers).await,
                    expected,
                    "{method} {path} {headers:?}"
                );
                statuses.push(expected.0.as_u16());
            }
        }
        assert_eq!(folder.names("pkg").len(), 5);
        let sorted =
            |files: &SiteFiles| files.names("pkg").into_iter().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(sorted(&embedded), sorted(&folder));
        fs::remove_dir_all(root).unwrap();
        for status in [200, 206, 304, 404, 405, 416] {
            assert!(statuses.contains(&status), "{status}");
        }
    }

    #[tokio::test]
    async fn embedded_files_are_served_compressed_as_browsers_accept() {
        let root = std::env::temp_dir().join(format!("passerby-encodings-{}", std::process::id()));
        let [_, embedded] = both(&root);
        fs::remove_dir_all(root).unwrap();
        for (accepted, encoding, body) in [
            ("gzip, br", Some("br"), "a script for br"),
            ("gzip", Some("gzip"), "a script for gzip"),
            ("identity", None, "a script"),
        ] {
            let headers = [("accept-encoding", accepted)];
            let (status, headers, text) = ask(&embedded, "GET", "/pkg/passerby.a.js", &headers).await;
            assert_eq!((status, &*text), (StatusCode::OK, body));
            assert_eq!(headers.get(header::CONTENT_ENCODING.as_str()).map(String::as_str), encoding);
            assert_eq!(headers["content-type"], "text/javascript");
            assert_eq!(headers["vary"], "accept-encoding");
        }
    }
}
