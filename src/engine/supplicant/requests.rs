//! Requests to a wpa_supplicant, one at a time, and whether it still answers.
use super::{Phase, Supplicant};
use crate::engine::observed::Index;
use crate::engine::time::{Instant, Millis};
use crate::wire::wpa::Request;

/// Time limit of the attempts at its control socket; then it counts as hung.
const ATTACH_FOR: Millis = Millis(10_000);
/// Each death in a row doubles the time limits for coming up and answering, at most so often: on a
/// slow machine it would otherwise be ended again and again.
const MOST_DOUBLINGS: usize = 3;
/// An answer that takes longer counts as hung.
const ANSWER_WITHIN: Millis = Millis(5_000);
/// The same where it may be blocked in its driver.
const PONG_WITHIN: Millis = Millis(10_000);
/// Between `PING`s to one that sends nothing, while its link is not authorised: its next event is
/// waited for.
const PING_EVERY: Millis = Millis(10_000);
/// The same while its link is authorised: the kernel notifies at once when that ends. A multiple
/// of the other, so that all are asked in one wake-up.
const PING_AUTHORISED_EVERY: Millis = Millis(60_000);

impl Supplicant {
    /// Attached, and no answer is awaited.
    pub fn is_listening(&self) -> bool {
        self.phase == Phase::Attached && self.asked.is_none()
    }

    /// Has this request sent when none is on its way; once, however often it is asked for.
    pub fn ask(&mut self, request: Request) {
        if !self.due.contains(&request) {
            let _ = self.due.push(request);
        }
    }

    /// Scans that have not been asked for yet are not wanted any more.
    pub fn forget_scans(&mut self) {
        self.due
            .retain(|due| !matches!(due, Request::ScanChannels(_)));
    }

    /// The next request, when none is on its way.
    pub fn next_request(&self) -> Option<Request> {
        match self.asked {
            None if self.phase == Phase::Attached => self.due.first().copied(),
            _ => None,
        }
    }

    /// The request was sent: its answer has a time limit from now on.
    pub fn requested(&mut self, request: Request, now: Instant) {
        self.due.retain(|due| *due != request);
        let within = match request {
            // These wait for the driver.
            Request::Ping
            | Request::SignalPoll
            | Request::SignalMonitor
            | Request::PacketCounts
            | Request::Scan => PONG_WITHIN,
            Request::Attach
            | Request::Status
            | Request::Channels
            | Request::Heard
            | Request::ScanChannels(_)
            | Request::Reconfigure
            | Request::Reassociate => ANSWER_WITHIN,
        };
        self.asked = Some((request, now + self.limit(within)));
    }

    /// Waits for the answer to this request, or is about to ask it.
    pub fn is_asking(&self, request: Request) -> bool {
        self.due.contains(&request) || self.asked.is_some_and(|(asked, _)| asked == request)
    }

    /// A time limit, doubled for each death in a row.
    fn limit(&self, span: Millis) -> Millis {
        span * (1 << self.deaths.min(MOST_DOUBLINGS))
    }

    /// Running, but does not answer.
    pub fn is_hung(&self, now: Instant) -> bool {
        match self.phase {
            Phase::Starting { since, .. } => now >= since + self.limit(ATTACH_FOR),
            Phase::Attached => self.asked.is_some_and(|(_, until)| now >= until),
            Phase::Stopping { until, forced } => !forced && now >= until,
            Phase::Waiting { .. } => false,
        }
    }

    /// When it will count as hung if no message comes.
    pub fn hung_at(&self) -> Option<(Index, Instant)> {
        let at = match self.phase {
            Phase::Starting { since, .. } => since + self.limit(ATTACH_FOR),
            Phase::Attached => self.asked?.1,
            Phase::Waiting { .. } | Phase::Stopping { .. } => return None,
        };
        Some((self.link, at))
    }

    /// The kernel does not answer it either: its time limits are extended.
    pub fn give_time(&mut self, now: Instant) {
        if let Phase::Starting { since, .. } = &mut self.phase {
            *since = (*since).max(now - ATTACH_FOR / 2);
        }
        if let Some((_, until)) = &mut self.asked {
            *until = (*until).max(now + ANSWER_WITHIN / 2);
        }
    }

    /// When it is to be asked whether it answers; all on one grid of time.
    pub(super) fn ping_at(&self) -> Option<Instant> {
        let every = match self.authorised {
            true => PING_AUTHORISED_EVERY,
            false => PING_EVERY,
        };
        let idle = self.phase == Phase::Attached && self.asked.is_none() && self.due.is_empty();
        idle.then_some(self.last_message.next_multiple_of(every))
    }
}
