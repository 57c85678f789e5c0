mod findings;
mod hardware;

use super::conflicts;
use super::machine::{Machine, unescaped};
use std::fs;
use std::path::{Path, PathBuf};

/// A root of a machine's own, taken away at the end.
struct Root(PathBuf);

impl Root {
    /// With bond0, two adapters and a cable, as wifibond leaves them.
    fn new(test: &str) -> Root {
        let place = std::env::temp_dir().join(format!("doctor-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&place);
        let root = Root(place);
        for (n, name) in OURS.iter().enumerate() {
            root.put(&format!("/sys/class/net/{name}/ifindex"), &format!("{n}\n"));
        }
        root
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.0.join(&path[1..]);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    /// A unit's file, and the link that `systemctl enable` makes in a target.
    fn enable(&self, file: &str, text: &str, unit: &str) {
        self.put(&format!("/etc/systemd/system/{file}"), text);
        let wants = self.0.join("etc/systemd/system/multi-user.target.wants");
        fs::create_dir_all(&wants).expect("a directory");
        let to = Path::new("/etc/systemd/system").join(file);
        std::os::unix::fs::symlink(to, wants.join(unit)).expect("a link");
    }

    fn process(&self, pid: u32, group: &str, words: &[&str]) {
        let (place, program) = (format!("/proc/{pid}"), words[0]);
        self.put(&format!("{place}/comm"), &format!("{program}\n"));
        self.put(&format!("{place}/cmdline"), &(words.join("\0") + "\0"));
        self.put(&format!("{place}/cgroup"), &format!("0::{group}\n"));
    }

    fn machine(&self) -> Machine {
        Machine::at(self.0.to_str().expect("a path in UTF-8"))
    }

    fn findings(&self) -> Vec<String> {
        let machine = self.machine();
        let mut found = Vec::new();
        conflicts(&machine, &OURS, &mut |_, place, what, cure| {
            found.push(format!("{place}: {what}: {cure}"));
        });
        found
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const OURS: [&str; 4] = ["bond0", "wlan0", "wlan1", "eth0"];

fn unit(run: &str) -> String {
    format!("[Unit]\nDescription=x\n[Service]\nType=oneshot\nRemainAfterExit=yes\n{run}\n")
}

/// The units of the wiki page, as it has people name and enable them, and whom each concerns.
#[test]
fn units_of_the_old_ways_are_found() {
    let master = unit(
        "ExecStart=/usr/bin/ip link add %i type bond mode active-backup miimon 100\nExecStart=/usr/bin/ip link set %i up\nExecStop=/usr/bin/ip link delete %i",
    );
    // A hard link a member, named MEMBER@MASTER.
    let slave =
        unit("ExecStart=/usr/bin/ip link set %p down\nExecStart=/usr/bin/ip link set %p master %i");
    let supplicant = unit(
        "ExecStart=/usr/bin/wpa_supplicant -D nl80211,wext -i %I -c /etc/wpa_supplicant/%j-%I.conf",
    );
    let dhclient = unit("ExecStartPre=/usr/bin/sleep 8\nExecStart=/usr/bin/dhclient -d %I");
    let dhcp6c = unit("ExecStart=/usr/bin/dhcp6c -f -c /etc/wide-dhcpv6/dhcp6c.conf %I");
    let fixed = unit(
        "EnvironmentFile=/etc/conf.d/network.conf\nExecStart=/bin/sh -c 'for a in ${ADDRS}; do ip addr add $a dev %i; done'",
    );
    let script = unit("ExecStart=/usr/local/bin/network.sh start %i");
    let shell = unit("ExecStart=/bin/sh -c 'echo +wlan1 >/sys/class/net/bond0/bonding/slaves'");
    let lines = unit("ExecStart=/usr/bin/iw \\\n  dev wlan0 \\\n  set power_save off");
    let cases: [(&str, &str, &str, &str); 14] = [
        ("master@.service", &master, "master@bond0.service", "bond0"),
        (
            "wlan0@bond0.service",
            &slave,
            "wlan0@bond0.service",
            "bond0, wlan0",
        ),
        ("eth0@.service", &slave, "eth0@bond0.service", "bond0, eth0"),
        (
            "slave@.service",
            &script,
            r"slave@wlan0\x2dbond0.service",
            "bond0, wlan0",
        ),
        (
            "bond0-supplicant@.service",
            &supplicant,
            "bond0-supplicant@wlan0.service",
            "bond0, wlan0",
        ),
        (
            "supplicant@.service",
            &supplicant,
            "supplicant@wlan1.service",
            "wlan1",
        ),
        (
            "dhclient@.service",
            &dhclient,
            "dhclient@bond0.service",
            "bond0",
        ),
        ("dhcp6c@.service", &dhcp6c, "dhcp6c@eth0.service", "eth0"),
        ("static@.service", &fixed, "static@eth0.service", "eth0"),
        ("static@.service", &script, "static@bond0.service", "bond0"),
        ("my-bond.service", &shell, "my-bond.service", "bond0, wlan1"),
        ("powersave.service", &lines, "powersave.service", "wlan0"),
        (
            "wpa_supplicant@.service",
            &unit(
                "ExecStart=/usr/bin/wpa_supplicant -c/etc/wpa_supplicant/wpa_supplicant-%I.conf -i%I",
            ),
            "wpa_supplicant@wlan1.service",
            "wlan1",
        ),
        (
            "netctl-ifplugd@.service",
            &unit("ExecStart=/usr/bin/ifplugd -i %I -r /etc/ifplugd/netctl.action -bfIns"),
            "netctl-ifplugd@eth0.service",
            "eth0",
        ),
    ];
    for (n, (file, text, name, whose)) in cases.iter().enumerate() {
        let root = Root::new(&format!("unit{n}"));
        root.enable(file, text, name);
        let expected = format!(
            "{whose}: {name} handles it too, and the next boot starts it: `systemctl disable --now '{name}'`"
        );
        assert_eq!(root.findings(), [expected]);
    }
}

/// The timer is what is enabled; the service is what it starts.
#[test]
fn timers_of_the_old_ways_are_found() {
    let root = Root::new("timer");
    let timer = "[Timer]\nOnActiveSec=8\n[Install]\nWantedBy=multi-user.target\n";
    root.enable("dhclient@.timer", timer, "dhclient@bond0.timer");
    root.put(
        "/etc/systemd/system/dhclient@.service",
        &unit("ExecStart=/usr/bin/dhclient -d %I"),
    );
    let named = "[Timer]\nOnBootSec=1min\nUnit=lease.service\n";
    root.enable("again.timer", named, "again.timer");
    root.put(
        "/etc/systemd/system/lease.service",
        &unit("ExecStart=/usr/bin/udhcpc -i eth0"),
    );
    let found = root.findings();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("eth0: again.timer handles it too"),
        "{found:?}"
    );
    let cure =
        "`systemctl disable --now 'dhclient@bond0.timer'; systemctl stop 'dhclient@bond0.service'`";
    assert!(
        found[1].starts_with("bond0: dhclient@bond0.timer") && found[1].ends_with(cure),
        "{found:?}"
    );
}

#[test]
fn profiles_of_netctl_are_found() {
    let root = Root::new("netctl");
    let runs = unit("ExecStart=/usr/lib/netctl/network start %I");
    root.put(
        "/etc/netctl/bond-home",
        "Interface='bond0'\nConnection=bond\nBindsToInterfaces=('wlan0' \"wlan1\")\nIP=static\n",
    );
    root.enable("netctl@.service", &runs, r"netctl@bond\x2dhome.service");
    let found = root.findings();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("bond0, wlan0, wlan1: netctl@"),
        "{found:?}"
    );
    assert!(
        found[0].ends_with("`netctl stop bond-home; netctl disable bond-home`"),
        "{found:?}"
    );
}

#[test]
fn processes_are_found_with_what_ends_them() {
    let cases: [(&str, &[&str], &str); 6] = [
        (
            "/user.slice/user-1000.slice/session-1.scope",
            &["dhclient", "-4", "-d", "wlan0"],
            "wlan0: dhclient asks for a lease there too: `kill 4711`",
        ),
        (
            "/system.slice/system-dhclient.slice/dhclient@bond0.service",
            &["dhclient", "-d", "bond0"],
            "bond0: dhclient asks for a lease there too: `systemctl disable --now dhclient@bond0.service`",
        ),
        (
            "/",
            &["udhcpc", "-i", "eth0"],
            "eth0: udhcpc asks for a lease there too: `kill 4711`",
        ),
        (
            "/",
            &["wpa_supplicant", "-B", "-iwlan1", "-c/etc/w.conf"],
            "wlan1: another wpa_supplicant runs on it: `kill 4711`",
        ),
        (
            "/",
            &["dhcpcd", "-q", "eth0"],
            "eth0: dhcpcd asks for a lease there too: `kill 4711`",
        ),
        (
            "/",
            &["ifplugd", "-i", "eth0", "-bfIns"],
            "eth0: ifplugd starts netctl's profiles on it: `kill 4711`",
        ),
    ];
    for (n, (group, words, expected)) in cases.iter().enumerate() {
        let root = Root::new(&format!("process{n}"));
        root.process(4711, group, words);
        assert_eq!(root.findings(), [*expected]);
    }
}

#[test]
fn managers_of_every_interface_are_found() {
    for program in ["dhcpcd", "connmand", "iwd"] {
        let root = Root::new(program);
        root.process(4711, "/", &[program]);
        let found = root.findings();
        assert_eq!(found.len(), 1, "{program}: {found:?}");
        assert!(found[0].contains("keep-off install"), "{found:?}");
    }
    let root = Root::new("networkd");
    root.put("/run/systemd/netif/links/1", "ADMIN_STATE=configured\n");
    root.put("/run/NetworkManager/devices/3", "[device]\nmanaged=true\n");
    let found = root.findings();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("wlan0: systemd-networkd manages it"));
    assert!(found[1].starts_with("eth0: NetworkManager manages it"));
}

/// One process of a unit that is named already is not told a second time.
#[test]
fn a_unit_and_its_process_are_one_finding() {
    let root = Root::new("both");
    let runs = unit("ExecStart=/usr/bin/dhclient -d %I");
    root.enable("dhclient@.service", &runs, "dhclient@bond0.service");
    let group = "/system.slice/dhclient@bond0.service";
    root.process(4711, group, &["dhclient", "-d", "bond0"]);
    assert_eq!(root.findings().len(), 1, "{:?}", root.findings());
}

/// What others have on interfaces of theirs, or only look at ours, is none of our business.
#[test]
fn nothing_is_found_where_all_is_well() {
    let root = Root::new("well");
    root.put("/run/systemd/netif/links/0", "ADMIN_STATE=unmanaged\n");
    root.put("/run/NetworkManager/devices/1", "[device]\nmanaged=false\n");
    root.put(
        "/etc/dhcpcd.conf",
        "denyinterfaces bond0 br0 eth0 wl* wifi*\n",
    );
    let unit = |run: &str| unit(&format!("ExecStart={run}"));
    let enabled = [
        ("wifibond.service", unit("/usr/bin/wifibond run")),
        ("sshd.service", unit("/usr/bin/sshd -D")),
        ("vnstat@eth0.service", unit("/usr/bin/vnstatd -i eth0")),
        ("monitor.service", unit("/usr/bin/ip monitor dev wlan0")),
        ("dhclient@eth1.service", unit("/usr/bin/dhclient -d eth1")),
        ("wg-quick@wg0.service", unit("/usr/bin/wg-quick up wg0")),
        ("getty@tty1.service", unit("/sbin/agetty tty1")),
        (
            "wpa_supplicant.service",
            unit("/usr/bin/wpa_supplicant -u -s -O /run/wpa_supplicant"),
        ),
        (
            "systemd-networkd-wait-online@wlan0.service",
            unit("/usr/lib/systemd/systemd-networkd-wait-online -i wlan0"),
        ),
        (
            "netctl@other.service",
            unit("/usr/lib/netctl/network start other"),
        ),
    ];
    for (name, text) in &enabled {
        root.enable(name, text, name);
    }
    // Disabled: its file is there, and nothing wants it.
    root.put(
        "/etc/systemd/system/master@.service",
        &unit("/usr/bin/ip link add %i type bond"),
    );
    root.put("/etc/netctl/other", "Interface=eth7\n# Interface=wlan0\n");
    let ours = "/run/wifibond/wlan0.conf";
    let processes: [&[&str]; 6] = [
        &["wpa_supplicant", "-i", "wlan0", "-D", "nl80211", "-c", ours],
        &["wpa_supplicant", "-u", "-s", "-O", "/run/wpa_supplicant"],
        &["dhclient", "-d", "xwlan0"],
        &["dhcpcd"],
        &["connmand", "-n", "-I", "bond0,br0,eth0,wl*,wifi*"],
        &["iwd", "-I", "bond0,eth0,wl*,wifi*"],
    ];
    for (n, words) in (100..).zip(processes) {
        root.process(n, "/system.slice/wifibond.service", words);
    }
    assert_eq!(root.findings(), [""; 0]);
}

#[test]
fn names_of_profiles_are_read_back() {
    assert_eq!(unescaped(r"wlan0\x2dHotspot"), "wlan0-Hotspot");
    assert_eq!(unescaped(r"a\x2"), r"a\x2");
}
