//! [`UdpEndpoint`]: the relay's UDP socket. It answers from the address that a client has asked.
//!
//! Packets are not fragmented: browsers keep those of WebRTC below 1,300 bytes, with the relay's header, too.

use std::{
    io::{self, IoSliceMut},
    net::SocketAddr,
};

use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use tokio::{io::Interest, net::UdpSocket};

use crate::relay::{Path, Transport};

/// How much the system may keep for the socket in each direction, in bytes: a fifth of a second at 150 Mbit/s. The
/// system reduces it to its own limits (`net.core.rmem_max` and `net.core.wmem_max`).
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// The size of a buffer for datagrams, in bytes. The system may put many of one sender into it (GRO).
const BUFFER_BYTES: usize = 65_536;

/// How many buffers the system may fill at once.
const BUFFERS: usize = 8;

/// The socket.
#[derive(Debug)]
pub(crate) struct UdpEndpoint {
    socket: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
}

/// Buffers for what is received at once.
pub(crate) struct Batch {
    buffers: Box<[[u8; BUFFER_BYTES]; BUFFERS]>,
    filled: [RecvMeta; BUFFERS],
    count: usize,
}

impl Batch {
    /// An empty batch.
    pub(crate) fn new() -> Self {
        let buffers = vec![[0; BUFFER_BYTES]; BUFFERS].into_boxed_slice();
        let Ok(buffers) = buffers.try_into() else { unreachable!("it has as many as it was made with") };
        Self { buffers, filled: [RecvMeta::default(); BUFFERS], count: 0 }
    }
}

impl UdpEndpoint {
    /// Prepares a socket.
    ///
    /// # Errors
    ///
    /// If the system does not tell the address of the socket, or at which of its addresses a datagram arrived.
    pub(crate) fn new(socket: UdpSocket) -> io::Result<Self> {
        let state = UdpSocketState::new((&socket).into())?;
        // A smaller buffer only loses more in bursts.
        let _ = state.set_recv_buffer_size((&socket).into(), SOCKET_BUFFER);
        let _ = state.set_send_buffer_size((&socket).into(), SOCKET_BUFFER);
        let local = socket.local_addr()?;
        Ok(Self { socket, state, local })
    }

    /// The port of the socket.
    pub(crate) const fn port(&self) -> u16 {
        self.local.port()
    }

    /// Waits for datagrams.
    ///
    /// # Errors
    ///
    /// If the system cannot give them now.
    pub(crate) async fn receive(&self, batch: &mut Batch) -> io::Result<()> {
        batch.count = 0;
        let mut slices = batch.buffers.each_mut().map(|it| IoSliceMut::new(it));
        let receive = || self.state.recv((&self.socket).into(), &mut slices, &mut batch.filled);
        batch.count = self.socket.async_io(Interest::READABLE, receive).await?;
        Ok(())
    }

    /// The datagrams of a batch, and their paths.
    pub(crate) fn datagrams<'a>(&self, batch: &'a Batch) -> impl Iterator<Item = (&'a [u8], Path)> {
        let filled = batch.filled.iter().zip(batch.buffers.iter()).take(batch.count);
        filled.flat_map(|(meta, buffer)| {
            let local = meta.dst_ip.map_or(self.local, |ip| SocketAddr::new(ip, self.local.port()));
            let path = Path { transport: Transport::Udp, local, remote: meta.addr };
            buffer[..meta.len].chunks(meta.stride.max(1)).map(move |it| (it, path))
        })
    }

    /// Sends a datagram, or returns whether that was impossible. As on any other link, it is lost then.
    pub(crate) fn send(&self, contents: &[u8], to: Path) -> io::Result<()> {
        let src_ip = Some(to.local.ip()).filter(|it| !it.is_unspecified());
        let transmit = Transmit { destination: to.remote, ecn: None, contents, segment_size: None, src_ip };
        let send = || self.state.try_send((&self.socket).into(), &transmit);
        self.socket.try_io(Interest::WRITABLE, send)
    }
}
