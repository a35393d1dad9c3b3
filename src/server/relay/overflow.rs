//! How many datagrams the system has dropped because the relay did not take them in time.

use std::fs;

/// The tables of UDP sockets in this network, of IPv4 and IPv6 (Linux, `proc_pid_net(5)`).
const TABLES: [&str; 2] = ["/proc/net/udp", "/proc/net/udp6"];

/// The datagrams that were dropped at the UDP sockets with this port since they were opened; `None` where the system
/// does not tell.
pub(crate) fn overflowed(port: u16) -> Option<u64> {
    let tables: Vec<_> = TABLES.into_iter().filter_map(|it| fs::read_to_string(it).ok()).collect();
    (!tables.is_empty()).then(|| tables.iter().map(|it| overflowed_in(it, port)).sum())
}

/// The same in one table. A line has the local address second, with the port in hexadecimal digits after the colon, and
/// the number of dropped datagrams last.
fn overflowed_in(table: &str, port: u16) -> u64 {
    let of_line = |line: &str| {
        let (_, its_port) = line.split_whitespace().nth(1)?.rsplit_once(':')?;
        let is_own = u16::from_str_radix(its_port, 16).ok()? == port;
        line.split_whitespace().next_back()?.parse().ok().filter(|_: &u64| is_own)
    };
    table.lines().filter_map(of_line).sum()
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn reads_the_lines_of_one_port() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref \
                     pointer drops\n  9: 0100007F:0D96 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        \
                     0 21 2 0000000000000000 7\n 10: 00000000:0D97 00000000:0000 07 00000000:00000000 00:00000000 \
                     00000000 0 0 22 2 0000000000000000 9\n 11: 0100007F:0D96 00000000:0000 07 0 0 0 0 0 23 2 0 4\n";
        assert_eq!((overflowed_in(table, 0x0D96), overflowed_in(table, 0x0D97)), (11, 9));
        assert_eq!((overflowed_in(table, 1), overflowed_in("", 1)), (0, 0));
    }

    #[test]
    fn counts_what_a_socket_that_nobody_reads_has_lost() {
        let [socket, sender] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        let address = socket.local_addr().unwrap();
        assert_eq!(overflowed(address.port()), Some(0));
        let sent = 20_000;
        (0..sent).for_each(|_| _ = sender.send_to(&[0; 1_200], address).unwrap());
        let lost = overflowed(address.port()).unwrap();
        let mut received = 0;
        socket.set_nonblocking(true).unwrap();
        while socket.recv(&mut [0; 1_200]).is_ok() {
            received += 1;
        }
        assert!(lost > 0, "the buffer of a socket is smaller than 24 MB");
        assert_eq!(lost + received, sent, "each datagram was received or counted");
    }
}
