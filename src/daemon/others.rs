//! Other network managers: who else has a hand on our interfaces? For `doctor`, which looks
//! as root from a process of its own.
use crate::system::files;

const MOST_BYTES: usize = 64 * 1024;
/// Named in a unit's instance, as in `dhclient@eth0`: it handles that interface.
const TEMPLATES: [&str; 11] = [
    "dhclient@",
    "dhcp6c@",
    "dhcpcd@",
    "dhcp@",
    "master@",
    "netctl-auto@",
    "netctl-ifplugd@",
    "slave@",
    "static@",
    "supplicant@",
    "wpa_supplicant@",
];
const UNITS: &str = "/etc/systemd/system";

fn text(path: &str) -> Option<String> {
    let bytes = files::read(path, MOST_BYTES).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Each finding: what it is about, what is wrong, what to do.
pub type Find<'f> = &'f mut dyn FnMut(&str, &str);

/// Looks for all of them. `ours` are the names of our interfaces.
pub fn find(ours: &[&str], find: Find<'_>) {
    for name in ours {
        networkd(name, find);
        network_manager(name, find);
    }
    processes(ours, find);
    units(ours, find);
}

fn index(name: &str) -> Option<String> {
    let index = text(&format!("/sys/class/net/{name}/ifindex"))?;
    Some(index.trim().into())
}

/// systemd-networkd tells in /run what it does with each interface (sd-network(3)).
fn networkd(name: &str, find: Find<'_>) {
    let Some(state) = index(name).and_then(|n| text(&format!("/run/systemd/netif/links/{n}")))
    else {
        return;
    };
    let managed = state
        .lines()
        .filter_map(|line| line.strip_prefix("ADMIN_STATE="))
        .any(|state| !matches!(state, "unmanaged" | "pending" | "initialized" | "linger"));
    if managed {
        find(
            name,
            "systemd-networkd manages it too: name it in a file as /usr/lib/systemd/network/05-wifibond.network, then `networkctl reload`",
        );
    }
}

/// So does NetworkManager (its src/core/nm-config.c, run state of devices).
fn network_manager(name: &str, find: Find<'_>) {
    let Some(state) = index(name).and_then(|n| text(&format!("/run/NetworkManager/devices/{n}")))
    else {
        return;
    };
    if state.lines().any(|line| line.trim() == "managed=true") {
        find(
            name,
            "NetworkManager manages it too: name it in a file as /usr/lib/NetworkManager/conf.d/05-wifibond.conf, then `systemctl reload NetworkManager`",
        );
    }
}

/// The words a process was started with; nothing for a thread of the kernel.
fn command_line(pid: &str) -> Vec<String> {
    let line = text(&format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split('\0').filter(|word| !word.is_empty());
    words.map(Into::into).collect()
}

fn processes(ours: &[&str], find: Find<'_>) {
    let _ = files::list("/proc", &mut |pid| {
        if !pid.bytes().all(|c| c.is_ascii_digit()) {
            return;
        }
        let comm = text(&format!("/proc/{pid}/comm")).unwrap_or_default();
        let words = || command_line(pid);
        let ignores = |words: &[String]| {
            words.iter().any(|w| {
                w == "-I" || w.starts_with("--nodevice") || w.starts_with("--nointerfaces")
            })
        };
        match comm.trim() {
            "dhcpcd" => dhcpcd(ours, &words(), find),
            program @ ("dhclient" | "udhcpc" | "dhcp6c") => {
                for name in named(ours, &words()) {
                    find(
                        name,
                        &format!("{program} (process {pid}) asks for a lease there too: stop it"),
                    );
                }
            }
            "wpa_supplicant" => {
                let words = words();
                let foreign = !words.iter().any(|word| word.starts_with(super::RUN_DIR));
                for name in named(ours, &words).filter(|_| foreign) {
                    find(
                        name,
                        &format!("another wpa_supplicant (process {pid}) runs on it: stop it"),
                    );
                }
            }
            "connmand" if !ignores(&words()) => find(
                "ConnMan",
                "it takes every interface: run `/usr/lib/wifibond/keep-off install` and restart it",
            ),
            "iwd" if !ignores(&words()) => find(
                "iwd",
                "it takes every Wi-Fi adapter: run `/usr/lib/wifibond/keep-off install` and restart it",
            ),
            _ => {}
        }
    });
}

fn named<'o>(ours: &'o [&str], words: &'o [String]) -> impl Iterator<Item = &'o str> {
    let is_named = |name: &&&str| {
        let mut words = words.iter().skip(1);
        words.any(|word| word == **name || word.strip_prefix("-i") == Some(**name))
    };
    ours.iter().filter(is_named).copied()
}

fn dhcpcd(ours: &[&str], words: &[String], find: Find<'_>) {
    // Its helper processes say what they are in place of arguments.
    if words.is_empty() || words.iter().any(|word| word.starts_with('[')) {
        return;
    }
    let named = named(ours, words).next();
    let denied = text("/etc/dhcpcd.conf").is_some_and(|conf| {
        conf.lines().any(|line| {
            (line.starts_with("denyinterfaces") && line.contains("bond0"))
                || line.starts_with("allowinterfaces")
        })
    });
    if let Some(name) = named {
        find(name, "dhcpcd asks for a lease there too: stop it");
    } else if !denied {
        find(
            "dhcpcd",
            "it takes every interface: run `/usr/lib/wifibond/keep-off install` and restart it",
        );
    }
}

/// Units of the old ways that the next boot starts.
fn units(ours: &[&str], find: Find<'_>) {
    let mut look = |directory: &str| {
        let _ = files::list(&format!("{UNITS}/{directory}"), &mut |unit| {
            let Some(stem) = unit.strip_suffix(".service") else {
                return;
            };
            let name = match stem.strip_prefix("netctl@") {
                Some(profile) => text(&format!("/etc/netctl/{}", unescaped(profile)))
                    .and_then(|profile| interface_of(&profile)),
                None => TEMPLATES
                    .iter()
                    .find_map(|template| stem.strip_prefix(template))
                    .map(Into::into),
            };
            if let Some(name) = name.filter(|name| ours.contains(&name.as_str())) {
                find(
                    &name,
                    &format!("{unit} is enabled for it: `systemctl disable --now {unit}`"),
                );
            }
        });
    };
    let mut directories: Vec<String> = Vec::new();
    let _ = files::list(UNITS, &mut |name| {
        if name.ends_with(".wants") || name.ends_with(".requires") {
            directories.push(name.into());
        }
    });
    directories.iter().for_each(|directory| look(directory));
}

/// A name as systemd-escape(1) writes it, read back.
fn unescaped(name: &str) -> String {
    let mut out = Vec::new();
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = match tail {
            [b'x', high, low, ..] if *first == b'\\' => {
                let digits = [*high, *low];
                let digits = core::str::from_utf8(&digits).unwrap_or("");
                u8::from_str_radix(digits, 16).ok()
            }
            _ => None,
        };
        match code {
            Some(code) => out.push(code),
            None => out.push(*first),
        }
        rest = rest
            .get(if code.is_some() { 4 } else { 1 }..)
            .unwrap_or(&[]);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A netctl profile's `Interface=`.
fn interface_of(profile: &str) -> Option<String> {
    let value = profile
        .lines()
        .find_map(|line| line.trim().strip_prefix("Interface="))?;
    Some(value.trim_matches(['"', '\'']).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_names_its_interface() {
        let profile = "Description='x'\nInterface='wlan0'\nConnection=wireless\n";
        assert_eq!(interface_of(profile).as_deref(), Some("wlan0"));
        assert_eq!(interface_of("# Interface=eth0\n"), None);
    }

    #[test]
    fn names_of_profiles_are_read_back() {
        assert_eq!(unescaped(r"wlan0\x2dHotspot"), "wlan0-Hotspot");
        assert_eq!(unescaped(r"a\x2"), r"a\x2");
    }

    #[test]
    fn only_whole_arguments_name_an_interface() {
        let words: Vec<String> = ["dhclient", "-iwlan1", "eth0", "xwlan0"]
            .map(Into::into)
            .into();
        let found: Vec<&str> = named(&["eth0", "wlan0", "wlan1"], &words).collect();
        assert_eq!(found, ["eth0", "wlan1"]);
    }
}
