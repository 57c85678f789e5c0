//! What udev has done with an interface: whether it has its final name.
use std::path::Path;

/// Where udev takes commands while it runs (systemd-udevd-control.socket).
const CONTROL: &str = "/run/udev/control";
/// A file a device, written when udev has worked through its rules; `n` and the index for a network
/// interface (sd-device.c, `device_get_device_id()`).
const DEVICES: &str = "/run/udev/data";

/// udev is running and has not worked through its rules for the interface with this index. Its name
/// may be another afterwards, and Linux before 6.2 renames none that is up.
pub fn is_naming(index: u32) -> bool {
    Path::new(CONTROL).exists() && !Path::new(DEVICES).join(format!("n{index}")).exists()
}
