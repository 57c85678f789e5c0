//! Plugs a simulated Wi-Fi adapter in and pulls it out: `mac80211_hwsim` takes such
//! orders over generic netlink only, and no usual tool gives them.
//!
//! usage: radio plug NAME MAC | radio pull NAME

#[path = "../../../tests/lab/genl.rs"]
mod genl;

const FAMILY: &str = "MAC80211_HWSIM";
// drivers/net/wireless/mac80211_hwsim.h
const NEW_RADIO: u8 = 4;
const DEL_RADIO: u8 = 5;
const RADIO_NAME: u16 = 17;
const PERM_ADDR: u16 = 22;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let answer = match args[..] {
        ["plug", name, mac] => {
            let mac: Vec<u8> = mac
                .split(':')
                .map(|octet| u8::from_str_radix(octet, 16).expect("a MAC address"))
                .collect();
            let attributes: [genl::Attribute; 2] =
                [(RADIO_NAME, name.as_bytes()), (PERM_ADDR, &mac)];
            genl::command(FAMILY, NEW_RADIO, &attributes)
        }
        ["pull", name] => genl::command(FAMILY, DEL_RADIO, &[(RADIO_NAME, name.as_bytes())]),
        _ => {
            eprintln!("usage: radio plug NAME MAC | radio pull NAME");
            std::process::exit(2);
        }
    };
    // A new radio is acknowledged with its number, a fault with a negative errno.
    if answer < 0 {
        eprintln!("radio: {}", std::io::Error::from_raw_os_error(-answer));
        std::process::exit(1);
    }
}
