//! Writes to the card, and what takes as long: a worn card holds up whoever writes to it for
//! seconds, and the loop must go on. A thread carries them out in their order, and ends when
//! there is nothing left.
use super::leases;
use super::publish::{self, What};
use crate::system::files;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Jobs that wait; of more, the oldest is dropped. Files that are written again replace
/// their older contents here.
const MOST_JOBS: usize = 16;
/// System calls and one path need little.
const STACK_BYTES: usize = 64 * 1024;
/// On the way out what is left is waited for so long.
const FINISH_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, PartialEq, Eq)]
pub enum Job {
    /// Replaces a file; who may not read it is told by its mode, 0600.
    Write { path: String, bytes: Vec<u8> },
    /// Marks the lease in this file as given back.
    GiveBack { path: String },
    /// Brings name servers and time servers to where everybody reads them.
    Names,
    /// Brings the report on this configuration file to its place beside it.
    Report { path: String },
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Job>,
    running: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    jobs: Vec::new(),
    running: false,
});
static IDLE: Condvar = Condvar::new();

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Queue {
    fn add(&mut self, job: Job) {
        match &job {
            Job::Write { path, .. } => self.jobs.retain(|old| old.path() != Some(path)),
            _ => self.jobs.retain(|old| *old != job),
        }
        if self.jobs.len() >= MOST_JOBS {
            let old = self.jobs.remove(0);
            log::warn!("the card is too slow; dropped: {:?}", old.path());
        }
        self.jobs.push(job);
    }
}

/// Has it carried out soon.
pub fn add(job: Job) {
    let mut queue = queue();
    queue.add(job);
    if queue.running {
        return;
    }
    queue.running = true;
    drop(queue);
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    if let Err(e) = thread.spawn(work) {
        log::warn!("a thread: {e}");
        work();
    }
}

fn work() {
    loop {
        let job = {
            let mut queue = queue();
            if queue.jobs.is_empty() {
                queue.running = false;
                // Its room is given back: this happens seldom.
                queue.jobs = Vec::new();
                IDLE.notify_all();
                return;
            }
            queue.jobs.remove(0)
        };
        job.carry_out();
    }
}

/// Waits until all is done; not for ever.
pub fn finish() {
    let wait = IDLE.wait_timeout_while(queue(), FINISH_WITHIN, |queue| queue.running);
    if wait.is_ok_and(|(_, wait)| wait.timed_out()) {
        log::warn!("the card is too slow: not all is written");
    }
}

impl Job {
    fn path(&self) -> Option<&String> {
        match self {
            Job::Write { path, .. } | Job::GiveBack { path } => Some(path),
            Job::Report { path } => Some(path),
            Job::Names => None,
        }
    }

    fn carry_out(self) {
        match self {
            Job::Write { path, bytes } => {
                if let Err(e) = files::write_atomic(&path, &bytes, 0o600) {
                    log::info!("{path}: {e}; it is not kept for the next boot");
                }
            }
            Job::GiveBack { path } => leases::mark_given_back(&path),
            // What is staged then is what counts. Says itself what does not work.
            Job::Names => drop(publish::carry_out(What::Names)),
            Job::Report { path } => drop(publish::carry_out(What::Report(&path))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &str, bytes: &[u8]) -> Job {
        let (path, bytes) = (path.into(), bytes.into());
        Job::Write { path, bytes }
    }

    fn give_back(path: &str) -> Job {
        Job::GiveBack { path: path.into() }
    }

    #[test]
    fn the_last_contents_of_a_file_count() {
        let mut queue = Queue::default();
        queue.add(write("a", b"1"));
        queue.add(write("b", b"1"));
        queue.add(Job::Names);
        queue.add(write("a", b"2"));
        queue.add(give_back("a"));
        queue.add(Job::Names);
        assert_eq!(
            queue.jobs,
            [
                write("b", b"1"),
                write("a", b"2"),
                give_back("a"),
                Job::Names
            ]
        );
        queue.add(write("a", b"3"));
        assert_eq!(queue.jobs, [write("b", b"1"), Job::Names, write("a", b"3")]);
        for number in 0..100 {
            queue.add(write(&number.to_string(), b""));
        }
        assert_eq!(queue.jobs.len(), MOST_JOBS);
        assert_eq!(queue.jobs.last(), Some(&write("99", b"")));
    }

    #[test]
    fn a_file_is_written_soon() {
        let path = format!(
            "{}/card-{}",
            std::env::temp_dir().display(),
            std::process::id()
        );
        for text in ["1", "2", "3"] {
            add(write(&path, text.as_bytes()));
        }
        finish();
        assert_eq!(files::read(&path, 10).expect("a file"), b"3");
        files::remove(&path).expect("removed");
    }
}
