//! The lines of one organization, ready to be joined with those of others.

use std::fmt::{Display, Write};

use bytes::Bytes;
use usagewarden_core::subject::OrganizationName;

use super::family::Family;

/// The rendered lines of one organization: one buffer, cut by family.
#[derive(Debug)]
pub struct Fragment {
    lines: Bytes,
    /// Where the lines of each family end, in the order of [`Family::ALL`].
    ends: [usize; Family::COUNT],
}

impl Fragment {
    /// Where the lines of the family at this place of [`Family::ALL`] are.
    pub(super) fn span(&self, place: usize) -> std::ops::Range<usize> {
        let from = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        from..self.ends[place]
    }

    pub(super) fn lines(&self) -> &Bytes {
        &self.lines
    }
}

/// A fragment in the making: families are written in any order.
#[derive(Debug)]
pub(super) struct Sheet {
    /// `organization="acme"`, which every line begins its labels with.
    organization: String,
    families: [String; Family::COUNT],
}

impl Sheet {
    pub(super) fn new(organization: &OrganizationName) -> Self {
        let mut label = String::new();
        push_label(&mut label, "organization", organization.as_str());
        Self { organization: label, families: std::array::from_fn(|_| String::new()) }
    }

    /// Adds one line. The caller sees to it that no two have the same labels.
    pub(super) fn line(&mut self, family: Family, labels: &[(&str, &str)], value: impl Display) {
        let out = &mut self.families[family as usize];
        out.push_str(family.name());
        out.push('{');
        out.push_str(&self.organization);
        for (name, text) in labels {
            out.push(',');
            push_label(out, name, text);
        }
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "}} {value}");
    }

    pub(super) fn finish(self) -> Fragment {
        let mut ends = [0; Family::COUNT];
        let mut lines = Vec::with_capacity(self.families.iter().map(String::len).sum());
        for (place, family) in self.families.iter().enumerate() {
            lines.extend_from_slice(family.as_bytes());
            ends[place] = lines.len();
        }
        Fragment { lines: lines.into(), ends }
    }
}

/// Adds `name="text"`, escaped as the text format wants it.
pub(super) fn push_label(out: &mut String, name: &str, text: &str) {
    out.push_str(name);
    out.push_str("=\"");
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '"', '\n']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'\\' => "\\\\",
            b'"' => "\\\"",
            _ => "\\n",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_cannot_break_out_of_their_quotes() {
        let cases = [
            ("plain", r#"l="plain""#),
            ("", r#"l="""#),
            (r#"a"b"#, r#"l="a\"b""#),
            (r"a\b", r#"l="a\\b""#),
            ("a\nb", r#"l="a\nb""#),
            (r"\n", r#"l="\\n""#),
            ("é\"\u{1f600}\n", "l=\"é\\\"\u{1f600}\\n\""),
            ("x\"} 1\nforged{y=\"", r#"l="x\"} 1\nforged{y=\"""#),
        ];
        for (text, expected) in cases {
            let mut out = String::new();
            push_label(&mut out, "l", text);
            assert_eq!(out, expected, "for {text:?}");
        }
    }

    #[test]
    fn families_keep_their_own_lines_whatever_the_order_of_writing() {
        let mut sheet = Sheet::new(&"acme".into());
        sheet.line(Family::SeriesFolded, &[], 0);
        sheet.line(Family::Tokens, &[("model", "m")], 7);
        let fragment = sheet.finish();
        let text = |family: Family| {
            std::str::from_utf8(&fragment.lines()[fragment.span(family as usize)]).unwrap()
        };
        assert_eq!(
            text(Family::Tokens),
            "claude_tokens_total{organization=\"acme\",model=\"m\"} 7\n"
        );
        assert_eq!(text(Family::SeriesFolded), "claude_series_folded{organization=\"acme\"} 0\n");
        assert_eq!(text(Family::Cost), "");
    }
}
