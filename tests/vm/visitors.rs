//! Who may ask the daemon, and who may change something.

use crate::lab::Scene;
use crate::lab::scene::{ADDRESS, config};
use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

/// The group's number in this box.
const GROUP: u32 = 4711;

/// Runs a command of wifibond as a user who is nobody's, in these groups: exit code, standard
/// output, standard error.
#[track_caller]
fn as_user(s: &Scene, groups: &str, args: &[&str]) -> (i32, String, String) {
    let groups: Vec<Gid> = groups
        .split_terminator(',')
        .map(|number| Gid::from_raw(number.parse().expect("a group's number")))
        .collect();
    let mut command = s.pi.ns.command("/usr/bin/wifibond");
    command.args(args);
    // SAFETY: between fork and exec; three system calls on memory made before.
    unsafe {
        command.pre_exec(move || {
            setgroups(&groups)?;
            setgid(Gid::from_raw(1000))?;
            setuid(Uid::from_raw(1000))?;
            Ok(())
        })
    };
    let output = command.stdin(Stdio::null()).output().expect("wifibond");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    (code, text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_group_may_look_and_root_alone_may_change() {
    let s = Scene::new();
    let groups = s.pi.ns.path("/etc/group");
    let mut text = std::fs::read_to_string(&groups).expect("groups");
    text.push_str(&format!("wifibond:x:{GROUP}:\n"));
    std::fs::write(&groups, text).expect("a group");
    s.start(&config());
    let member = GROUP.to_string();

    let (code, out, err) = as_user(&s, &member, &["status"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains(ADDRESS), "{out}");
    for looks in [
        &["events"][..],
        &["status", "--json"],
        &["doctor"],
        &["plan", "/boot/wifibond.json"],
    ] {
        let (code, out, err) = as_user(&s, &member, looks);
        assert!(
            code <= 1 && err.is_empty() && !out.is_empty(),
            "{looks:?}: {code} {out}{err}"
        );
        assert!(!out.contains("only root"), "{looks:?}: {out}");
    }
    for changes in [
        &["reload"][..],
        &["switch", "wlan1"],
        &["member", "wlan1", "down"],
        &["renew"],
        &["release"],
    ] {
        let (code, out, err) = as_user(&s, &member, changes);
        assert_eq!((code, out.as_str()), (1, ""), "{changes:?}");
        assert!(
            err.contains("only root may change: use sudo"),
            "{changes:?}: {err}"
        );
    }
    s.ready();
    assert_eq!(s.associations(), [1, 1]);

    let (code, out, err) = as_user(&s, "", &["status"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("usermod -aG wifibond"), "{err}");

    // Nothing with a secret in it is open to the group.
    let run = s.pi.ns.path("/run/wifibond");
    let mode =
        |path: &std::path::Path| path.metadata().expect("a file").permissions().mode() & 0o777;
    assert_eq!(
        (mode(&run), run.metadata().expect("a directory").gid()),
        (0o750, GROUP)
    );
    let socket = run.join("control.sock");
    assert_eq!(
        (mode(&socket), socket.metadata().expect("a socket").gid()),
        (0o660, GROUP)
    );
    for secret in ["supplicants", "wpa"] {
        assert_eq!(mode(&run.join(secret)), 0o700, "{secret}");
    }
    for file in std::fs::read_dir(&run).expect("a directory").flatten() {
        let path = file.path();
        let name = file.file_name().into_string().expect("a name");
        if path.is_file() && !["resolv.conf", "report.txt", "timesyncd.conf"].contains(&&*name) {
            assert_eq!(mode(&path), 0o600, "{name}");
        }
    }
}
