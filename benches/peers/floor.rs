//! The floor: a server that pairs the clients in the order in which they ask, and forwards bytes. It checks nothing, so
//! it shows what the sockets alone cost on this machine.
//!
//! A client asks with `join`, and hears `first` or `second` when it has a partner. `next` ends the pair and asks again,
//! `leave` only ends it; the partner hears `ended`. Everything else goes to the partner as it is.
//!
//! Everything happens on one thread, since the server has one core, and in the task of the socket on which a message
//! arrives: no queue and no switch lies between reading and writing.

use std::{cell::RefCell, future::poll_fn, net::SocketAddr, pin::Pin, rc::Rc};

use futures::{Sink, Stream};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{LocalSet, spawn_local},
};
use tokio_tungstenite::{
    WebSocketStream, accept_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    let waiting = Waiting::default();
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind(address).await.expect("the address is free");
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                spawn_local(run(stream, Rc::clone(&waiting)));
            }
        }
    });
}

/// Serves one client until its socket ends.
async fn run(stream: TcpStream, waiting: Waiting) {
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    let _ = stream.set_nodelay(true);
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
                let partner = peer.partner.borrow().clone();
                if let Some(partner) = partner {
                    partner.send(message).await;
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
    partner.send(Message::text("first")).await;
    peer.send(Message::text("second")).await;
}

/// Ends the pair of a client.
async fn part(peer: &Peer) {
    let Some(partner) = peer.partner.borrow_mut().take() else { return };
    *partner.partner.borrow_mut() = None;
    partner.send(Message::text("ended")).await;
}

impl Peer {
    /// The next message but control frames; `None` when the socket has ended.
    async fn receive(&self) -> Option<Message> {
        loop {
            match poll_fn(|context| Pin::new(&mut *self.socket.borrow_mut()).poll_next(context)).await? {
                Ok(message) if message.is_text() => return Some(message),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    /// Sends a message; an error is seen by the task of that socket.
    async fn send(&self, message: Message) {
        if Pin::new(&mut *self.socket.borrow_mut()).start_send(message).is_ok() {
            let _ = poll_fn(|context| Pin::new(&mut *self.socket.borrow_mut()).poll_flush(context)).await;
        }
    }
}
