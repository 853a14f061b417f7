//! What the kernel says of this process, where there is a `/proc`: names as every
//! Prometheus client has them.

use std::fmt;

use super::page::Page;

#[cfg(target_os = "linux")]
pub(super) fn write(page: &mut Page<'_>) -> fmt::Result {
    use super::catalogue as the;
    use super::page::Value;

    let Some(process) = Process::look() else {
        return Ok(());
    };
    page.one(&the::PROCESS_CPU, Value::Seconds(process.cpu_seconds))?;
    page.one(&the::PROCESS_RESIDENT, Value::level(process.resident_bytes))?;
    page.one(&the::PROCESS_VIRTUAL, Value::level(process.virtual_bytes))?;
    page.one(
        &the::PROCESS_OPEN_FDS,
        Value::level(process.open_descriptors),
    )?;
    page.one(&the::PROCESS_MAX_FDS, Value::Level(process.max_descriptors))?;
    page.one(&the::PROCESS_THREADS, Value::level(process.threads))?;
    page.one(&the::PROCESS_START, Value::Level(process.started_at))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn write(_: &mut Page<'_>) -> fmt::Result {
    Ok(())
}

#[cfg(target_os = "linux")]
struct Process {
    cpu_seconds: f64,
    resident_bytes: u64,
    virtual_bytes: u64,
    open_descriptors: u64,
    max_descriptors: f64,
    threads: u64,
    started_at: f64,
}

#[cfg(target_os = "linux")]
impl Process {
    /// Nothing where `/proc` is not mounted or not ours to read.
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact to 2^53, and a chart beyond"
    )]
    fn look() -> Option<Self> {
        use procfs::process::LimitValue;

        let process = procfs::process::Process::myself().ok()?;
        let stat = process.stat().ok()?;
        let seconds = |ticks: u64| ticks as f64 / procfs::ticks_per_second() as f64;
        let limit = process.limits().ok()?.max_open_files.soft_limit;
        Some(Self {
            cpu_seconds: seconds(stat.utime + stat.stime),
            resident_bytes: stat.rss * procfs::page_size(),
            virtual_bytes: stat.vsize,
            open_descriptors: process.fd_count().ok()? as u64,
            max_descriptors: match limit {
                LimitValue::Value(number) => number as f64,
                LimitValue::Unlimited => f64::INFINITY,
            },
            threads: u64::try_from(stat.num_threads).unwrap_or(0),
            started_at: procfs::boot_time_secs().ok()? as f64 + seconds(stat.starttime),
        })
    }
}
