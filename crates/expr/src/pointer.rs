//! JSON Pointer (RFC 6901): parsed once, followed through text without building a tree.

use crate::scan::Cursor;

/// One step of a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The object key, `~0` and `~1` resolved.
    pub(crate) key: Box<str>,
    /// The array index, when the key has the form of one.
    index: Option<usize>,
}

/// The steps of a pointer, or what is wrong with its form.
pub(crate) fn parse(pointer: &str) -> Result<Vec<Token>, &'static str> {
    let Some(rest) = pointer.strip_prefix('/') else {
        return Err("a JSON Pointer begins with `/`");
    };
    rest.split('/').map(token).collect()
}

fn token(raw: &str) -> Result<Token, &'static str> {
    if raw.split('~').skip(1).any(|after| !after.starts_with(['0', '1'])) {
        return Err("in a JSON Pointer `~` is written `~0`, and `/` in a key is written `~1`");
    }
    let key = raw.replace("~1", "/").replace("~0", "~");
    let is_index = key == "0" || (!key.starts_with('0') && key.bytes().all(|byte| byte.is_ascii_digit()));
    let index = if is_index { key.parse().ok() } else { None };
    Ok(Token { key: key.into(), index })
}

/// The text of the value that the steps lead to, exactly as written, or `None` when there is none.
pub(crate) fn follow<'a>(text: &'a str, tokens: &[Token]) -> Option<&'a str> {
    let mut cursor = Cursor::new(text);
    for token in tokens {
        match cursor.peek()? {
            b'{' => {
                cursor.enter(b'{')?;
                loop {
                    if !cursor.more()? {
                        return None;
                    }
                    if cursor.key()?.text() == *token.key {
                        break;
                    }
                    cursor.value()?;
                }
            }
            b'[' => {
                let index = token.index?;
                cursor.enter(b'[')?;
                for _ in 0..index {
                    if !cursor.more()? {
                        return None;
                    }
                    cursor.value()?;
                }
                if !cursor.more()? {
                    return None;
                }
            }
            _ => return None,
        }
    }
    cursor.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, pointer: &str, expected: Option<&str>) {
        let tokens = parse(pointer).expect("a pointer");
        assert_eq!(follow(text, &tokens), expected, "{pointer} in {text}");
    }

    /// The examples of RFC 6901, section 5, except the empty pointer: ours always name a root.
    #[test]
    fn rfc_6901() {
        let text = r#"{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8}"#;
        for (pointer, expected) in [
            ("/foo", r#"["bar", "baz"]"#),
            ("/foo/0", r#""bar""#),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            check(text, pointer, Some(expected));
        }
    }

    #[test]
    fn what_is_not_there() {
        let text = r#"{"a":[1,{"b":null}],"n":5,"s":"text","e":[],"o":{}}"#;
        for pointer in ["/b", "/a/2", "/a/01", "/a/-", "/a/-1", "/a/1/c", "/n/0", "/s/0", "/e/0", "/o/a", "/a/1/b/c"] {
            check(text, pointer, None);
        }
        check(text, "/a/1/b", Some("null"));
        check(text, "/a/99999999999999999999999", None);
    }

    #[test]
    fn escapes_in_the_text_do_not_hide_a_key() {
        check(r#"{"\u0061":1}"#, "/a", Some("1"));
        check(r#"{"x":"\\\"]}","y":2}"#, "/y", Some("2"));
    }

    #[test]
    fn malformed_pointers() {
        for pointer in ["", "input", "/a~2", "/a~", "/~"] {
            assert!(parse(pointer).is_err(), "{pointer}");
        }
    }

    #[test]
    fn text_that_is_not_json_has_no_values() {
        for text in ["", "{", "{\"a\"", "{\"a\":", "[1", "\"", "{a:1}", "]"] {
            check(text, "/a", None);
        }
    }
}
