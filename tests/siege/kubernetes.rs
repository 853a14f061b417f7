//! The pod of `deploy/kubernetes/base`: its settings in a control group of its limit.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::memory::{attack, attacks};
use crate::program::{Program, Transport};

/// A control group with a limit of memory, of version 1 or 2. Only root can make one.
pub struct ControlGroup(PathBuf);

impl ControlGroup {
    fn with_limit(mib: u64) -> Self {
        let unified = PathBuf::from("/sys/fs/cgroup/cgroup.controllers").exists();
        let (root, limit) = if unified {
            ("/sys/fs/cgroup", "memory.max")
        } else {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        };
        let name = format!("poem-resource-server-siege-{}", std::process::id());
        let directory = PathBuf::from(root).join(name);
        fs::create_dir_all(&directory).expect("needs root and control groups");
        fs::write(directory.join(limit), (mib << 20).to_string()).unwrap();
        Self(directory)
    }

    /// The name of the file that a process writes its id to.
    fn processes(&self) -> String {
        self.0.join("cgroup.procs").display().to_string()
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/kubernetes")
}

/// What follows `name` in a file, up to the end of its line or of its quotes.
fn value(file: &str, name: &str) -> String {
    let text = fs::read_to_string(directory().join(file)).unwrap();
    let (_, value) = text
        .split_once(name)
        .unwrap_or_else(|| panic!("{file} has no line{name}"));
    let end = value.find(['\n', '"', ' ']).unwrap();
    value[..end].to_owned()
}

fn limit_mib() -> u64 {
    let limit = value("base/deployment.yaml", "limits: { memory: ");
    limit.strip_suffix("Mi").unwrap().parse().unwrap()
}

fn memory_mib(file: &str) -> u64 {
    mib(file, "\nmemory = \"")
}

fn proofs_mib(file: &str) -> u64 {
    mib(file, "\nmax_memory = \"")
}

fn mib(file: &str, name: &str) -> u64 {
    let size = value(file, name);
    size.strip_suffix("MiB").unwrap().parse().unwrap()
}

fn max_connections(file: &str) -> String {
    value(file, "\nmax_connections = ")
}

/// The settings of the base, and those of each overlay that replaces them.
fn files_of_settings() -> Vec<String> {
    let overlays = fs::read_dir(directory().join("overlays")).unwrap();
    let names = overlays.map(|it| it.unwrap().file_name().into_string().unwrap());
    let files = names.map(|name| format!("overlays/{name}/config.toml"));
    let existing = files.filter(|file| directory().join(file).exists());
    std::iter::once(BASE.to_owned()).chain(existing).collect()
}

#[test]
fn the_limit_of_the_pod_is_the_sum_that_the_documents_require() {
    let default_cache_mib = 32;
    let idle_mib = 20;
    let files = files_of_settings();
    assert!(files.len() > 1, "{files:?}");
    for file in files {
        let sum = memory_mib(&file) + default_cache_mib + proofs_mib(&file) + idle_mib;

        let limit = limit_mib();

        assert!(
            limit * 4 >= sum * 5,
            "{file}: {limit} is less than {sum} plus a quarter"
        );
        assert!(
            limit * 2 <= sum * 3,
            "{file}: {limit} is more than {sum} plus a half"
        );
        assert_eq!(max_connections(&file), max_connections(BASE), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute and needs root; scripts/soak runs it"]
async fn the_pod_survives_the_attacks_in_a_group_of_its_limit() {
    let group = ControlGroup::with_limit(limit_mib());
    let processes = group.processes();
    let max_connections = max_connections(BASE);
    let memory = format!("{}MiB", memory_mib(BASE));
    // The banner, which a test reads, is a JSON line with the format of the base.
    let settings = [
        ("CONTROL_GROUP", processes.as_str()),
        ("HTTP__MAX_CONNECTIONS", &max_connections),
        ("HTTP__MEMORY", &memory),
    ];
    for transport in [Transport::Plain, Transport::Tls] {
        let program = Arc::new(Program::beside_relay(transport, &settings).await);
        program.hang_issuer();
        let all: Vec<_> = attacks(transport).collect();
        let number = 4_000 / all.len();

        let (connections, calls) = attack(&program, &all, number, Duration::from_secs(20)).await;

        println!(
            "| {} MiB, {transport:?}, all at once | {connections} connections; {} calls, all \
             200, {calls}; {:.0} MiB at most |",
            limit_mib(),
            calls.count(),
            program.peak_mib()
        );
    }
}

const BASE: &str = "base/config.toml";
