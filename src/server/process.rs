//! [`ProcessMetrics`]: memory and open files of this process, read from the system whenever Prometheus asks.
//!
//! The names are the ones that all Prometheus clients use. A figure that the system does not tell is left out.

use std::fs;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::gauge::ConstGauge,
};

/// Reads the figures of this process (proc(5)).
#[derive(Debug)]
pub(crate) struct ProcessMetrics;

impl Collector for ProcessMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let figures = [
            ("process_resident_memory_bytes", "Resident memory size in bytes", resident_bytes()),
            ("process_open_fds", "Number of open file descriptors", open_files()),
            ("process_max_fds", "Maximum number of open file descriptors", max_files()),
        ];
        for (name, help, figure) in figures {
            if let Some(figure) = figure {
                let gauge = ConstGauge::new(figure);
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
            }
        }
        Ok(())
    }
}

fn resident_bytes() -> Option<i64> {
    resident_bytes_in(&fs::read_to_string("/proc/self/status").ok()?)
}

/// The line `VmRSS: 1234 kB`.
fn resident_bytes_in(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<i64>().ok()?.checked_mul(1024)
}

/// Includes the descriptor with which the folder is read.
fn open_files() -> Option<i64> {
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}

fn max_files() -> Option<i64> {
    i64::try_from(rlimit::Resource::NOFILE.get_soft().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_resident_memory() {
        let status = "Name:\tpasserby\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\nThreads:\t4\n";
        assert_eq!(resident_bytes_in(status), Some(10_485_760));
        for bad in ["", "VmRSS:\t10240\n", "VmRSS:\t kB\n", "VmRSS:\t99999999999999999 kB\n"] {
            assert_eq!(resident_bytes_in(bad), None, "{bad}");
        }
    }
}
