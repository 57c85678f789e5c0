//! `rpi-preseed.toml`, which Raspberry Pi Imager writes to the boot partition of images that declare
//! `init_format: rpi-preseed`, as a file of ours.
//!
//! Source: schema/rpi-preseed.schema, src/lib/toml.sh and doc/rpi-preseed.5 of
//! github.com/raspberrypi/rpi-preseed, format 1. Of it `[wlan]`, `[ethernet]` and `system.hostname` are
//! taken; what else it has is not about the network.
use core::fmt::{self, Write};

/// The name of the file, beside ours.
pub const NAME: &str = "rpi-preseed.toml";
/// Entries of `ethernet.dns` and `dns_search` that are looked at; the file's own rules come later.
const MOST: usize = 8;

/// A value as it stands there, still with its escapes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Value<'t> {
    /// In double quotes.
    Basic(&'t str),
    /// In single quotes.
    Literal(&'t str),
    /// A number, `true` or `false`.
    Bare(&'t str),
}

/// What is taken of it.
#[derive(Debug, Default)]
struct Found<'t> {
    version: Option<Value<'t>>,
    hostname: Option<Value<'t>>,
    ssid: Option<Value<'t>>,
    ssid_hex: Option<Value<'t>>,
    password: Option<Value<'t>>,
    encrypted: Option<Value<'t>>,
    hidden: Option<Value<'t>>,
    country: Option<Value<'t>>,
    key_mgmt: Option<Value<'t>>,
    method: Option<Value<'t>>,
    interface: Option<Value<'t>>,
    address: Option<Value<'t>>,
    gateway: Option<Value<'t>>,
    dns: heapless::Vec<Value<'t>, MOST>,
    search: heapless::Vec<Value<'t>, MOST>,
}

/// The same as JSON in our grammar, or why not, with the line.
pub fn to_json(text: &str) -> Result<String, String> {
    let found = read(text.trim_start_matches('\u{feff}'))?;
    let version = found.version.map_or("1", Value::raw);
    if version.split('.').next() != Some("1") {
        return Err(format!(
            "config_version {version}: this wifibond understands 1; update it, or write {}",
            "wifibond.json"
        ));
    }
    let mut json = String::new();
    write(&mut json, &found).map_err(|_| "too long".to_owned())?;
    Ok(json)
}

impl<'t> Value<'t> {
    fn raw(self) -> &'t str {
        match self {
            Value::Basic(text) | Value::Literal(text) | Value::Bare(text) => text,
        }
    }

    fn is(self, word: &str) -> bool {
        self.raw() == word
    }
}

/// As a JSON string; numbers and flags too.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        let mut chars = self.raw().chars();
        while let Some(c) = chars.next() {
            match (c, self) {
                ('\\', Value::Basic(_)) => match chars.next() {
                    // TOML has one that JSON lacks.
                    Some('U') => {
                        let digits: heapless::String<8> = chars.by_ref().take(8).collect();
                        let code = u32::from_str_radix(&digits, 16).ok();
                        f.write_char(code.and_then(char::from_u32).unwrap_or('\u{fffd}'))?;
                    }
                    Some(next) => write!(f, "\\{next}")?,
                    None => {}
                },
                ('\\' | '"', _) => write!(f, "\\{c}")?,
                (c, _) if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
                (c, _) => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

fn write(out: &mut String, found: &Found<'_>) -> fmt::Result {
    out.write_str("{\n  \"version\": 1")?;
    let mut field = |name: &str, value: Option<Value<'_>>| match value {
        Some(value) => write!(out, ",\n  \"{name}\": {value}"),
        None => Ok(()),
    };
    field("hostname", found.hostname)?;
    field("country", found.country)?;
    if let Some(name) = found.ssid_hex.or(found.ssid) {
        wifi(out, found, name)?;
    }
    ethernet(out, found)?;
    out.write_str("\n}\n")
}

fn wifi(out: &mut String, found: &Found<'_>, name: Value<'_>) -> fmt::Result {
    let key = match found.ssid_hex {
        Some(_) => "ssid_hex",
        None => "ssid",
    };
    write!(out, ",\n  \"wifi\": [ {{\n    \"{key}\": {name}")?;
    let security = match found.key_mgmt.map(Value::raw) {
        Some("sae") => "wpa3",
        Some("owe") => "owe",
        Some("none") => "open",
        _ => "",
    };
    if !security.is_empty() {
        write!(out, ",\n    \"security\": \"{security}\"")?;
    }
    if let Some(password) = found.password {
        let text = password.raw();
        let is_key = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let encrypted = found.encrypted.is_some_and(|v| v.is("true"));
        let key = match is_key || encrypted {
            true => "psk",
            false => "passphrase",
        };
        write!(out, ",\n    \"{key}\": {password}")?;
    }
    if found.hidden.is_some_and(|hidden| hidden.is("true")) {
        out.write_str(",\n    \"hidden\": true")?;
    }
    out.write_str("\n  } ]")
}

fn ethernet(out: &mut String, found: &Found<'_>) -> fmt::Result {
    let method = found.method.map_or("dhcp", Value::raw);
    match (method, found.interface) {
        ("dhcp", None) => return Ok(()),
        ("disabled", None) => return out.write_str(",\n  \"links\": []"),
        _ => {}
    }
    let name = found.interface.unwrap_or(Value::Literal("wired:*"));
    write!(out, ",\n  \"links\": [ {{\n    \"name\": {name}")?;
    match method {
        "static" => {
            out.write_str(",\n    \"ipv4\": { \"dhcp\": false")?;
            if let Some(address) = found.address {
                write!(out, ", \"addresses\": [ {address} ]")?;
            }
            if let Some(gateway) = found.gateway {
                write!(
                    out,
                    ",\n      \"routes\": [ {{ \"to\": \"default\", \"via\": {gateway} }} ]"
                )?;
            }
            out.write_str(" }")?;
            list(out, "dns", &found.dns)?;
            list(out, "search", &found.search)?;
        }
        "disabled" => {
            out.write_str(
                ",\n    \"ipv4\": { \"dhcp\": false },\n    \"ipv6\": { \"mode\": \"off\" }",
            )?;
        }
        _ => {}
    }
    out.write_str("\n  } ]")
}

fn list(out: &mut String, key: &str, values: &[Value<'_>]) -> fmt::Result {
    for (number, value) in values.iter().enumerate() {
        match number {
            0 => write!(out, ",\n    \"{key}\": [ {value}")?,
            _ => write!(out, ", {value}")?,
        }
    }
    match values.is_empty() {
        true => Ok(()),
        false => out.write_str(" ]"),
    }
}

/// The part of TOML 1.0 that the format uses: sections, texts in one line, numbers, flags, and lists of
/// texts over several lines.
fn read(text: &str) -> Result<Found<'_>, String> {
    let mut found = Found::default();
    let mut section = "";
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let wrong = |what: &str| format!("line {}: {what}", number + 1);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.split(']').next().filter(|_| rest.contains(']'));
            section = name
                .ok_or_else(|| wrong("no ] behind the name of a section"))?
                .trim();
            continue;
        }
        let Some((key, rest)) = line.split_once('=') else {
            return Err(wrong("neither a section nor KEY = VALUE"));
        };
        let key = key.trim().trim_matches(['"', '\'']);
        let rest = rest.trim();
        let Some(items) = rest.strip_prefix('[') else {
            let (value, after) = value(rest).map_err(wrong)?;
            if !is_blank(after) {
                return Err(wrong("something stands behind the value"));
            }
            put(&mut found, section, key, value);
            continue;
        };
        let mut items = items;
        while !take_items(&mut found, section, key, items).map_err(wrong)? {
            let (_, next) = lines.next().ok_or_else(|| wrong("no ] ends this list"))?;
            items = next;
        }
    }
    Ok(found)
}

fn is_blank(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with('#')
}

/// Items of a list in this line. `true`: it ends here.
fn take_items<'t>(
    found: &mut Found<'t>,
    section: &str,
    key: &str,
    mut line: &'t str,
) -> Result<bool, &'static str> {
    loop {
        line = line.trim_start_matches([' ', '\t', ',', '\r']);
        if is_blank(line) {
            return Ok(false);
        }
        if let Some(rest) = line.strip_prefix(']') {
            return match is_blank(rest) {
                true => Ok(true),
                false => Err("something stands behind the list"),
            };
        }
        let (item, rest) = value(line)?;
        put(found, section, key, item);
        line = rest;
    }
}

/// One value at the beginning, and what follows it.
fn value(text: &str) -> Result<(Value<'_>, &str), &'static str> {
    if text.starts_with("\"\"\"") || text.starts_with("'''") {
        return Err("a text over several lines is not part of this format");
    }
    if let Some(rest) = text.strip_prefix('\'') {
        let end = rest.find('\'').ok_or("no ' ends this text")?;
        return Ok((Value::Literal(&rest[..end]), &rest[end + 1..]));
    }
    if let Some(rest) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = rest.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.ok_or("no \" ends this text")?;
        return Ok((Value::Basic(&rest[..end]), &rest[end + 1..]));
    }
    let end = text.find([' ', '\t', ',', ']', '#', '\r']);
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    match word.is_empty() {
        true => Err("the value is missing"),
        false => Ok((Value::Bare(word), rest)),
    }
}

fn put<'t>(found: &mut Found<'t>, section: &str, key: &str, value: Value<'t>) {
    // As the format's own reader takes it.
    if value.is("") {
        return;
    }
    let place = match (section, key) {
        ("", "config_version") => &mut found.version,
        ("system", "hostname") => &mut found.hostname,
        ("wlan", "ssid") => &mut found.ssid,
        ("wlan", "ssid_hex") => &mut found.ssid_hex,
        ("wlan", "password") => &mut found.password,
        ("wlan", "password_encrypted") => &mut found.encrypted,
        ("wlan", "hidden") => &mut found.hidden,
        ("wlan", "country") => &mut found.country,
        ("wlan", "key_mgmt") => &mut found.key_mgmt,
        ("ethernet", "method") => &mut found.method,
        ("ethernet", "interface") => &mut found.interface,
        ("ethernet", "address") => &mut found.address,
        ("ethernet", "gateway") => &mut found.gateway,
        ("ethernet", "dns") => {
            let _ = found.dns.push(value);
            return;
        }
        ("ethernet", "dns_search") => {
            let _ = found.search.push(value);
            return;
        }
        _ => return,
    };
    *place = Some(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, parse};

    fn config(text: &str) -> Box<Config> {
        let json = to_json(text).expect("a good file");
        parse(json.as_bytes()).unwrap_or_else(|errors| panic!("{errors}\n{json}"))
    }

    fn wrong(text: &str) -> String {
        to_json(text).expect_err("a wrong file")
    }

    /// As Imager 2.0 writes it.
    const WHOLE: &str = "config_version = \"1.0\"\r\n\r\n[system]\r\nhostname = \"sms-wall\"\r\n\
        [user]\r\nname = \"pi\"\r\npassword = \"$y$j9T$x\"\r\npassword_encrypted = true\r\n\
        [ssh]\r\nenabled = true\r\nauthorized_keys = [\r\n  \"ssh-ed25519 AAAA a@b\", # ]\r\n  'x ] y',\r\n]\r\n\
        [wlan]\r\nssid = \"Caf\u{e9} \\\"1\\\"\"\r\npassword = 'a \\ \"b\" c'\r\npassword_encrypted = false\r\n\
        hidden = true\r\ncountry = \"BE\" # here\r\n[locale]\r\ntimezone = \"Europe/Brussels\"\r\n";

    #[test]
    fn what_imager_writes_is_understood() {
        let config = config(WHOLE);
        assert_eq!(config.hostname.as_deref(), Some("sms-wall"));
        assert_eq!(config.country, Some(*b"BE"));
        assert_eq!(config.wifi.len(), 1);
        let network = &config.wifi[0];
        assert_eq!(network.ssid.as_slice(), "Caf\u{e9} \"1\"".as_bytes());
        assert!(network.hidden);
        let json = to_json(WHOLE).expect("a good file");
        assert!(json.contains(r#""passphrase": "a \\ \"b\" c""#), "{json}");
        assert!(!json.contains("$y$"), "{json}");
    }

    #[test]
    fn a_key_an_open_network_and_wpa3() {
        let key = "ab".repeat(32);
        let text =
            format!("[wlan]\nssid='n'\npassword='{key}'\npassword_encrypted=true\ncountry='BE'");
        assert!(to_json(&text).expect("good").contains("\"psk\""));
        config(&text);
        let open = to_json("[wlan]\nssid = 'n'\ncountry = 'BE'").expect("good");
        assert!(!open.contains("pass") && !open.contains("psk"), "{open}");
        let wpa3 = "[wlan]\nssid='n'\nkey_mgmt='sae'\npassword='correct horse'\ncountry='BE'";
        assert!(
            to_json(wpa3)
                .expect("good")
                .contains("\"security\": \"wpa3\"")
        );
        config(wpa3);
        let hex = config("[wlan]\nssid_hex='00ff'\ncountry='BE'");
        assert_eq!(hex.wifi[0].ssid.as_slice(), [0, 255]);
    }

    #[test]
    fn the_cable() {
        let fixed = config(
            "[ethernet]\nmethod = 'static'\ninterface = 'eth0'\naddress = '192.168.1.50/24'\n\
             gateway = '192.168.1.1'\ndns = ['192.168.1.1', '9.9.9.9']\ndns_search = [\n'home',\n]\n",
        );
        let link = &fixed.links[0];
        assert!(!link.ip.ipv4.dhcp);
        assert_eq!(link.ip.ipv4.addresses[0].to_string(), "192.168.1.50/24");
        assert_eq!(link.ip.ipv4.routes.len(), 1);
        assert_eq!((link.ip.dns.len(), link.ip.search.len()), (2, 1));
        assert!(config("[ethernet]\nmethod = 'disabled'").links.is_empty());
        let empty = "[ethernet]\nmethod='static'\naddress='10.0.0.2/8'\ngateway=''\ndns=['']\n\
            [wlan]\nssid=''\nssid_hex=\"\"\npassword=''";
        assert!(config(empty).wifi.is_empty());
        assert_eq!(config("[ethernet]\nmethod = 'dhcp'").links.len(), 1);
        let off = config("[ethernet]\nmethod = 'disabled'\ninterface = 'eth0'");
        assert!(!off.links[0].ip.ipv4.dhcp);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert_eq!(
            wrong("\n[wlan\n"),
            "line 2: no ] behind the name of a section"
        );
        assert_eq!(
            wrong("[wlan]\nssid = \"x\n"),
            "line 2: no \" ends this text"
        );
        assert_eq!(wrong("ssid"), "line 1: neither a section nor KEY = VALUE");
        assert_eq!(wrong("a = [ 'b',\n"), "line 1: no ] ends this list");
        assert_eq!(wrong("a ="), "line 1: the value is missing");
        assert_eq!(
            wrong("a = 'b' c"),
            "line 1: something stands behind the value"
        );
        assert!(wrong("a = \"\"\"b\"\"\"").contains("several lines"));
        assert!(wrong("config_version = '2.0'").contains("understands 1"));
    }
}
