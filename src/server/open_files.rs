//! How many files, and so sockets, the process may have open; it must not know who comes.

/// Files that a server needs besides its connections: listeners, what a request reads, the runtime's own.
const BESIDES: usize = 256;

/// Raises the process's limit of open files as far as it may, and says so where so many sockets, and so many connections
/// that are none, do not fit.
pub fn allow_open_files(max_connections: usize, open: usize) {
    match rlimit::increase_nofile_limit(rlimit::INFINITY) {
        Ok(limit) if fit(max_connections.saturating_add(open), limit) => tracing::info!(limit, "open files"),
        Ok(limit) => tracing::warn!(
            limit,
            max_connections,
            open,
            "more connections are configured (`server.max_connections`, `limits.open`) than files may be open: raise the \
             limit (systemd: LimitNOFILE)"
        ),
        Err(error) => tracing::warn!(%error, "the limit of open files cannot be raised"),
    }
}

fn fit(connections: usize, limit: u64) -> bool {
    u64::try_from(connections.saturating_add(BESIDES)).is_ok_and(|needed| needed <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_with_room_for_everything_else() {
        assert!(fit(19_500, 20_000));
        assert!(!fit(19_900, 20_000));
        assert!(fit(usize::MAX - BESIDES, u64::MAX));
        assert!(!fit(usize::MAX, u64::MAX - 1));
    }
}
