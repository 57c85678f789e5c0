//! Files in the run directory that hold something of a link: `PREFIX` and its number.
use crate::daemon::RUN_DIR;
use crate::engine::Engine;
use crate::engine::observed::Index;
use crate::system::files;

pub fn path(prefix: &str, link: Index) -> String {
    format!("{RUN_DIR}/{prefix}{link}")
}

pub fn each(prefix: &str, each: &mut dyn FnMut(Index)) {
    let listed = files::list(RUN_DIR, &mut |file| {
        if let Some(link) = file.strip_prefix(prefix).and_then(|n| n.parse().ok()) {
            each(link);
        }
    });
    if let Err(e) = listed {
        log::warn!("{RUN_DIR}: {e}");
    }
}

/// Removes the files of links that are gone. After the links were read.
pub fn clean(prefix: &str, engine: &Engine) {
    each(prefix, &mut |link| {
        if engine.observed().link(link).is_none()
            && let Err(e) = files::remove(&path(prefix, link))
        {
            log::debug!("{}: {e}", path(prefix, link));
        }
    });
}
