//! Writes to the card, and what takes as long: a worn card blocks a write for seconds, and the
//! loop must go on. A thread carries them out in their order, and ends when
//! there is nothing left.
use crate::system::files;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Jobs that wait; of more, the oldest is dropped. Files that are written again replace
/// their older contents here.
const MOST_JOBS: usize = 16;
/// System calls and one path need little.
const STACK_BYTES: usize = 64 * 1024;
/// Time limit of [`finish`].
const FINISH_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub enum Job {
    /// Replaces a file, with mode 0600.
    Write { path: String, bytes: Vec<u8> },
    /// Does this for the file at this path; `work` logs its own errors.
    Do {
        what: &'static str,
        path: String,
        work: fn(&str),
    },
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Job>,
    running: bool,
    /// What could not be written first.
    trouble: Option<String>,
    told: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    jobs: Vec::new(),
    running: false,
    trouble: None,
    told: false,
});
static IDLE: Condvar = Condvar::new();

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Queue {
    fn add(&mut self, job: Job) {
        match &job {
            Job::Write { path, .. } => self.jobs.retain(|old| old.path() != path),
            Job::Do { what, path, .. } => self.jobs.retain(|old| {
                let same = |old: &Job| matches!(old, Job::Do { what: w, .. } if w == what);
                old.path() != path || !same(old)
            }),
        }
        if self.jobs.len() >= MOST_JOBS {
            let old = self.jobs.remove(0);
            log::warn!("the card is too slow; dropped: {}", old.path());
        }
        self.jobs.push(job);
    }
}

/// Queues it.
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

/// What could not be written, and why: once, as the others fail for the same reason.
pub fn take_trouble() -> Option<String> {
    queue().trouble.take()
}

fn note_trouble(text: String) {
    log::info!("{text}");
    let mut queue = queue();
    if !queue.told {
        queue.told = true;
        queue.trouble = Some(text);
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
    fn path(&self) -> &str {
        match self {
            Job::Write { path, .. } | Job::Do { path, .. } => path,
        }
    }

    fn carry_out(self) {
        match self {
            Job::Write { path, bytes } => {
                if let Err(e) = files::write_atomic(&path, &bytes, 0o600) {
                    note_trouble(format!("{path}: {e}: it is not kept for the next boot"));
                }
            }
            Job::Do { path, work, .. } => work(&path),
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

    fn mark(what: &'static str, path: &str) -> Job {
        let (path, work) = (path.into(), (|_| {}) as fn(&str));
        Job::Do { what, path, work }
    }

    fn shown(queue: &Queue) -> Vec<String> {
        let shown = queue.jobs.iter().map(|job| match job {
            Job::Write { path, bytes } => format!("{path}={}", String::from_utf8_lossy(bytes)),
            Job::Do { what, path, .. } => format!("{what} {path}"),
        });
        shown.collect()
    }

    #[test]
    fn the_last_contents_of_a_file_count() {
        let mut queue = Queue::default();
        queue.add(write("a", b"1"));
        queue.add(write("b", b"1"));
        queue.add(mark("names", ""));
        queue.add(write("a", b"2"));
        queue.add(mark("given back", "a"));
        queue.add(mark("given back", "c"));
        queue.add(mark("names", ""));
        let expected = ["b=1", "a=2", "given back a", "given back c", "names "];
        assert_eq!(shown(&queue), expected);
        queue.add(write("a", b"3"));
        let expected = ["b=1", "given back c", "names ", "a=3"];
        assert_eq!(shown(&queue), expected);
        for number in 0..100 {
            queue.add(write(&number.to_string(), b""));
        }
        assert_eq!(queue.jobs.len(), MOST_JOBS);
        assert_eq!(shown(&queue).last().map(String::as_str), Some("99="));
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
