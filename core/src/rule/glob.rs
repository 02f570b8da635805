//! Patterns for names and ids: `*` is any run of characters, `?` is any one.

use std::fmt;
use std::sync::Arc;

/// A pattern that a whole name must match; case matters.
///
/// Matching remembers only the last `*`, so it takes at most pattern times
/// text steps, whatever an operator writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glob(Arc<str>);

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    #[error("an empty pattern matches nothing")]
    Empty,
}

impl Glob {
    pub fn new(pattern: impl Into<Arc<str>>) -> Result<Self, GlobError> {
        let pattern = pattern.into();
        if pattern.is_empty() { Err(GlobError::Empty) } else { Ok(Self(pattern)) }
    }

    /// The pattern that matches every name.
    pub fn any() -> Self {
        Self("*".into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn matches(&self, text: &str) -> bool {
        let (mut pattern, mut rest) = (self.0.chars(), text.chars());
        // What to try again, once the `*` seen last has swallowed one more.
        let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
        loop {
            let (next_pattern, next_rest) = (pattern.clone().next(), rest.clone().next());
            match (next_pattern, next_rest) {
                (Some('*'), _) => {
                    pattern.next();
                    retry = Some((pattern.clone(), rest.clone()));
                }
                (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                    pattern.next();
                    rest.next();
                }
                (None, None) => return true,
                (Some(_), Some(_) | None) | (None, Some(_)) => {
                    let Some((after_star, swallowed)) = retry.as_mut() else { return false };
                    if swallowed.next().is_none() {
                        return false;
                    }
                    (pattern, rest) = (after_star.clone(), swallowed.clone());
                }
            }
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_matches_whole_names() {
        let cases = [
            ("*", "", true),
            ("*", "acme", true),
            ("acme", "acme", true),
            ("acme", "acme-labs", false),
            ("acme*", "acme-labs", true),
            ("*labs", "acme-labs", true),
            ("*-*s", "acme-labs", true),
            ("a?me", "acme", true),
            ("a?me", "ame", false),
            ("?", "ü", true),
            ("**", "acme", true),
            ("*ab*ab", "abab", true),
            ("*ab*ab", "aba", false),
            ("Acme", "acme", false),
        ];
        for (pattern, text, expected) in cases {
            let glob = Glob::new(pattern).unwrap();
            assert_eq!(glob.matches(text), expected, "{pattern} on {text:?}");
        }
        assert_eq!(Glob::new(""), Err(GlobError::Empty));
    }

    #[test]
    fn a_hostile_pattern_does_not_explode() {
        let glob = Glob::new("*a".repeat(200)).unwrap();
        assert!(!glob.matches(&format!("{}b", "a".repeat(2_000))));
    }

    /// The definition, too slow for real use.
    fn defined(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skip| defined(rest, &text[skip..])),
            Some((wanted, rest)) => text.split_first().is_some_and(|(found, left)| {
                (*wanted == '?' || wanted == found) && defined(rest, left)
            }),
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(pattern in "[ab*?]{1,8}", text in "[ab]{0,8}") {
            let (wanted, found): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(Glob::new(pattern).unwrap().matches(&text), defined(&wanted, &found));
        }
    }
}
