//! IEEE 802.1X: hostapd's own authentication server, for access points and for cables.

use super::{Cable, Lan, Namespace, Process, Thing};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

/// By TLS, or by PEAP with MSCHAPv2 inside and [`ANONYMOUS`] outside.
pub const IDENTITY: &str = "box@lab.example";
pub const ANONYMOUS: &str = "anonymous@lab.example";
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

/// Who may come in, each in one way alone, all with this password: outside by the method of the
/// name that is given there; inside by the words of the user's name.
fn users(password: &str) -> String {
    let ttls = |inner: &str| format!("\"{}\"", ttls_identity(inner));
    let (pap, mschapv2) = (ttls("pap"), ttls("mschapv2"));
    format!(
        "\"{ANONYMOUS}\" PEAP\n\"{IDENTITY}\" TLS\n{pap} TTLS\n{mschapv2} TTLS\n\
         \"{IDENTITY}\" MSCHAPV2 \"{password}\" [2]\n\
         {pap} TTLS-PAP \"{password}\" [2]\n\
         {mschapv2} TTLS-MSCHAPV2 \"{password}\" [2]\n"
    )
}

/// The user who comes in by TTLS and this inside it alone.
pub fn ttls_identity(inner: &str) -> String {
    format!("{inner}@lab.example")
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
pub struct Authenticator {
    hostapd: RefCell<Option<Process>>,
    lan: Rc<Namespace>,
    port: String,
    dir: PathBuf,
}

impl Authenticator {
    pub fn new(lan: &Lan, cable: &Cable, dir: &Path) -> Authenticator {
        let authenticator = Authenticator {
            hostapd: RefCell::default(),
            lan: lan.ns.clone(),
            port: cable.port().to_owned(),
            dir: dir.to_owned(),
        };
        let text = format!(
            "interface={}\ndriver=wired\nuse_pae_group_addr=1\n{}",
            authenticator.port,
            server_lines(dir)
        );
        std::fs::write(authenticator.file("authenticator"), text).expect("hostapd's file");
        authenticator.start();
        authenticator
    }

    fn file(&self, end: &str) -> PathBuf {
        self.dir.join(format!("{}.{end}", self.port))
    }

    fn start(&self) {
        let log = self.file("authenticator-log");
        let _ = std::fs::remove_file(&log);
        let mut command = self.lan.command("hostapd");
        command
            .arg("-t")
            .arg("-f")
            .arg(&log)
            .arg(self.file("authenticator"));
        let hostapd = Process::start(command, &log);
        hostapd.wait_log("AP-ENABLED", Duration::from_secs(20));
        self.hostapd.replace(Some(hostapd));
    }

    /// It knows nobody, and wants another password.
    pub fn forget_all(&self, password: &str) {
        std::fs::write(self.dir.join("radius/users"), users(password)).expect("the users");
        self.hostapd.replace(None);
        self.start();
    }

    pub fn log(&self) -> String {
        let hostapd = self.hostapd.borrow();
        hostapd.as_ref().map(Process::log).unwrap_or_default()
    }

    /// How often somebody was let in.
    pub fn admitted(&self) -> usize {
        self.log().matches("CTRL-EVENT-EAP-SUCCESS").count()
    }
}

impl Thing for Authenticator {
    fn testimony(&self) -> String {
        format!("--- authenticator of {}\n{}", self.port, self.log())
    }

    fn clear(&self) {
        self.hostapd.replace(None);
    }
}
