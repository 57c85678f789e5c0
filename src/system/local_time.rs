//! The wall clock in the user's time zone: TZ in the environment, else /etc/localtime.
use nix::libc;

/// A time as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Local {
    pub year: i64,
    /// 1 to 12.
    pub month: i32,
    pub day: i32,
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    /// Minutes east of UTC.
    pub east_min: i64,
}

/// The time so many seconds after 1970 (localtime_r(3)). `None`: its year does not fit.
#[allow(
    clippy::useless_conversion,
    reason = "the types have other widths elsewhere"
)]
pub fn local(seconds: u64) -> Option<Local> {
    let time = seconds.try_into().ok()?;
    // SAFETY: all zeros is a value of this struct of numbers and a pointer.
    let mut parts: libc::tm = unsafe { core::mem::zeroed() };
    // SAFETY: both pointers are of values that outlive the call.
    if unsafe { libc::localtime_r(&raw const time, &raw mut parts) }.is_null() {
        return None;
    }
    Some(Local {
        year: i64::from(parts.tm_year) + 1900,
        month: parts.tm_mon + 1,
        day: parts.tm_mday,
        hour: parts.tm_hour,
        minute: parts.tm_min,
        second: parts.tm_sec,
        east_min: i64::from(parts.tm_gmtoff) / 60,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_is_so_far_from_utc_as_it_says() {
        let at = local(1_795_132_800).unwrap();
        let minutes = i64::from(at.hour * 60 + at.minute) - at.east_min;
        assert_eq!(minutes.rem_euclid(1440), 0, "{at:?}");
        assert_eq!((at.year, at.month, at.second), (2026, 11, 0));
        assert_eq!(local(u64::MAX), None);
    }
}
