//! The colors of a mail, in light and in dark.

use usagewarden_core::rule::Severity;

use crate::deliver::email::story::Tone;

/// The colors that say how a mail is meant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Colors {
    /// Of bars.
    pub(super) accent: &'static str,
    /// Of a word on `tint`: dark enough to be read.
    pub(super) ink: &'static str,
    pub(super) tint: &'static str,
}

impl Colors {
    pub(super) const fn of(tone: Tone) -> Self {
        match tone {
            Tone::Wrong(Severity::Critical) => {
                Self { accent: "#d92d20", ink: "#b42318", tint: "#fee4e2" }
            }
            Tone::Wrong(Severity::Warning) => {
                Self { accent: "#f79009", ink: "#93370d", tint: "#fef0c7" }
            }
            Tone::Wrong(Severity::Info) => {
                Self { accent: "#1570ef", ink: "#1849a9", tint: "#d1e9ff" }
            }
            Tone::Over => Self { accent: "#079455", ink: "#085d3a", tint: "#d3f8df" },
            Tone::Test => Self { accent: "#667085", ink: "#344054", tint: "#eaecf0" },
        }
    }
}

/// Dark colors, for programs that know they want them; `data-ogsc` is Outlook's way to
/// say so. Accents and pills are bright enough on both.
pub(super) const DARK: &str = "\
:root{color-scheme:light dark}\
@media (prefers-color-scheme:dark){\
.page{background:#0c111d!important}\
.card{background:#161b26!important;border-color:#333741!important}\
.text{color:#f5f5f6!important}.soft{color:#a3a8b3!important}\
.box{background:#1f242f!important}.line{border-color:#333741!important}\
.rest{background:#333741!important}\
.button{background:#f5f5f6!important;color:#101828!important}}\
[data-ogsc] .text{color:#f5f5f6!important}[data-ogsc] .soft{color:#a3a8b3!important}";
