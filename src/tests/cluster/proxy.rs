//! [`Proxy`]: the network between one process and Redis, which can stop to carry anything without closing.

use std::{io, net::SocketAddr, path::PathBuf};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::{AbortHandle, JoinSet},
};

/// What the network does not carry. It is not lost: it arrives afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stall {
    #[default]
    Nothing,
    Commands,
    Answers,
    Both,
}

/// A port that stands for the socket of a Redis.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    stall: watch::Sender<Stall>,
    /// Changes when all connections are cut.
    cut: watch::Sender<()>,
    task: AbortHandle,
}

impl Proxy {
    /// Starts one for the Redis with this socket.
    pub(super) async fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stall, stalled) = watch::channel(Stall::Nothing);
        let cut = watch::Sender::new(());
        let cuts = cut.clone();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((process, _)) = listener.accept().await {
                connections.spawn(connect(process, socket.clone(), stalled.clone(), cuts.subscribe()));
            }
        });
        Self { address, stall, cut, task: task.abort_handle() }
    }

    /// Holds this back from now on, and lets everything else through.
    pub(super) fn stall(&self, what: Stall) {
        self.stall.send_replace(what);
    }

    /// Ends all connections.
    pub(super) fn cut(&self) {
        self.cut.send_replace(());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connect(
    process: TcpStream,
    socket: PathBuf,
    stall: watch::Receiver<Stall>,
    mut cuts: watch::Receiver<()>,
) {
    let Ok(redis) = UnixStream::connect(socket).await else { return };
    let ((from_process, to_process), (from_redis, to_redis)) = (split(process), split(redis));
    let commands = carry(from_process, to_redis, stall.clone(), Stall::Commands);
    let answers = carry(from_redis, to_process, stall, Stall::Answers);
    tokio::select! {
        // Each end hears of the other's end after everything that was sent before.
        _ = async { tokio::try_join!(commands, answers) } => {}
        _ = cuts.changed() => {}
    }
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut stall: watch::Receiver<Stall>,
    kind: Stall,
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = from.read(&mut buffer).await?;
        // An error means that the story is over.
        let _ = stall.wait_for(|it| *it != kind && *it != Stall::Both).await;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..count]).await?;
    }
}
