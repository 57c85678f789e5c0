//! Units of systemd that manage interfaces of the daemon, and that the next boot starts: found by
//! their commands and by their names.
//!
//! Set-ups before wifibond had units with names of all kinds: `master@bond0`, `enp3s0@bond0` (a
//! hard link of `slave@`), `bond0-supplicant@wlan0`, `dhclient@bond0.timer`, `static@br0`. So all
//! parts of a name are compared, and commands after their specifiers (systemd.unit(5)) are
//! expanded.
use super::Find;
use super::finding::MANAGER;
use super::machine::{Machine, insert, unescaped};

/// Where units may be enabled.
const ENABLED: [&str; 2] = ["/etc/systemd/system", "/run/systemd/system"];
/// Where their files are, in order of precedence (systemd.unit(5)).
const FILES: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// Programs that change interfaces whatever their arguments are.
const PROGRAMS: [&str; 15] = [
    "brctl",
    "dhclient",
    "dhcp6c",
    "dhcpcd",
    "hostapd",
    "ifconfig",
    "ifenslave",
    "ifplugd",
    "ifup",
    "iwconfig",
    "netctl",
    "netctl-auto",
    "rtsol",
    "udhcpc",
    "wpa_supplicant",
];
/// `ip`, `iw` and `bridge` change something with one of these words, and only show without.
const CHANGES: [&str; 9] = [
    "add", "append", "change", "connect", "del", "delete", "flush", "replace", "set",
];
/// The last word before the '@' in the names of such set-ups, for units that run a script.
const TEMPLATES: [&str; 10] = [
    "dhclient",
    "dhcp",
    "dhcp6c",
    "dhcpcd",
    "ifplugd",
    "master",
    "slave",
    "static",
    "supplicant",
    "wpa_supplicant",
];

/// Returns the names of those found.
pub fn find(machine: &Machine, ours: &[&str], find: Find<'_>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for name in enabled(machine) {
        let Some(unit) = Unit::parse(&name) else {
            continue;
        };
        let names = handled(machine, &unit, ours);
        if names.is_empty() || told.contains(&name) {
            continue;
        }
        let service = format!("{}.service", unit.stem);
        let cure = match (unit.prefix, unit.kind) {
            ("netctl", _) => {
                let profile = unescaped(unit.instance);
                format!("`netctl stop {profile}; netctl disable {profile}`")
            }
            (_, "service") => format!("`systemctl disable --now '{name}'`"),
            _ => format!("`systemctl disable --now '{name}'; systemctl stop '{service}'`"),
        };
        let what = format!("{name} handles it too, and the next boot starts it");
        find(&MANAGER, &names.join(", "), &what, &cure);
        told.push(service);
        told.push(name);
    }
    told
}

/// Units that are enabled: wanted at boot, by a device, or at a time.
fn enabled(machine: &Machine) -> Vec<String> {
    let mut names = Vec::new();
    for place in ENABLED {
        for directory in machine.list(place) {
            if directory.ends_with(".wants") || directory.ends_with(".requires") {
                for name in machine.list(&format!("{place}/{directory}")) {
                    insert(&mut names, &name);
                }
            }
        }
    }
    names.retain(|name| !name.starts_with("wifibond"));
    names
}

/// A unit by the parts of its name.
struct Unit<'u> {
    /// `bond0-supplicant@wlan0`
    stem: &'u str,
    /// `bond0-supplicant`
    prefix: &'u str,
    /// `wlan0`, escaped; empty without '@'.
    instance: &'u str,
    kind: &'u str,
}

impl<'u> Unit<'u> {
    fn parse(name: &'u str) -> Option<Self> {
        let (stem, kind) = name.rsplit_once('.')?;
        let (prefix, instance) = stem.split_once('@').unwrap_or((stem, ""));
        matches!(kind, "service" | "timer" | "path").then_some(Unit {
            stem,
            prefix,
            instance,
            kind,
        })
    }

    /// Its file of this kind, by the precedence of systemd; a template's if it has none of its own.
    fn file(&self, machine: &Machine, kind: &str) -> Option<String> {
        let whole = format!("{}.{kind}", self.stem);
        let template = format!("{}@.{kind}", self.prefix);
        let read = |name: &str| {
            let mut texts = FILES
                .iter()
                .map(|place| machine.text(&format!("{place}/{name}")));
            texts.find_map(|text| text)
        };
        read(&whole).or_else(|| read(&template))
    }

    /// A line with its specifiers expanded.
    fn expanded(&self, line: &str) -> String {
        let mut out = String::new();
        let mut rest = line.chars();
        while let Some(c) = rest.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            match rest.next() {
                Some('i') => out.push_str(self.instance),
                Some('I') => out.push_str(&unescaped(self.instance)),
                Some('p') => out.push_str(self.prefix),
                Some('P') => out.push_str(&unescaped(self.prefix)),
                Some('j' | 'J') => out.push_str(last_part(self.prefix)),
                Some('n' | 'N') => out.push_str(self.stem),
                Some('%') => out.push('%'),
                // Those of the host, the user and so on name no interface.
                _ => {}
            }
        }
        out
    }

    fn name_has(&self, interface: &str) -> bool {
        let instance = unescaped(self.instance);
        self.prefix == interface
            || instance == interface
            || self.prefix.split('-').any(|part| part == interface)
            || instance.split('-').any(|part| part == interface)
    }
}

fn last_part(prefix: &str) -> &str {
    prefix.rsplit('-').next().unwrap_or(prefix)
}

/// The interfaces among `ours` that this unit manages.
fn handled<'o>(machine: &Machine, unit: &Unit<'_>, ours: &[&'o str]) -> Vec<&'o str> {
    let which = |test: &dyn Fn(&str) -> bool| -> Vec<&'o str> {
        ours.iter().copied().filter(|name| test(name)).collect()
    };
    if unit.prefix == "netctl" {
        let profile = format!("/etc/netctl/{}", unescaped(unit.instance));
        let text = machine.text(&profile).unwrap_or_default();
        return which(&|name| profile_has(&text, name));
    }
    // A timer or a path starts the service of the same name, or the one that it names.
    let service = match unit.kind {
        "service" => None,
        kind => unit.file(machine, kind).and_then(|text| {
            let unit_line = text.lines().find_map(|line| line.strip_prefix("Unit="));
            unit_line.map(|name| unit.expanded(name.trim()))
        }),
    };
    let named = service.as_deref().and_then(Unit::parse);
    let service = named.as_ref().unwrap_or(unit);
    let text = service.file(machine, "service").unwrap_or_default();
    let lines: Vec<String> = commands(&text)
        .iter()
        .map(|line| service.expanded(line))
        .collect();
    let changes = lines.iter().any(|line| changes_interfaces(line));
    let is_template = !unit.instance.is_empty() && TEMPLATES.contains(&last_part(unit.prefix));
    if !changes && !is_template {
        return Vec::new();
    }
    which(&|name| {
        let in_a_line = |line: &String| words(line).any(|word| word == name);
        unit.name_has(name) || service.name_has(name) || lines.iter().any(in_a_line)
    })
}

/// The commands of `ExecStart*=`; a line that ends in a backslash is continued in the next.
fn commands(text: &str) -> Vec<String> {
    let text = text.replace("\\\n", " ");
    let lines = text.lines().map(str::trim);
    let runs = |line: &str| {
        let (key, value) = line.split_once('=')?;
        key.trim().starts_with("ExecStart").then(|| value.into())
    };
    lines.filter_map(runs).collect()
}

/// The words of a command line, also of one in a shell's argument: values of `-i` without the
/// option, paths in their parts.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let parts = line.split(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)));
    parts
        .filter(|word| !word.is_empty())
        .flat_map(|word| [Some(word), word.strip_prefix("-i")])
        .flatten()
}

fn changes_interfaces(line: &str) -> bool {
    let has = |list: &[&str]| words(line).any(|word| list.contains(&word));
    has(&PROGRAMS)
        || (has(&["ip", "iw", "bridge"]) && has(&CHANGES))
        // Members and options of a bond in sysfs.
        || line.contains("/bonding/")
}

/// A netctl profile's `Interface=` and, of a bond or bridge, `BindsToInterfaces=`.
fn profile_has(profile: &str, name: &str) -> bool {
    let values = profile.lines().filter_map(|line| {
        let (key, value) = line.trim().split_once('=')?;
        matches!(key, "Interface" | "BindsToInterfaces").then_some(value)
    });
    let separators = |c: char| c.is_whitespace() || "'\"()".contains(c);
    let mut names = values.flat_map(|value| value.split(separators));
    names.any(|word| word == name)
}
