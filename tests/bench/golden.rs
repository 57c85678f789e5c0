//! The golden messages of DHCP: what dhclient, udhcpc and dhcpcd say to dnsmasq and to
//! ISC's server, and what those answer. Prints a line `golden FOLDER NAME HEX` for each;
//! tests/fuzz/golden makes files of them, which tests and the fuzzer read.

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
#[path = "../lab/mod.rs"]
mod lab;

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
mod inside {
    use crate::lab::scene::GATEWAY;
    use crate::lab::{Lab, Namespace, Process, wait_until};
    use std::path::Path;
    use std::time::Duration;

    /// Of another network: asked for first, and refused.
    const OLD_LEASE: &str = "lease { interface \"eth0\"; fixed-address 10.1.1.1;\n\
        option subnet-mask 255.0.0.0; option dhcp-lease-time 99999999;\n\
        option dhcp-server-identifier 10.1.1.2; renew 6 2037/01/01 00:00:00;\n\
        rebind 6 2037/01/01 00:00:00; expire 6 2037/01/01 00:00:00; }\n";
    const DHCLIENT: &str = "-cf /dev/null -sf /tmp/bound -pf /tmp/pid eth0";
    /// What a client calls: the address is set, so that a release can be sent from it.
    const SCRIPT: &str = "#!/bin/sh\n\
        [ \"$reason\" != BOUND ] || /bin/ip address add $new_ip_address/24 dev $interface\n\
        [ \"$1\" != bound ] || /bin/ip address add $ip/24 dev $interface\n\
        [ \"$reason\" != BOUND6 ] || /bin/ip address add $new_ip6_address/128 dev $interface\n\
        exit 0\n";
    const KINDS4: [&str; 8] = [
        "", "discover", "offer", "request", "decline", "ack", "nak", "release",
    ];
    const KINDS6: [&str; 10] = [
        "",
        "solicit",
        "advertise",
        "request",
        "confirm",
        "renew",
        "rebind",
        "reply",
        "release",
        "decline",
    ];

    fn shell(ns: &Namespace, line: &str) {
        let line = format!("timeout 40 {line}");
        // dhcpcd ends with an error where it may not write what it learned.
        if let Err(e) = ns.attempt("sh", &["-c", &line]) {
            eprintln!("{e}");
        }
    }

    pub fn run() {
        let lab = Lab::new();
        let lan = lab.lan(&format!("{GATEWAY}/24"));
        let pi = lab.pi();
        let _cable = lab.cable(&lan, &pi, "eth0");
        pi.ns.ip("link set eth0 up");
        std::fs::write(pi.ns.path("/tmp/bound"), SCRIPT).expect("a script");
        pi.ns.run("chmod", &["+x", "/tmp/bound"]);
        let file = Path::new("/tmp/golden.pcap");
        for server in ["dnsmasq", "dhcpd"] {
            match server {
                "dnsmasq" => lan.serve_dhcp("192.168.43.100,192.168.43.110,255.255.255.0,1h"),
                _ => lan.serve_isc(
                    "authoritative; subnet 192.168.43.0 netmask 255.255.255.0 { \
                     range 192.168.43.100 192.168.43.110; option routers 192.168.43.1; \
                     option interface-mtu 1400; option domain-name-servers 9.9.9.9; }",
                ),
            }
            for client in ["dhclient", "udhcpc", "dhcpcd"] {
                let name = format!("{client}-{server}");
                capture(&lan.ns, file, &name, || match client {
                    "dhclient" => {
                        std::fs::write(pi.ns.path("/tmp/leases"), OLD_LEASE).expect("a file");
                        shell(
                            &pi.ns,
                            &format!("dhclient -4 -1 -lf /tmp/leases {DHCLIENT}"),
                        );
                        shell(
                            &pi.ns,
                            &format!("dhclient -4 -r -lf /tmp/leases {DHCLIENT}"),
                        );
                    }
                    "udhcpc" => shell(&pi.ns, "busybox udhcpc -i eth0 -q -n -R -f -s /tmp/bound"),
                    _ => shell(&pi.ns, "dhcpcd -4 -1 -A -B -f /dev/null -c /bin/true eth0"),
                });
                pi.ns.ip("-4 address flush dev eth0");
            }
            lan.stop_dhcp();
        }
        lan.serve_ipv6("fd00:43::1/64", "fd00:43::100,fd00:43::1ff,64,1h");
        capture(&lan.ns, file, "dhclient-dnsmasq", || {
            for what in ["-1", "-r"] {
                shell(
                    &pi.ns,
                    &format!("dhclient -6 {what} -lf /tmp/leases6 {DHCLIENT}"),
                );
            }
        });
    }

    /// Prints what went over the wire while `work` ran.
    fn capture(lan: &Namespace, file: &Path, name: &str, work: impl FnOnce()) {
        let mut command = lan.command("tcpdump");
        command
            .args(["-Z", "root", "-U", "-n", "-i", "br0", "-w"])
            .arg(file)
            .arg("udp");
        let log = format!("/tmp/golden-{name}.log");
        let dump = Process::start(command, Path::new(&log));
        dump.wait_log("listening on", Duration::from_secs(10));
        work();
        let mut before = 0;
        wait_until("a quiet wire", Duration::from_secs(20), || {
            let now = std::fs::metadata(file).map_or(0, |m| m.len());
            std::mem::replace(&mut before, now) == now && now > 24
        });
        drop(dump);
        let bytes = std::fs::read(file).expect("a capture");
        let mut rest = &bytes[24..];
        while rest.len() > 16 {
            let length = u32::from_le_bytes(rest[8..12].try_into().expect("four")) as usize;
            print(&rest[16..16 + length], name);
            rest = &rest[16 + length..];
        }
    }

    /// One Ethernet frame with UDP in it.
    fn print(frame: &[u8], name: &str) {
        let six = frame[12..14] == [0x86, 0xdd];
        let udp = match six {
            true => &frame[54..],
            false => &frame[14 + usize::from(frame[14] & 15) * 4..],
        };
        let port = u16::from_be_bytes([udp[2], udp[3]]);
        let message = &udp[8..usize::from(u16::from_be_bytes([udp[4], udp[5]]))];
        let hex: String = message.iter().map(|byte| format!("{byte:02x}")).collect();
        match (six, port) {
            (false, 67 | 68) => {
                let mut options = &message[240..];
                while options[0] != 53 {
                    options = &options[2 + usize::from(options[1])..];
                }
                let kind = KINDS4[usize::from(options[2])];
                println!("golden dhcp4 {name}-{kind} {hex}");
            }
            (true, 546 | 547) => {
                let kind = KINDS6[usize::from(message[0])];
                println!("golden dhcp6 {name}-{kind} {hex}");
            }
            _ => {}
        }
    }
}

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
fn main() {
    inside::run();
}

#[cfg(not(all(target_arch = "aarch64", target_env = "musl")))]
fn main() {
    panic!("this runs inside the virtual machine only, which has the servers");
}
