//! Times of the wall clock as text.
use crate::engine::time::Seconds;
use core::fmt;

/// The time since 1970 as RFC 3339.
pub struct Utc(pub Seconds);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.0.0 / 86_400, self.0.0 % 86_400);
        let (year, month, day) = date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

/// The day so many days after 1 January 1970, in the Gregorian calendar: years are
/// counted from March, so that the leap day is a year's last.
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(Utc(Seconds(0)).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(
            Utc(Seconds(951_782_399)).to_string(),
            "2000-02-28T23:59:59Z"
        );
        assert_eq!(
            Utc(Seconds(951_782_400)).to_string(),
            "2000-02-29T00:00:00Z"
        );
        assert_eq!(
            Utc(Seconds(1_795_132_800)).to_string(),
            "2026-11-20T00:00:00Z"
        );
        assert_eq!(
            Utc(Seconds(4_107_542_400)).to_string(),
            "2100-03-01T00:00:00Z"
        );
    }
}
