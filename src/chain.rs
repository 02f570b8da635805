//! An error with all its causes, in one line.

use std::error::Error;
use std::fmt;

/// Shows an error together with everything that caused it.
///
/// Our `Display` impls speak for one level only, so the chain is spelled out
/// here, once, and in the same words for the journal and for the status page.
pub struct Chain<'a>(pub &'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
