//! Processor time, from `/proc`.

use std::fs;
use std::time::Duration;

use tokio_postgres::Client;

use crate::Outcome;

/// `USER_HZ`, the unit of the times in `/proc`: 100 on every Linux that Rust runs on as a server.
const TICK: Duration = Duration::from_millis(10);

/// The fields of `/proc/<pid>/stat` that matter here.
struct Stat {
    parent: u32,
    /// User and system time of all threads.
    own: Duration,
    /// The same of children that have ended.
    of_ended_children: Duration,
}

impl Stat {
    fn read(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is the program's name in brackets, which may hold anything.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        // Counted from the field after the name, which is number 3 in proc(5).
        let ticks = |number: usize| fields.get(number - 3)?.parse::<u32>().ok();
        let parent = ticks(4)?;
        Some(Self {
            parent,
            own: TICK * (ticks(14)? + ticks(15)?),
            of_ended_children: TICK * (ticks(16)? + ticks(17)?),
        })
    }
}

/// Processor time of all processors together.
pub(crate) struct Machine {
    /// Taken by anybody.
    pub(crate) busy: Duration,
    /// Taken by nobody.
    pub(crate) idle: Duration,
}

impl Machine {
    pub(crate) fn read() -> Outcome<Self> {
        let text = fs::read_to_string("/proc/stat")?;
        let line = text.lines().next().unwrap_or_default();
        // user, nice, system, idle, iowait, irq, softirq, steal; the rest is counted within user and nice.
        let ticks: Vec<u32> = line.split_whitespace().skip(1).take(8).filter_map(|field| field.parse().ok()).collect();
        if ticks.len() < 8 {
            return Err("/proc/stat is of an unknown form".into());
        }
        let idle = ticks[3] + ticks[4];
        Ok(Self { busy: TICK * (ticks.iter().sum::<u32>() - idle), idle: TICK * idle })
    }
}

/// Processor time that a process has taken.
pub(crate) fn of_process(pid: u32) -> Outcome<Duration> {
    Stat::read(pid).map(|stat| stat.own).ok_or_else(|| format!("process {pid} has ended").into())
}

/// Processor time that a PostgreSQL server has taken, with all its backends, living and ended.
pub(crate) fn of_postgres(postmaster: u32) -> Outcome<Duration> {
    let server = Stat::read(postmaster).ok_or("PostgreSQL has ended")?;
    let pids = fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let children = pids.filter_map(Stat::read).filter(|stat| stat.parent == postmaster);
    Ok(children.fold(server.own + server.of_ended_children, |sum, stat| sum + stat.own))
}

/// The process that all backends are children of.
pub(crate) async fn postmaster(client: &Client) -> Outcome<u32> {
    let backend: i32 = client.query_one("select pg_backend_pid()", &[]).await?.get(0);
    let stat = Stat::read(u32::try_from(backend)?).ok_or("the backend's process is not visible in /proc")?;
    Ok(stat.parent)
}
