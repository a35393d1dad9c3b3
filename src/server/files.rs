//! How many files, and so sockets, the process may have open; it must not know who comes.

/// Files that a server needs besides its sockets: listeners, requests for pages, what a request reads, the runtime's own.
const BESIDES: usize = 256;

/// Raises the process's limit of open files as far as it may, and says so where `max_connections` do not fit.
pub fn allow_open_files(max_connections: usize) {
    match rlimit::increase_nofile_limit(rlimit::INFINITY) {
        Ok(limit) if fit(max_connections, limit) => tracing::info!(limit, "open files"),
        Ok(limit) => tracing::warn!(
            limit,
            max_connections,
            "more connections are configured (`server.max_connections`) than files may be open: raise the limit \
             (systemd: LimitNOFILE)"
        ),
        Err(error) => tracing::warn!(%error, "the limit of open files cannot be raised"),
    }
}

fn fit(max_connections: usize, limit: u64) -> bool {
    u64::try_from(max_connections.saturating_add(BESIDES)).is_ok_and(|needed| needed <= limit)
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
