//! Network managers whose state files have the interfaces that they manage.
use super::Find;
use super::finding::MANAGER;
use super::machine::Machine;

/// The interface's index.
fn index(machine: &Machine, name: &str) -> Option<String> {
    let index = machine.text(&format!("/sys/class/net/{name}/ifindex"))?;
    Some(index.trim().into())
}

/// systemd-networkd: its state of each link in /run/systemd/netif/links
/// (src/libsystemd/sd-network/sd-network.h).
pub fn networkd(machine: &Machine, name: &str, find: Find<'_>) {
    let state = index(machine, name)
        .and_then(|number| machine.text(&format!("/run/systemd/netif/links/{number}")));
    let Some(state) = state else {
        return;
    };
    let managed = state
        .lines()
        .filter_map(|line| line.strip_prefix("ADMIN_STATE="))
        .any(|state| !matches!(state, "unmanaged" | "pending" | "initialized" | "linger"));
    if managed {
        find(
            &MANAGER,
            name,
            "systemd-networkd manages it too",
            "name it in a file as /usr/lib/systemd/network/05-wifibond.network, then `networkctl reload`",
        );
    }
}

/// NetworkManager: its state of each device in /run/NetworkManager/devices
/// (src/core/nm-config.c).
pub fn network_manager(machine: &Machine, name: &str, find: Find<'_>) {
    let state = index(machine, name)
        .and_then(|number| machine.text(&format!("/run/NetworkManager/devices/{number}")));
    let Some(state) = state else {
        return;
    };
    if state.lines().any(|line| line.trim() == "managed=true") {
        find(
            &MANAGER,
            name,
            "NetworkManager manages it too",
            "name it in a file as /usr/lib/NetworkManager/conf.d/05-wifibond.conf, then `systemctl reload NetworkManager`",
        );
    }
}
