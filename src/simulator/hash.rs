//! Chance without memory: every random choice is a hash of the seed and of what
//! it is about, so any instant can be computed without those before it.
//!
//! The same coordinates always give the same number, on every machine. Nothing
//! secret depends on it, and it never fails.

/// What a number is drawn for, so that two draws about one hour differ.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Draw {
    Hour = 1,
    Day,
    Minute,
    Late,
    Charge,
    Identifier,
    Request,
    Audit,
}

/// A number for these coordinates.
pub(crate) fn draw(seed: u64, what: Draw, coordinates: [u64; 2]) -> u64 {
    let state = splitmix(seed ^ splitmix(what as u64));
    splitmix(splitmix(state ^ coordinates[0]).wrapping_add(coordinates[1]))
}

/// A number from `low` to `high`, both possible, from some bits of a draw.
pub(crate) const fn between(bits: u64, low: u64, high: u64) -> u64 {
    low + bits % (high - low + 1)
}

/// One step of Steele, Lea and Flood's SplitMix64.
const fn splitmix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// An identifier as the API shapes them: a prefix, `01`, and 22 letters and digits.
pub(crate) fn identifier(prefix: &str, seed: u64, kind: u64, number: u64) -> String {
    const LETTERS: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut id = format!("{prefix}01");
    for place in 0..22 {
        let bits = draw(seed, Draw::Identifier, [kind << 32 | number, place]);
        id.push(char::from(LETTERS[(bits % LETTERS.len() as u64) as usize]));
    }
    id
}

/// A UUID for an organization.
pub(crate) fn uuid(seed: u64) -> String {
    let (a, b) =
        (draw(seed, Draw::Identifier, [u64::MAX, 0]), draw(seed, Draw::Identifier, [u64::MAX, 1]));
    format!(
        "{:08x}-{:04x}-4{:03x}-9{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xFFFF,
        a & 0xFFF,
        b >> 52,
        b & 0xFFFF_FFFF_FFFF
    )
}
