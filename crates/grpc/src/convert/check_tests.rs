use super::*;

const AT: At<'_> = At::Top("f");

fn refused<T>(answer: Answer<T>, field: &str) {
    let refusal = answer.err().expect("refused");
    assert_eq!((refusal.reason, refusal.field.as_str()), (crate::reason::FIELD_INVALID, field));
}

fn map(entries: &[(&str, &str)]) -> Map {
    entries.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

#[test]
fn ids_chosen_by_the_client() {
    for good in ["a", "!~", "01932c07-209b-7e9a-8b2c-ffeeddccbbaa", &"x".repeat(128)] {
        assert!(chosen_id(good.into(), AT).is_ok(), "{good}");
    }
    for bad in ["", " ", "a b", "a\0", "a\n", "ü", "\u{7f}", &"x".repeat(129)] {
        refused(chosen_id(bad.into(), AT), "f");
    }
    assert_eq!(request_id(String::new(), AT), Ok(String::new()));
}

#[test]
fn minted_ids() {
    let read = |text: &str| id::<esteira_model::JobId>(text, AT);
    assert!(read("01932c07-209b-7e9a-8b2c-ffeeddccbbaa").is_ok());
    for bad in ["", "x", "01932C07-209b-7e9a-8b2c-ffeeddccbbaa", "01932c07-209b-7e9a-8b2c-ffeeddccbba\0"] {
        refused(read(bad), "f");
    }
}

#[test]
fn names_have_one_form() {
    for good in ["a", "http.request", "a-b_c.9", &"a".repeat(63)] {
        assert!(name(good.into(), AT).is_ok(), "{good}");
    }
    for bad in ["", "A", "9a", ".a", "a b", "a|b", "a\0", "a\n", "ä", &"a".repeat(64)] {
        refused(name(bad.into(), AT), "f");
    }
    refused(names(vec!["a".into(), "B".into()], AT, 2), "f[1]");
    refused(names(vec!["a".into(); 3], AT, 2), "f");
}

#[test]
fn texts() {
    assert!(line("Zoë 1".into(), AT, 5).is_ok());
    for bad in ["Zoë 12", "a\nb", "a\0", "\u{85}"] {
        refused(line(bad.into(), AT, 5), "f");
    }
    assert!(prose("a\n\tb".into(), AT, 5).is_ok());
    refused(prose("a\0b".into(), AT, 5), "f");
    refused(prose("123456".into(), AT, 5), "f");
    refused(reason("r".repeat(1025), AT), "f");
}

#[test]
fn counts_and_integers() {
    assert!(count(0, AT, 0, 2).is_ok() && count(2, AT, 1, 2).is_ok());
    refused(count(0, AT, 1, 2), "f");
    refused(count(3, AT, 0, 2), "f");
    assert_eq!(int::<i32>(-100, AT, -100, 100), Ok(-100));
    for bad in [-101, 101, i64::MIN, i64::MAX] {
        refused(int::<i32>(bad, AT, -100, 100), "f");
    }
    assert_eq!((at_most(0, AT, 100), at_most(100, AT, 100)), (Ok(1), Ok(100)));
    for bad in [-1, 101, i32::MIN] {
        refused(at_most(bad, AT, 100), "f");
    }
}

#[test]
fn labels_are_named_in_order() {
    assert_eq!(labels(map(&[("a", "Ü"), ("b", "")]), AT).map(|labels| labels.len()), Ok(2));
    let long = "v".repeat(257);
    for (bad, field) in [
        (vec![("A", "")], "f[\"A\"]"),
        (vec![("b", "x"), ("a", "x\0")], "f[\"a\"]"),
        (vec![("a", "x\ny")], "f[\"a\"]"),
        (vec![("a", long.as_str())], "f[\"a\"]"),
        (vec![("", "")], "f[\"\"]"),
    ] {
        refused(labels(map(&bad), AT), field);
    }
    let many: Map = (0..33).map(|index| (format!("l{index}"), String::new())).collect();
    refused(labels(many, AT), "f");
}

#[test]
fn headers_have_limits() {
    assert!(headers(map(&[("traceparent", "00-1-2-01"), ("9", "x")]), AT).is_ok());
    for (bad, field) in [
        (vec![("X", "")], "f[\"X\"]"),
        (vec![("a b", "")], "f[\"a b\"]"),
        (vec![("", "")], "f[\"\"]"),
        (vec![("a", "x\0")], "f[\"a\"]"),
        (vec![("a", "x\r\ny")], "f[\"a\"]"),
    ] {
        refused(headers(map(&bad), AT), field);
    }
    let many: Map = (0..33).map(|index| (format!("h{index}"), String::new())).collect();
    refused(headers(many, AT), "f");
    let large = "v".repeat(4096);
    refused(headers(map(&[("a", &large), ("b", &large)]), AT), "f");
}

#[test]
fn etags() {
    assert_eq!((etag(""), etag("7"), etag("other")), (Ok(None), Ok(Some(7)), Ok(Some(-1))));
}
