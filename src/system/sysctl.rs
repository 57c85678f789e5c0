//! Settings of one interface: /proc/sys/net/FAMILY/conf/INTERFACE/NAME
//! (Documentation/networking/ip-sysctl.rst). `family` is `ipv4` or `ipv6`.
use super::Result;
use super::error::of;
use std::io::ErrorKind;

fn path(family: &str, interface: &str, name: &str) -> String {
    format!("/proc/sys/net/{family}/conf/{interface}/{name}")
}

/// The value without the line's end. `None`: this kernel has no such setting, or the interface is
/// gone.
pub fn read(family: &str, interface: &str, name: &str) -> Result<Option<String>> {
    match std::fs::read_to_string(path(family, interface, name)) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(of("read setting")(e)),
    }
}

/// Sets a value. Also `Ok` where this kernel has no such setting, or the interface is gone.
/// EACCES or EROFS: not allowed.
pub fn write(family: &str, interface: &str, name: &str, value: &str) -> Result<()> {
    match std::fs::write(path(family, interface, name), value) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map_err(of("write setting")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::in_a_network;
    use super::*;

    #[test]
    fn a_setting_is_read_and_written_where_there_is_one() {
        in_a_network(|| {
            for value in ["1", "0"] {
                write("ipv6", "lo", "disable_ipv6", value).unwrap();
                let read = read("ipv6", "lo", "disable_ipv6").unwrap();
                assert_eq!(read.as_deref(), Some(value));
            }
            for (interface, name) in [("none", "disable_ipv6"), ("lo", "none")] {
                write("ipv6", interface, name, "1").unwrap();
                assert_eq!(read("ipv6", interface, name), Ok(None));
            }
            assert!(write("ipv6", "lo", "disable_ipv6", "words").is_err());
        });
    }
}
