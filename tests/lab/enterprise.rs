//! IEEE 802.1X: hostapd's own authentication server, for access points and for cables.

use super::{Cable, Lan, Process, Thing};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub const IDENTITY: &str = "box@lab.example";
pub const PASSWORD: &str = "battery staple";
/// The password of `locked.key`.
pub const KEY_PASSWORD: &str = "key-horse";
/// Whom the server's certificate is for.
pub const DOMAIN: &str = "radius.lab.example";

const FILES: [(&str, &str); 7] = [
    ("ca.pem", include_str!("certificates/ca.pem")),
    ("stranger.pem", include_str!("certificates/stranger.pem")),
    ("server.pem", include_str!("certificates/server.pem")),
    ("server.key", include_str!("certificates/server.key")),
    ("user.pem", include_str!("certificates/user.pem")),
    ("user.key", include_str!("certificates/user.key")),
    ("locked.key", include_str!("certificates/locked.key")),
];

/// Who may come in: any method outside; inside, this user with this password.
fn users(password: &str) -> String {
    format!(
        "* PEAP,TTLS,TLS\n\
         \"{IDENTITY}\" MSCHAPV2,GTC,TTLS-PAP,TTLS-MSCHAPV2 \"{password}\" [2]\n"
    )
}

/// Certificates as files in a directory, as an appliance has them in /etc.
pub fn lay_out(directory: &Path) {
    std::fs::create_dir_all(directory).expect("a directory for certificates");
    for (name, text) in FILES {
        std::fs::write(directory.join(name), text).expect("a certificate");
    }
}

/// hostapd's lines for a server of its own.
pub fn server_lines(directory: &Path) -> String {
    let directory = directory.join("radius");
    lay_out(&directory);
    let path = |name: &str| directory.join(name).display().to_string();
    std::fs::write(path("users"), users(PASSWORD)).expect("the server's users");
    format!(
        "ieee8021x=1\neap_server=1\neap_user_file={}\nca_cert={}\nserver_cert={}\nprivate_key={}\n",
        path("users"),
        path("ca.pem"),
        path("server.pem"),
        path("server.key"),
    )
}

/// An authenticator at the far end of a cable, as in a guarded switch.
pub struct Guard {
    hostapd: RefCell<Option<Process>>,
    dir: PathBuf,
}

impl Guard {
    pub fn new(lan: &Lan, cable: &Cable, dir: &Path) -> Guard {
        let file = dir.join(format!("{}.guard", cable.port()));
        let text = format!(
            "interface={}\ndriver=wired\nuse_pae_group_addr=1\n{}",
            cable.port(),
            server_lines(dir)
        );
        std::fs::write(&file, text).expect("hostapd's file");
        let log = dir.join(format!("{}.guard-log", cable.port()));
        let _ = std::fs::remove_file(&log);
        let mut command = lan.ns.command("hostapd");
        command.arg("-t").arg("-f").arg(&log).arg(&file);
        let hostapd = Process::start(command, &log);
        hostapd.wait_log("AP-ENABLED", Duration::from_secs(20));
        Guard {
            hostapd: RefCell::new(Some(hostapd)),
            dir: dir.to_owned(),
        }
    }

    pub fn log(&self) -> String {
        let hostapd = self.hostapd.borrow();
        hostapd.as_ref().map(Process::log).unwrap_or_default()
    }

    /// From now on.
    pub fn set_password(&self, password: &str) {
        let file = self.dir.join("radius/users");
        std::fs::write(file, users(password)).expect("the server's users");
        assert_eq!(self.ask("RELOAD_CONFIG").trim(), "OK");
    }

    /// Everybody has to say once more who they are.
    pub fn ask_again(&self) {
        let first = self.ask("STA-FIRST");
        let mac = first.lines().next().unwrap_or_default().to_owned();
        assert_eq!(self.ask(&format!("DEAUTHENTICATE {mac}")).trim(), "OK");
    }

    /// How often somebody was let in.
    pub fn admitted(&self) -> usize {
        self.log().matches("CTRL-EVENT-EAP-SUCCESS").count()
    }
}

impl Thing for Guard {
    fn testimony(&self) -> String {
        format!("--- guard in {}\n{}", self.dir.display(), self.log())
    }

    fn clear(&self) {
        self.hostapd.replace(None);
    }
}
