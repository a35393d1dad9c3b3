//! [`EmbeddedPage`]: the built page inside the program.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    future::{Ready, ready},
    io::{self, Cursor, SeekFrom},
    path::{Component, Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::SystemTime,
};

use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::{Backend, File, Metadata};

/// The files of a built page, by their paths from `site-root`: `pkg/passerby.js`.
#[derive(Clone)]
pub struct EmbeddedPage(Arc<BTreeMap<String, EmbeddedFile>>);

/// One file. It is also what its headers are made of.
#[derive(Clone, Debug)]
pub struct EmbeddedFile {
    /// All its bytes.
    pub contents: Cow<'static, [u8]>,
    /// When the build wrote it. Browsers ask by it, and by the length, whether the file has changed.
    pub modified: SystemTime,
}

impl EmbeddedPage {
    /// A page made of these files and their paths.
    pub fn new(files: impl IntoIterator<Item = (String, EmbeddedFile)>) -> Self {
        Self(Arc::new(files.into_iter().collect()))
    }

    /// The names of the files in one folder.
    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let below = self.0.keys().filter_map(|it| it.strip_prefix(folder)?.strip_prefix('/'));
        below.filter(|it| !it.contains('/')).map(str::to_owned).collect()
    }

    /// The file at a path, which may begin with `.`.
    fn find(&self, path: &Path) -> io::Result<EmbeddedFile> {
        let names = path.components().filter(|it| matches!(it, Component::Normal(_)));
        let path = names.collect::<PathBuf>();
        Ok(path.to_str().and_then(|it| self.0.get(it)).cloned().ok_or(io::ErrorKind::NotFound)?)
    }
}

impl fmt::Debug for EmbeddedPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Backend for EmbeddedPage {
    type File = OpenFile;
    type Metadata = EmbeddedFile;
    type OpenFuture = Ready<io::Result<OpenFile>>;
    type MetadataFuture = Ready<io::Result<EmbeddedFile>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let file = self.find(&path);
        ready(file.map(|it| OpenFile { contents: Cursor::new(it.contents), modified: it.modified }))
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        ready(self.find(&path))
    }
}

/// An embedded file that is being read.
pub struct OpenFile {
    contents: Cursor<Cow<'static, [u8]>>,
    modified: SystemTime,
}

impl File for OpenFile {
    type Metadata = EmbeddedFile;
    type MetadataFuture<'a> = Ready<io::Result<EmbeddedFile>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        let contents = self.contents.get_ref().clone();
        ready(Ok(EmbeddedFile { contents, modified: self.modified }))
    }
}

impl Metadata for EmbeddedFile {
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> io::Result<SystemTime> {
        Ok(self.modified)
    }

    fn len(&self) -> u64 {
        self.contents.len() as u64
    }
}

impl AsyncRead for OpenFile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.contents).poll_read(context, buffer)
    }
}

impl AsyncSeek for OpenFile {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.contents).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.contents).poll_complete(context)
    }
}
