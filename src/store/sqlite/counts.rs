//! The encoding of usage: small, because there is a row of it for every minute.
//!
//! A version byte, then for each series: its number (a varint), a byte that says which
//! of the six counts are not zero, and those counts (varints). Equal buckets have equal
//! bytes, because a bucket is sorted. A count is at most ten bytes, most are three.

use postcard::Error;
use usagewarden_core::reading::{Counts, Tokens};

const VERSION: u8 = 1;
/// A count of each token type, and one of web searches.
const COUNTS: usize = 6;
const VARINT_BYTES_MAX: u32 = 10;

pub(super) fn pack(rows: impl IntoIterator<Item = (u64, Counts)>) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for (series, counts) in rows {
        push(&mut bytes, series);
        let counts = flatten(counts);
        let mask = (0..COUNTS).filter(|&place| counts[place] > 0).fold(0, |m, p| m | 1_u8 << p);
        bytes.push(mask);
        counts.into_iter().filter(|&count| count > 0).for_each(|count| push(&mut bytes, count));
    }
    bytes
}

pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<(u64, Counts)>, Error> {
    let mut bytes = bytes.iter();
    if bytes.next() != Some(&VERSION) {
        return Err(Error::DeserializeBadEncoding);
    }
    let mut rows = Vec::new();
    while !bytes.as_slice().is_empty() {
        let series = pull(&mut bytes)?;
        let mask = *bytes.next().ok_or(Error::DeserializeUnexpectedEnd)?;
        if mask >> COUNTS != 0 {
            return Err(Error::DeserializeBadEncoding);
        }
        let mut counts = [0; COUNTS];
        for (place, count) in counts.iter_mut().enumerate() {
            if mask >> place & 1 == 1 {
                *count = pull(&mut bytes)?;
            }
        }
        rows.push((series, gather(counts)));
    }
    Ok(rows)
}

const fn flatten(counts: Counts) -> [u64; COUNTS] {
    let Counts { tokens, web_searches } = counts;
    let Tokens { uncached_input, cache_read, cache_write_5m, cache_write_1h, output } = tokens;
    [uncached_input, cache_read, cache_write_5m, cache_write_1h, output, web_searches]
}

const fn gather(counts: [u64; COUNTS]) -> Counts {
    let [uncached_input, cache_read, cache_write_5m, cache_write_1h, output, web_searches] = counts;
    Counts {
        tokens: Tokens { uncached_input, cache_read, cache_write_5m, cache_write_1h, output },
        web_searches,
    }
}

/// Seven bits a byte, the lowest first; the high bit says that more follow.
fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn pull(bytes: &mut std::slice::Iter<'_, u8>) -> Result<u64, Error> {
    let mut number = 0;
    for place in 0..VARINT_BYTES_MAX {
        let byte = *bytes.next().ok_or(Error::DeserializeUnexpectedEnd)?;
        let bits = u64::from(byte & 0x7f);
        let shifted = bits << (7 * place);
        if shifted >> (7 * place) != bits {
            return Err(Error::DeserializeBadVarint);
        }
        number |= shifted;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Error::DeserializeBadVarint)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_row() -> impl Strategy<Value = (u64, Counts)> {
        let count = prop_oneof![Just(0), 0..300_u64, any::<u64>()];
        (
            any::<u64>(),
            [count.clone(), count.clone(), count.clone(), count.clone(), count.clone(), count],
        )
            .prop_map(|(series, counts)| (series, gather(counts)))
    }

    proptest! {
        #[test]
        fn what_was_packed_is_what_is_unpacked(rows in prop::collection::vec(any_row(), 0..20)) {
            prop_assert_eq!(unpack(&pack(rows.clone())).unwrap(), rows);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(unpack(&bytes));
        }
    }

    #[test]
    fn a_series_of_a_busy_minute_takes_few_bytes() {
        let counts = gather([48_211, 1_204_333, 0, 0, 9_120, 0]);
        assert_eq!(pack([(17, counts)]).len(), 1 + 1 + 1 + 3 + 3 + 2);
    }

    #[test]
    fn damaged_rows_are_refused() {
        let cases: [(&[u8], &str); 5] = [
            (&[], "nothing at all"),
            (&[2, 1, 0], "another version"),
            (&[1, 1], "a series without counts"),
            (&[1, 1, 0x40], "a count we do not know"),
            (&[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0], "too large"),
        ];
        for (bytes, which) in cases {
            assert!(unpack(bytes).is_err(), "{which}");
        }
    }
}
