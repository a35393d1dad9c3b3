//! The limit of open files, and so of sockets, of the process.

/// Files that a server needs besides its connections: listeners, files that requests read, those of the runtime.
const OTHER_FILES: usize = 256;

/// Raises the process's limit of open files as far as the system allows. Warns if the configured number of connections
/// of all kinds exceeds it.
pub fn raise_open_files_limit(connections: usize) {
    match rlimit::increase_nofile_limit(rlimit::INFINITY) {
        Ok(limit) if fit(connections, limit) => {
            tracing::info!(limit, "limit of open files");
        }
        Ok(limit) => tracing::warn!(
            limit,
            connections,
            "the limit of open files is too low for the configured connections (`server.max_connections`, \
             `limits.open` and `relay.max_allocations`): raise it (systemd: LimitNOFILE)"
        ),
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open files"),
    }
}

fn fit(connections: usize, limit: u64) -> bool {
    u64::try_from(connections.saturating_add(OTHER_FILES)).is_ok_and(|needed| needed <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_beside_all_other_files() {
        assert!(fit(19_500, 20_000));
        assert!(!fit(19_900, 20_000));
        assert!(fit(usize::MAX - OTHER_FILES, u64::MAX));
        assert!(!fit(usize::MAX, u64::MAX - 1));
    }
}
