//! What the kernel says of this process, where there is a `/proc`: names as every
//! Prometheus client has them.

use std::fmt;
#[cfg(target_os = "linux")]
use std::fs;

#[cfg(target_os = "linux")]
use rustix::process::Resource;

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
        let read = |path: &str| fs::read_to_string(path).ok();
        let descriptors = fs::read_dir("/proc/self/fd").ok()?.count();
        Some(Self {
            // One was open to count them.
            open_descriptors: descriptors.saturating_sub(1) as u64,
            max_descriptors: rustix::process::getrlimit(Resource::Nofile)
                .current
                .map_or(f64::INFINITY, |limit| limit as f64),
            ..Self::parse(&read("/proc/self/stat")?, &read("/proc/stat")?)?
        })
    }

    /// By proc(5): the numbers of this process, and the line `btime` of the system, which is the
    /// time of its start in Unix seconds. Times of the process are counted in ticks.
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact to 2^53, and a chart beyond"
    )]
    fn parse(own: &str, system: &str) -> Option<Self> {
        // Fields are counted from 1. The second is the name of the program in parentheses, which
        // may itself contain spaces and parentheses.
        let (_, from_third) = own.rsplit_once(") ")?;
        let field = |number: usize| -> Option<u64> {
            from_third
                .split(' ')
                .nth(number - 3)?
                .trim_end()
                .parse()
                .ok()
        };
        let seconds = |ticks: u64| ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        let booted_at = system
            .lines()
            .find_map(|line| line.strip_prefix("btime "))?;
        let booted_at: u64 = booted_at.parse().ok()?;
        Some(Self {
            cpu_seconds: seconds(field(14)? + field(15)?),
            threads: field(20)?,
            started_at: booted_at as f64 + seconds(field(22)?),
            virtual_bytes: field(23)?,
            resident_bytes: field(24)? * rustix::param::page_size() as u64,
            open_descriptors: 0,
            max_descriptors: 0.0,
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::Process;

    /// Of Debian 12, for a program with this name.
    fn own(name: &str) -> String {
        format!(
            "4711 ({name}) S 1 4711 4711 34816 4711 4194304 1523 0 12 0 250 150 0 0 20 0 3 0 30000 \
             181628928 3000 18446744073709551615 1 1 0 0 0 0 0 4096 17663 0 0 0 17 1 0 0 0 0 0 0 0\n"
        )
    }

    const SYSTEM: &str = "cpu  1 2 3\nintr 5 6\nctxt 7\nbtime 1700000000\nprocesses 9\n";

    #[test]
    #[expect(clippy::float_cmp, reason = "these numbers have exact forms")]
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    fn the_numbers_of_a_process_are_those_of_proc_whatever_its_name_is() {
        for name in ["api", "my api", "a) S (b", ") 1 2 3 ("] {
            let process = Process::parse(&own(name), SYSTEM).unwrap();

            let ticks = rustix::param::clock_ticks_per_second() as f64;
            assert_eq!(process.cpu_seconds, 400.0 / ticks, "{name}");
            assert_eq!(process.started_at, 1_700_000_000.0 + 30_000.0 / ticks);
            assert_eq!(process.threads, 3);
            assert_eq!(process.virtual_bytes, 181_628_928);
            let page = rustix::param::page_size() as u64;
            assert_eq!(process.resident_bytes, 3000 * page);
        }
    }

    #[test]
    fn nothing_is_read_from_what_is_not_complete() {
        let whole = own("api");
        let cut = whole.split_once("181628928").unwrap().0;

        assert!(Process::parse(cut, SYSTEM).is_none());
        assert!(Process::parse("", SYSTEM).is_none());
        assert!(Process::parse(&whole, "cpu  1 2 3\n").is_none());
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    fn this_process_has_memory_threads_and_open_files() {
        let process = Process::look().unwrap();

        assert!(process.resident_bytes > 0 && process.virtual_bytes >= process.resident_bytes);
        assert!(process.threads >= 1);
        assert!((process.open_descriptors as f64) < process.max_descriptors);
        assert!(process.started_at > 1_700_000_000.0);
    }
}
