//! Names of networks as wpa_supplicant writes them (`printf_encode()` in its src/utils/common.c).
use heapless::Vec;

/// The octets of a name in wpa_supplicant's printf escapes; `None`: it is none of its, or too long.
pub fn unescape(text: &str) -> Option<Vec<u8, 32>> {
    let mut octets = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        let octet = match octet {
            b'\\' => match rest.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'e' => 0x1b,
                b'x' => (digit(rest.next()?)? << 4) | digit(rest.next()?)?,
                other @ (b'\\' | b'"') => other,
                _ => return None,
            },
            other => other,
        };
        octets.push(octet).ok()?;
    }
    Some(octets)
}

/// A hexadecimal digit.
fn digit(octet: u8) -> Option<u8> {
    char::from(octet)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_escapes() {
        let read = |text: &str| unescape(text).map(|octets| octets.to_vec());
        assert_eq!(read("Hotspot"), Some(b"Hotspot".to_vec()));
        assert_eq!(
            read(r#"a\"b\\\x00\xc3\xa4\n\e"#),
            Some(b"a\"b\\\0\xc3\xa4\n\x1b".to_vec())
        );
        for broken in [r"\", r"\x1", r"\xzz", r"\q"] {
            assert_eq!(read(broken), None, "{broken}");
        }
        assert_eq!(read(&"a".repeat(32)).map(|name| name.len()), Some(32));
        assert_eq!(read(&"a".repeat(33)), None);
    }
}
