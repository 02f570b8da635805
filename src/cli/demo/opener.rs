//! Opening the status page with the desktop's own opener.

use std::process::{Child, Command, Stdio};

/// The desktop's word for: open this as the user is used to.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// An opener at work, or why there is none.
#[derive(Debug)]
pub(super) enum Opener {
    Working(Child),
    Done,
}

impl Opener {
    /// Asks the desktop to open `url`. What it says is none of this terminal's matter.
    pub(super) fn open(url: &str) -> Result<Self, String> {
        let mut command = Command::new(OPENER);
        command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(child) => Ok(Self::Working(child)),
            Err(_) => Err(format!("there is no {OPENER} here; open the status page yourself")),
        }
    }

    /// Whether it has failed since the last time it was asked.
    pub(super) fn has_failed(&mut self) -> Option<String> {
        let Self::Working(child) = self else { return None };
        // Not over yet; a browser may take its time.
        let ended = child.try_wait().transpose()?;
        *self = Self::Done;
        let is_well = ended.is_ok_and(|status| status.success());
        (!is_well).then(|| format!("{OPENER} could not open the status page; open it yourself"))
    }
}
