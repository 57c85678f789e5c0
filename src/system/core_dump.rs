//! No core dump: it would write the passphrases in memory to a file.
use super::Result;
use super::error::of_nix;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};

/// Forbids core dumps of this process and of all that it starts, for good.
///
/// The limit is inherited, and is what stops the kernel where dumps go to files (core(5)).
/// Where they go to a program the kernel passes the limit on: systemd-coredump keeps nothing
/// then. For this process alone the kernel makes none at all, for a file or a program: it is
/// not "dumpable" (prctl(2)), and no other process of the same user may read its memory.
pub fn forbid() -> Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0).map_err(of_nix("setrlimit"))?;
    prctl::set_dumpable(false).map_err(of_nix("prctl"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::in_a_process;
    use nix::sys::prctl;
    use nix::sys::resource::{Resource, getrlimit};

    #[test]
    fn no_core_is_dumped_from_then_on() {
        in_a_process(|| {
            super::forbid().unwrap();
            assert_eq!(getrlimit(Resource::RLIMIT_CORE), Ok((0, 0)));
            assert_eq!(prctl::get_dumpable(), Ok(false));
        });
    }
}
