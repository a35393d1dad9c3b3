//! The task of one connection over TCP or TLS: a stream of packets in each direction.

use std::{future::pending, io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, split},
    sync::Notify,
    time::sleep,
};

use super::RelayServer;
use crate::relay::{FRAME_HEADER_BYTES, Frame, Packet, Path};

/// A connection that the relay knows; dropping it ends the allocation of its client.
struct Registered<'a> {
    relay: &'a RelayServer,
    path: Path,
    /// Also tells it from a later connection with the same addresses.
    filled: Arc<Notify>,
}

impl<'a> Registered<'a> {
    fn new(relay: &'a RelayServer, path: Path) -> Self {
        Self { relay, path, filled: relay.on_opened(path) }
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.relay.on_closed(self.path, &self.filled);
    }
}

/// Serves a connection until the client closes it or sends what is no packet, until a write fails, until its allocation
/// ends, or if it has none after `patience`. `slot` is dropped once there is an allocation, which counts instead of it.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite>(
    relay: &RelayServer,
    stream: S,
    path: Path,
    (slot, patience): (impl Send, Duration),
) {
    let connection = Registered::new(relay, path);
    let (reader, writer) = split(stream);
    // Each of them ends with the connection, and an error is only the other end's way to leave.
    tokio::select! {
        _ = read_packets(reader, &connection, slot) => {}
        _ = write_packets(writer, &connection) => {}
        () = lacks_allocation(&connection, patience) => {}
    }
}

async fn read_packets(
    reader: impl AsyncRead + Unpin,
    connection: &Registered<'_>,
    slot: impl Send,
) -> io::Result<()> {
    let (mut reader, mut packet, mut slot) = (BufReader::new(reader), Packet::new(), Some(slot));
    let Registered { relay, path, .. } = connection;
    loop {
        let mut header = [0; FRAME_HEADER_BYTES];
        reader.read_exact(&mut header).await?;
        let Some(frame) = Frame::of(header) else {
            relay.on_malformed();
            return Ok(());
        };
        let space = packet.space();
        space[..FRAME_HEADER_BYTES].copy_from_slice(&header);
        reader.read_exact(&mut space[FRAME_HEADER_BYTES..frame.packet + frame.padding]).await?;
        packet.set_len(frame.packet);
        relay.on_packet(&mut packet, *path);
        if slot.is_some() && relay.has_allocation(*path) {
            slot = None;
        }
    }
}

async fn write_packets(mut writer: impl AsyncWrite + Unpin, connection: &Registered<'_>) -> io::Result<()> {
    loop {
        connection.filled.notified().await;
        let (packets, is_last) = connection.relay.take_outbox(connection.path, &connection.filled);
        // One write for each, so that each has a TLS record of its own: coturn's client expects that.
        for packet in packets {
            writer.write_all(&packet).await?;
        }
        writer.flush().await?;
        if is_last {
            return Ok(());
        }
    }
}

/// Ends if the client has no allocation by then. Later the connection ends together with its allocation.
async fn lacks_allocation(connection: &Registered<'_>, patience: Duration) {
    sleep(patience).await;
    if connection.relay.has_allocation(connection.path) {
        pending().await
    }
}
