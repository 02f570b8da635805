//! What a misspelled word was meant to be.

/// The one of `known` that `word` was probably meant to be.
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    // One slip in three letters; more, and the guess would confuse. Longer words are no slips.
    let slips_max = (word.chars().count() / 3).clamp(1, 4);
    known
        .iter()
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= 8)
        .map(|candidate| (slips(word, candidate), *candidate))
        .filter(|(slips, _)| *slips <= slips_max)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, drop, replace or swap with their neighbor to get from one word to the other.
fn slips(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (row, letter) in from.chars().enumerate() {
        let mut this = vec![row + 1];
        for (column, wanted) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != *wanted);
            let mut fewest = replaced.min(last[column + 1] + 1).min(this[column] + 1);
            let is_swap = column > 0 && previous == Some(*wanted) && to[column - 1] == letter;
            if is_swap {
                fewest = fewest.min(before_last[column - 1] + 1);
            }
            this.push(fewest);
        }
        before_last = std::mem::replace(&mut last, this);
        previous = Some(letter);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognized_and_a_different_word_is_not() {
        let known = ["listen", "allow_public", "tls", "time_zone", "to", "from"];
        let cases = [
            ("lisen", Some("listen")),
            ("lsiten", Some("listen")),
            ("timezone", Some("time_zone")),
            ("allow-public", Some("allow_public")),
            ("ot", Some("to")),
            ("tsl", Some("tls")),
            ("route", None),
            ("x", None),
            ("", None),
        ];
        for (word, meant) in cases {
            assert_eq!(nearest(word, &known), meant, "{word}");
        }
    }
}
