//! Certificates as far as their first day of validity: X.509 (RFC 5280, 4.1) in PEM (RFC 7468) or in
//! the binary form. Nothing is verified.

/// Of more certificates in a file, those behind are not looked at.
const MOST: usize = 512;
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The earliest first second of validity of the certificates in a file, since 1970: before that none of
/// them is valid. `None`: there is none, or one of them cannot be read.
pub fn not_before(file: &[u8]) -> Option<u64> {
    if file.first() == Some(&SEQUENCE) {
        return begins(file);
    }
    let mut earliest: Option<u64> = None;
    let mut rest = file;
    for _ in 0..MOST {
        let Some(at) = rest.windows(BEGIN.len()).position(|part| part == BEGIN) else {
            break;
        };
        rest = rest.get(at + BEGIN.len()..)?;
        let begin = begins(&base64(rest)?)?;
        earliest = Some(earliest.map_or(begin, |other| other.min(begin)));
    }
    earliest
}

/// The octets up to the first `-`; white space does not count.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for c in text {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' | b'\n' | b'\r' | b' ' | b'\t' => continue,
            b'-' => return Some(octets),
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            octets.push((bits >> count & 0xff) as u8);
        }
    }
    None
}

/// `notBefore` of one certificate: Certificate → TBSCertificate → version, serial number, signature,
/// issuer, validity.
fn begins(certificate: &[u8]) -> Option<u64> {
    let (tag, mut outer) = element(&mut &*certificate)?;
    let (inner_tag, mut fields) = element(&mut outer)?;
    if (tag, inner_tag) != (SEQUENCE, SEQUENCE) {
        return None;
    }
    let (first, _) = element(&mut fields)?;
    // A certificate of version 1 has no version.
    for _ in 0..if first == VERSION { 3 } else { 2 } {
        element(&mut fields)?;
    }
    let (tag, mut validity) = element(&mut fields)?;
    match (tag, element(&mut validity)?) {
        (SEQUENCE, (UTC_TIME, text)) => {
            // RFC 5280, 4.1.2.5.1.
            let year = number(text.get(..2)?)?;
            seconds(year + if year < 50 { 2000 } else { 1900 }, text.get(2..)?)
        }
        (SEQUENCE, (GENERALIZED_TIME, text)) => seconds(number(text.get(..4)?)?, text.get(4..)?),
        _ => None,
    }
}

/// The next element: its tag and content (ITU-T X.690, 8.1).
fn element<'b>(rest: &mut &'b [u8]) -> Option<(u8, &'b [u8])> {
    let (&[tag, length], mut after) = rest.split_first_chunk()?;
    let mut octets = usize::from(length);
    if length & 0x80 != 0 {
        let count = usize::from(length & 0x7f);
        let (digits, behind) = after.split_at_checked(count)?;
        if count > 4 {
            return None;
        }
        octets = digits
            .iter()
            .fold(0, |sum, digit| sum << 8 | usize::from(*digit));
        after = behind;
    }
    let (content, behind) = after.split_at_checked(octets)?;
    *rest = behind;
    Some((tag, content))
}

fn number(digits: &[u8]) -> Option<u64> {
    let digit = |sum: u64, c: &u8| c.is_ascii_digit().then(|| sum * 10 + u64::from(c - b'0'));
    digits.iter().try_fold(0, digit)
}

/// `MMDDHHMMSSZ` of a year, since 1970. The day is counted in a year that begins with March.
fn seconds(year: u64, rest: &[u8]) -> Option<u64> {
    let part = |n: usize| number(rest.get(2 * n..2 * n + 2)?);
    let (month, day) = (part(0)?, part(1)?);
    let (hour, minute, second) = (part(2)?, part(3)?, part(4)?);
    if year < 1950 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    // Of 1 January 1970, counted so.
    let since = days.checked_sub(719_469)?;
    Some(since * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A binary certificate with this validity, as far as it is read.
    fn binary(tag: u8, begin: &str) -> Vec<u8> {
        let wrap = |tag: u8, content: Vec<u8>| -> Vec<u8> {
            [vec![tag, content.len() as u8], content].concat()
        };
        let validity = wrap(SEQUENCE, wrap(tag, begin.as_bytes().to_vec()));
        let version = wrap(VERSION, vec![2, 1, 2]);
        let before = [
            version,
            wrap(2, vec![7]),
            wrap(SEQUENCE, vec![]),
            wrap(SEQUENCE, vec![]),
        ];
        wrap(
            SEQUENCE,
            wrap(SEQUENCE, [before.concat(), validity].concat()),
        )
    }

    #[test]
    fn the_first_second_of_real_certificates() {
        // `openssl x509 -noout -startdate`: Nov 21 06:43:45 2026 GMT.
        let ca = include_bytes!("../../tests/lab/certificates/ca.pem");
        assert_eq!(not_before(ca), Some(1_795_243_425));
        let user = include_bytes!("../../tests/lab/certificates/user.pem");
        let both = [&user[..], b"\n", ca].concat();
        let first = not_before(user).expect("a certificate").min(1_795_243_425);
        assert_eq!(not_before(&both), Some(first));
    }

    #[test]
    fn both_forms_of_times() {
        assert_eq!(not_before(&binary(UTC_TIME, "700101000000Z")), Some(0));
        assert_eq!(
            not_before(&binary(UTC_TIME, "000229235959Z")),
            Some(951_868_799)
        );
        let far = binary(GENERALIZED_TIME, "21000301000000Z");
        assert_eq!(not_before(&far), Some(4_107_542_400));
        // Before 1970, and no dates.
        for text in [
            "500101000000Z",
            "701301000000Z",
            "7001010000",
            "7x0101000000Z",
            "",
        ] {
            assert_eq!(not_before(&binary(UTC_TIME, text)), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_certificate() {
        let ca = include_bytes!("../../tests/lab/certificates/ca.pem");
        for end in 0..ca.len() - 30 {
            assert_eq!(not_before(&ca[..end]), None, "{end}");
        }
        let whole = binary(UTC_TIME, "700101000000Z");
        for end in 0..whole.len() {
            assert_eq!(not_before(&whole[..end]), None, "{end}");
        }
        for file in [&b""[..], b"key", b"\x30\x84\xff\xff\xff\xff", b"\x30\xff"] {
            assert_eq!(not_before(file), None);
        }
    }
}
