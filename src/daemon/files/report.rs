//! The report beside the configuration file, while that is wrong.
use super::card::Job;
use super::staging;
use crate::system::files;

/// The report's name, beside the file.
pub const REPORT: &str = "wifibond-report.txt";

/// Writes the report on the file at `config`, or takes the last one away.
pub fn write(config: &str, text: Option<&str>) {
    if let Err(e) = staging::stage(staging::REPORT, text.map(str::as_bytes)) {
        log::warn!("{}: {e}", staging::REPORT);
    }
    let job = Job::Do {
        what: "report",
        path: config.into(),
        work: |path| {
            carry_out(path);
        },
    };
    staging::bring_up_to_date(job);
}

fn beside(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((directory, _)) => format!("{directory}/{REPORT}"),
        None => REPORT.into(),
    }
}

/// Brings the staged report on the file at `config` to its place beside it, or takes away
/// the one there. Written only when it has changed. Needs root. `false`: to be tried again.
pub fn carry_out(config: &str) -> bool {
    let path = beside(config);
    let done = match staging::staged(staging::REPORT) {
        None => files::remove(&path),
        Some(text) if files::read(&path, 64 * 1024).is_ok_and(|old| old == text) => Ok(()),
        Some(text) => files::write_atomic(&path, &text, 0o644),
    };
    staging::is_done(&path, done, "")
}

/// The report on a file that was set aside. Lines end with CR LF for old editors.
pub fn set_aside(path: &str, why: &str) -> String {
    format!(
        "wifibond does not use {path}: the box is not on the network with it.\r\n\r\n\
         The reason:\r\n  {why}\r\n\r\n\
         The box goes on with the settings before. The file is tried again at the next start,\r\n\
         when nothing else works, and from time to time.\r\n\
         This report goes away when a file works.\r\n"
    )
}
