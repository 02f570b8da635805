//! How busy an hour is: slow growth, the week, the day, and chance.
//!
//! Shares are thousandths, and integers throughout, so that every machine
//! computes the same history.

use super::hash::{Draw, between, draw};

/// Whose hours a stream keeps, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rhythm {
    /// Machines: hardly any night.
    Flat,
    /// People: working days, working hours.
    Office,
    /// Jobs that wait for the night.
    Night,
    /// A person now and then; most hours nothing at all.
    Sparse,
}

const OFFICE: [u64; 24] = [
    180, 150, 130, 120, 140, 220, 420, 800, 1_300, 1_650, 1_750, 1_700, 1_500, 1_650, 1_800, 1_850,
    1_750, 1_600, 1_350, 1_050, 800, 560, 380, 250,
];
const NIGHT: [u64; 24] = [
    2_600, 2_900, 3_000, 2_800, 2_400, 1_500, 700, 300, 200, 200, 250, 300, 300, 300, 300, 300,
    350, 400, 500, 700, 900, 1_300, 1_800, 2_300,
];
/// Monday first.
const WEEK: [u64; 7] = [1_080, 1_130, 1_150, 1_120, 1_040, 440, 380];

impl Rhythm {
    /// Thousandths of the stream's usual hour that fall on this one.
    ///
    /// Hours are counted since 1970. `age_days` counts from the beginning of history.
    pub(crate) fn strength(self, seed: u64, stream: u64, hour: i64, age_days: u64) -> u64 {
        let hour_bits = draw(seed, Draw::Hour, [stream, hour.unsigned_abs()]);
        let day = hour.div_euclid(24);
        let day_bits = draw(seed, Draw::Day, [stream, day.unsigned_abs()]);
        let growth = 570 + age_days;
        let chance = between(day_bits, 900, 1_100) * between(hour_bits, 860, 1_140) / 1_000;
        growth * self.habit(hour, hour_bits) / 1_000 * chance / 1_000
    }

    fn habit(self, hour: i64, bits: u64) -> u64 {
        let of_day = usize::try_from(hour.rem_euclid(24)).unwrap_or(0);
        // 1 January 1970 was a Thursday.
        let of_week = usize::try_from((hour.div_euclid(24) + 3).rem_euclid(7)).unwrap_or(0);
        match self {
            Self::Flat => 900 + OFFICE[of_day] / 10,
            Self::Office => OFFICE[of_day] * WEEK[of_week] / 1_000,
            Self::Night => NIGHT[of_day],
            Self::Sparse if (bits >> 20) % 10 < 6 => 0,
            Self::Sparse => OFFICE[of_day] * WEEK[of_week] / 500,
        }
    }
}
