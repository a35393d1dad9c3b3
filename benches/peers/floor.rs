//! The floor: a server that pairs the clients in the order in which they ask, and forwards bytes. It checks nothing, so
//! it shows what the sockets alone cost on this machine.
//!
//! A client asks with `join`, and hears `first` or `second` when it has a partner. `next` ends the pair and asks again,
//! `leave` only ends it; the partner hears `ended`. Everything else goes to the partner as it is.
//!
//! Everything happens on one thread, since the server has one core, and in the task of the socket on which a message
//! arrives: no queue and no switch lies between reading and writing. Messages that have arrived together are written by
//! one call of the system.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use futures::{Sink, Stream};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::{Builder, LocalOptions},
    task::spawn_local,
};
use tokio_tungstenite::{
    WebSocketStream, accept_async_with_config,
    tungstenite::{Message, Utf8Bytes, protocol::WebSocketConfig},
};

/// A connected client.
struct Peer {
    socket: RefCell<WebSocketStream<TcpStream>>,
    partner: RefCell<Option<Rc<Self>>>,
}

/// The client that waits for a partner.
type Waiting = Rc<RefCell<Option<Rc<Peer>>>>;

/// Serves on an address until the process is killed.
pub(crate) fn serve(address: SocketAddr) {
    let runtime = Builder::new_current_thread().enable_io().build_local(LocalOptions::default());
    let waiting = Waiting::default();
    runtime.expect("a runtime").block_on(async {
        let listener = listen(address).expect("the address is free");
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                spawn_local(run(stream, Rc::clone(&waiting)));
            }
        }
    });
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // On Linux each connection inherits it, without a call of its own.
    socket.set_nodelay(true)?;
    socket.bind(address)?;
    socket.listen(128)
}

/// Serves one client until its socket ends.
async fn run(stream: TcpStream, waiting: Waiting) {
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(64 * 1024);
    let Ok(socket) = accept_async_with_config(stream, Some(config)).await else { return };
    let peer = Rc::new(Peer { socket: RefCell::new(socket), partner: RefCell::new(None) });
    while let Some(message) = peer.receive().await {
        match message.to_text() {
            Ok("join") => join(&peer, &waiting).await,
            Ok("next") => {
                part(&peer).await;
                join(&peer, &waiting).await;
            }
            Ok("leave") => {
                stop_waiting(&peer, &waiting);
                part(&peer).await;
            }
            _ => {
                if let Some(partner) = &*peer.partner.borrow() {
                    partner.add(message);
                }
            }
        }
    }
    stop_waiting(&peer, &waiting);
    part(&peer).await;
}

fn stop_waiting(peer: &Rc<Peer>, waiting: &Waiting) {
    waiting.borrow_mut().take_if(|it| Rc::ptr_eq(it, peer));
}

/// Pairs a client with the one that waits, or lets it wait.
async fn join(peer: &Rc<Peer>, waiting: &Waiting) {
    let Some(partner) = waiting.borrow_mut().take() else {
        *waiting.borrow_mut() = Some(Rc::clone(peer));
        return;
    };
    *partner.partner.borrow_mut() = Some(Rc::clone(peer));
    *peer.partner.borrow_mut() = Some(Rc::clone(&partner));
    partner.send("first").await;
    peer.send("second").await;
}

/// Ends the pair of a client.
async fn part(peer: &Peer) {
    let Some(partner) = peer.partner.borrow_mut().take() else { return };
    *partner.partner.borrow_mut() = None;
    partner.send("ended").await;
}

impl Peer {
    /// The next message but control frames; `None` when the socket has ended. What was added for the partner is sent
    /// when nothing more has arrived, and nothing is received while the partner does not accept more.
    async fn receive(&self) -> Option<Message> {
        loop {
            let next = poll_fn(|context| {
                let partner = self.partner.borrow();
                if let Some(it) = &*partner
                    && Pin::new(&mut *it.socket.borrow_mut()).poll_ready(context).is_pending()
                {
                    return Poll::Pending;
                }
                let next = Pin::new(&mut *self.socket.borrow_mut()).poll_next(context);
                if let Some(it) = &*partner
                    && next.is_pending()
                {
                    let _ = it.poll_flush(context);
                }
                next
            });
            match next.await? {
                Ok(message) if message.is_text() => return Some(message),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    /// Adds a message to those that the next flush sends; an error is seen by the task of that socket.
    fn add(&self, message: Message) {
        let _ = Pin::new(&mut *self.socket.borrow_mut()).start_send(message);
    }

    async fn send(&self, text: &'static str) {
        self.add(Message::Text(Utf8Bytes::from_static(text)));
        poll_fn(|context| self.poll_flush(context)).await;
    }

    /// Sends what was added. It leaves a waker only if it has to wait: the socket would keep it, and also wake this
    /// task when the other one is to receive.
    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut socket = self.socket.borrow_mut();
        let mut socket = Pin::new(&mut *socket);
        let flushed = socket.as_mut().poll_flush(&mut Context::from_waker(Waker::noop()));
        let flushed = if flushed.is_pending() { socket.poll_flush(context) } else { flushed };
        flushed.map(drop)
    }
}
