//! The network behind the access point: a bridge, its gateway address, a DHCP server
//! if wanted, and cables to a Pi.

use super::{Namespace, Process, Thing};
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub const BRIDGE: &str = "br0";
/// A port that leads nowhere: where the frames of a dead station end.
pub const SINK: &str = "sink";

pub struct Lan {
    pub ns: Rc<Namespace>,
    /// Without the prefix length.
    pub gateway: String,
    dhcp: RefCell<Option<Process>>,
    router: RefCell<Option<Process>>,
    dir: PathBuf,
}

impl Lan {
    pub fn new(name: &str, address: &str, dir: &Path) -> Lan {
        let ns = Namespace::new(name, &[]);
        // Without an address of its own it would take that of one of its ports, and change it
        // with them.
        let number: u32 = name
            .trim_start_matches(char::is_alphabetic)
            .parse()
            .unwrap_or(0);
        ns.ip(&format!(
            "link add {BRIDGE} address 02:cc:00:00:00:{number:02x} type bridge forward_delay 0"
        ));
        ns.ip(&format!("link add {SINK} master {BRIDGE} type dummy"));
        ns.ip(&format!("address add {address} dev {BRIDGE}"));
        ns.ip(&format!("link set {BRIDGE} up"));
        ns.ip(&format!("link set {SINK} up"));
        let gateway = address.split('/').next().unwrap_or(address).to_owned();
        Lan {
            ns,
            gateway,
            dhcp: RefCell::default(),
            router: RefCell::default(),
            dir: dir.to_owned(),
        }
    }

    /// A DHCP server that gives addresses from `range`, for example
    /// `192.168.43.100,192.168.43.110,2m`.
    #[track_caller]
    pub fn serve_dhcp(&self, range: &str) {
        self.serve_dhcp_with(range, &[]);
    }

    /// The same with more words for dnsmasq.
    #[track_caller]
    pub fn serve_dhcp_with(&self, range: &str, more: &[&str]) {
        self.serve(
            range,
            &[&["--no-ping", "--dhcp-authoritative"], more].concat(),
        );
    }

    /// As dnsmasq does by default: it tries an address for three seconds before it offers it.
    #[track_caller]
    pub fn serve_dhcp_by_default(&self, range: &str) {
        self.serve(range, &[]);
    }

    #[track_caller]
    fn serve(&self, range: &str, more: &[&str]) {
        let leases = self.dir.join(format!("{}.leases", self.ns.name));
        let mut command = self.ns.command("dnsmasq");
        command.args([
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--port=0",
            "--user=root",
            "--group=root",
        ]);
        command.args(["--log-facility=-", "--log-dhcp", "--bind-interfaces"]);
        // It serves no names itself: others do.
        command.arg("--dhcp-option=option:dns-server,9.9.9.9,149.112.112.112");
        command.arg("--dhcp-option=option:domain-name,lan.example");
        command.arg("--dhcp-option=option:ntp-server,192.168.43.7");
        command.arg(format!("--interface={BRIDGE}"));
        command.arg(format!("--dhcp-range={range}"));
        command.args(more);
        command.arg(format!("--dhcp-leasefile={}", leases.display()));
        command.arg("--pid-file=");
        let server = Process::start(command, &self.dir.join(format!("{}.dnsmasq", self.ns.name)));
        server.wait_log("IP range", std::time::Duration::from_secs(10));
        self.dhcp.replace(Some(server));
    }

    /// A router that advertises, and a DHCPv6 server: dnsmasq with this range, for example
    /// `fd00:43::100,fd00:43::1ff,64,2m` or `fd00:43::,ra-stateless,64`.
    #[track_caller]
    pub fn serve_ipv6(&self, address: &str, range: &str) {
        self.ns
            .ip(&format!("address replace {address} dev {BRIDGE} nodad"));
        // Its neighbour advertisements say that it is a router: without that a host forgets the
        // default route (RFC 4861, 7.2.5).
        self.ns
            .run("sysctl", &["-w", "net.ipv6.conf.all.forwarding=1"]);
        let path = |end: &str| self.dir.join(format!("{}.{end}", self.ns.name));
        let mut command = self.ns.command("dnsmasq");
        command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--port=0"]);
        command.args([
            "--user=root",
            "--group=root",
            "--log-facility=-",
            "--log-dhcp",
        ]);
        command.args(["--bind-interfaces", "--enable-ra", "--pid-file="]);
        command.arg("--dhcp-option=option6:dns-server,[fd00:43::53]");
        command.arg("--dhcp-option=option6:domain-search,six.example");
        command.arg("--dhcp-option=option6:ntp-server,[fd00:43::7]");
        command.arg(format!("--interface={BRIDGE}"));
        command.arg(format!("--dhcp-range={range}"));
        command.arg(format!("--dhcp-leasefile={}", path("leases6").display()));
        let server = Process::start(command, &path("dnsmasq6"));
        server.wait_log("router advertisement", std::time::Duration::from_secs(10));
        self.router.replace(Some(server));
    }

    /// ISC's DHCPv6 server, and nobody who advertises.
    #[track_caller]
    pub fn serve_isc6(&self, address: &str, range: &str, seconds: u32) {
        self.ns
            .ip(&format!("address replace {address} dev {BRIDGE} nodad"));
        let path = |end: &str| self.dir.join(format!("{}.{end}", self.ns.name));
        let leases = path("dhcpd6-leases");
        std::fs::write(&leases, "").expect("a file for leases");
        let text = format!(
            "default-lease-time {seconds};\npreferred-lifetime {seconds};\n\
             option dhcp6.name-servers fd00:43::53;\nsubnet6 fd00:43::/64 {{ range6 {range}; }}\n"
        );
        std::fs::write(path("dhcpd6"), text).expect("dhcpd's file");
        let mut command = self.ns.command("dhcpd");
        command.args([
            "-6", "-f", "-d", "-user", "root", "-group", "root", "--no-pid",
        ]);
        command.arg("-cf").arg(path("dhcpd6"));
        command.arg("-lf").arg(leases).arg(BRIDGE);
        let server = Process::start(command, &path("dhcpd6-log"));
        server.wait_log(
            "Server starting service",
            std::time::Duration::from_secs(10),
        );
        self.router.replace(Some(server));
    }

    pub fn router_log(&self) -> String {
        let router = self.router.borrow();
        router.as_ref().map(Process::log).unwrap_or_default()
    }

    pub fn stop_router(&self) {
        self.router.replace(None);
    }

    /// ISC's server, with no authority: silent about addresses that it did not give. Its
    /// networks as dhcpd.conf(5) has them.
    #[track_caller]
    pub fn serve_isc(&self, networks: &str) {
        let path = |end: &str| self.dir.join(format!("{}.{end}", self.ns.name));
        let leases = path("dhcpd-leases");
        std::fs::write(&leases, "").expect("a file for leases");
        let text = format!("default-lease-time 3600;\nmax-lease-time 3600;\n{networks}\n");
        std::fs::write(path("dhcpd"), text).expect("dhcpd's file");
        let mut command = self.ns.command("dhcpd");
        command.args([
            "-4", "-f", "-d", "-user", "root", "-group", "root", "--no-pid",
        ]);
        command.arg("-cf").arg(path("dhcpd"));
        command.arg("-lf").arg(leases).arg(BRIDGE);
        let server = Process::start(command, &path("dhcpd-log"));
        server.wait_log(
            "Server starting service",
            std::time::Duration::from_secs(10),
        );
        self.dhcp.replace(Some(server));
    }

    /// The leases of dnsmasq, one a line.
    pub fn dhcp_leases(&self) -> Vec<String> {
        let path = self.dir.join(format!("{}.leases", self.ns.name));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// udhcpd, which gives leases as short as wanted. It knows a client by its hardware address
    /// alone, and the bond's is that of its active member: so it is started when the active
    /// member will stay the same ([`super::Scene::both`]).
    #[track_caller]
    pub fn serve_short_leases(&self, first: &str, last: &str, seconds: u32) {
        let path = |end: &str| self.dir.join(format!("{}.{end}", self.ns.name));
        let leases = path("udhcpd-leases");
        std::fs::write(&leases, "").expect("a file for leases");
        let gateway = &self.gateway;
        let text = format!(
            "start {first}\nend {last}\ninterface {BRIDGE}\nlease_file {}\npidfile {}\n\
             min_lease {seconds}\noption lease {seconds}\noption subnet 255.255.255.0\n\
             option router {gateway}\n",
            leases.display(),
            path("udhcpd-pid").display(),
        );
        std::fs::write(path("udhcpd"), text).expect("udhcpd's file");
        let mut command = self.ns.command("busybox");
        command.args(["udhcpd", "-f"]).arg(path("udhcpd"));
        let server = Process::start(command, &path("udhcpd-log"));
        server.wait_log("started", std::time::Duration::from_secs(10));
        self.dhcp.replace(Some(server));
    }

    pub fn dhcp_log(&self) -> String {
        self.dhcp
            .borrow()
            .as_ref()
            .map(Process::log)
            .unwrap_or_default()
    }

    /// In place of a server: passes questions on to one that is reached through `uplink`.
    #[track_caller]
    pub fn relay_dhcp(&self, uplink: &str, server: &str) {
        let mut command = self.ns.command("dhcrelay");
        command.args(["-4", "-d", "--no-pid", "-id", BRIDGE, "-iu", uplink, server]);
        let relay = Process::start(command, &self.dir.join(format!("{}.relay", self.ns.name)));
        relay.wait_log("Sending on", std::time::Duration::from_secs(10));
        self.dhcp.replace(Some(relay));
    }

    pub fn stop_dhcp(&self) {
        self.dhcp.replace(None);
    }

    /// The gateway's neighbour table: who it thinks has which address.
    pub fn neighbours(&self) -> String {
        self.ns.ip("neigh show")
    }
}

impl Thing for Lan {
    fn testimony(&self) -> String {
        format!(
            "{}--- {}: dnsmasq\n{}{}",
            self.ns.testimony(),
            self.ns.name,
            self.dhcp_log(),
            self.router_log()
        )
    }

    fn clear(&self) {
        self.stop_dhcp();
        self.stop_router();
        self.ns.clear();
    }
}

/// A veth pair: one end a port of the LAN's bridge, the other the Pi's interface.
pub struct Cable {
    /// The end at the LAN.
    port: String,
    interface: String,
    lan: Rc<Namespace>,
    pi: Rc<Namespace>,
    there: Cell<bool>,
}

impl Cable {
    pub fn new(name: &str, lan: &Lan, pi: &Rc<Namespace>, interface: &str) -> Cable {
        lan.ns.ip(&format!(
            "link add {name} type veth peer name {interface} netns {}",
            pi.pid
        ));
        lan.ns.ip(&format!("link set {name} master {BRIDGE} up"));
        Cable {
            port: name.to_owned(),
            interface: interface.to_owned(),
            lan: lan.ns.clone(),
            pi: pi.clone(),
            there: Cell::new(true),
        }
    }

    /// The name of the end at the LAN.
    pub fn port(&self) -> &str {
        &self.port
    }

    /// The Pi's interface loses its carrier.
    #[track_caller]
    pub fn pull(&self) {
        self.lan.ip(&format!("link set {} down", self.port));
    }

    #[track_caller]
    pub fn plug(&self) {
        self.lan.ip(&format!("link set {} up", self.port));
    }

    /// Takes the network card itself away (a USB Ethernet adapter pulled out).
    #[track_caller]
    pub fn remove(&self) {
        self.there.set(false);
        self.lan.ip(&format!("link del {}", self.port));
    }
}

impl Thing for Cable {
    fn testimony(&self) -> String {
        let carrier = self.pi.link(&self.interface, "carrier");
        format!("--- cable {}: carrier {carrier:?}", self.interface)
    }

    fn clear(&self) {
        if self.there.replace(false) {
            let _ = self.lan.try_ip(&format!("link del {}", self.port));
        }
    }
}
