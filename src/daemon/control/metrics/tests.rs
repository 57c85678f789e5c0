//! Escapes, decimals, and that what is unknown is left out.
use super::*;

fn sample(labels: &[(&'static str, Option<&str>)], value: i64) -> String {
    let mut out = String::new();
    let values = vec![Some(value)];
    write(&MEMBER_INFO[..1], &[Row { labels, values }], &mut out);
    out.lines().last().unwrap_or_default().into()
}

#[test]
fn names_of_networks_cannot_end_a_label() {
    let line = sample(&[("ssid", Some("a\"b\\c\nd} 7"))], 1000);
    assert_eq!(line, r#"wifibond_member_info{ssid="a\"b\\c\nd} 7"} 1"#);
}

#[test]
fn values_are_decimal_and_unknown_labels_left_out() {
    for (value, text) in [
        (0, "0"),
        (-47_000, "-47"),
        (65, "0.065"),
        (-1_500, "-1.500"),
    ] {
        let line = sample(&[("member", None)], value);
        assert_eq!(line, format!("wifibond_member_info {text}"));
    }
}

/// What rules and dashboard are tested with has every family.
#[test]
fn the_kept_page_has_every_family() {
    let kept = include_str!("../../../../tests/tools/metrics.txt");
    for family in [INFO, WHOLE, BOND, MEMBER_INFO, MEMBER, LINK]
        .into_iter()
        .flatten()
    {
        let mut head = String::new();
        family.write_head(&mut head).unwrap();
        assert!(kept.contains(&head), "{head}");
    }
}

#[test]
fn every_table_gives_as_many_values_as_it_has_families() {
    assert_eq!((INFO.len(), info(()).len()), (1, 1));
    let mut out = String::new();
    let unknown = vec![None; MEMBER.len()];
    write(
        MEMBER,
        &[Row {
            labels: &[],
            values: unknown,
        }],
        &mut out,
    );
    assert_eq!(out, "", "what is unknown is left out, with its head");
}
