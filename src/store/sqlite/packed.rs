//! Packed rows: a version byte, then postcard.
//!
//! Postcard has no field names, so a changed type cannot read what the old one wrote.
//! Whoever changes a stored type writes a new version here, reads both, and adds a
//! migration step: an older program then refuses the store as a whole, and never
//! meets a row that it would misread or write over.

use postcard::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::StoreError;

const VERSION: u8 = 1;

pub(super) fn pack<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, StoreError> {
    postcard::to_extend(value, vec![VERSION])
        .map_err(|source| StoreError::Unwritable { what, source })
}

pub(super) fn unpack<T: DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, StoreError> {
    let unreadable = |source| StoreError::Unreadable { what, source };
    match bytes.split_first() {
        Some((&VERSION, packed)) => postcard::from_bytes(packed).map_err(unreadable),
        Some(_) => Err(unreadable(Error::DeserializeBadEncoding)),
        None => Err(unreadable(Error::DeserializeUnexpectedEnd)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_another_version_is_refused_and_not_misread() {
        let mut row = pack("figure", &(7_u64, "seven".to_owned())).unwrap();
        assert_eq!(unpack::<(u64, String)>("figure", &row).unwrap(), (7, "seven".to_owned()));
        row[0] += 1;
        let refused = unpack::<(u64, String)>("figure", &row).unwrap_err();
        assert_eq!(refused.to_string(), "a stored figure could not be understood");
        assert!(unpack::<(u64, String)>("figure", &[]).is_err());
    }
}
