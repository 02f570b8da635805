//! One mail as it goes over the wire: identity, headers, bodies.

use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{MessageBuilder, MultiPart};
use lettre::{Address, Message};
use sha2::{Digest, Sha256};
use usagewarden_core::notice::{Effect, Notice, NoticeId};
use usagewarden_core::rule::Severity;

use crate::deliver::email::error::MailError;
use crate::deliver::email::story::Story;
use crate::deliver::email::{Settings, html, text};

/// A line of a header may have 998 bytes, and no mail program needs all of hundreds.
const ROOTS_MAX: usize = 12;

/// A mail filter needs no more of a name.
const LIST_NAME_MAX: usize = 60;

/// A mail that is ready to be sent, and sent again.
#[derive(Debug)]
pub(super) struct Mail {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

impl Mail {
    /// Renders `notice` for one of the channel's recipients. The same notice gives
    /// the same bytes: a mail sent twice must not look like two.
    pub(super) fn compose(
        settings: &Settings,
        recipient: &Address,
        notice: &Notice,
    ) -> Result<Self, MailError> {
        let envelope = Envelope::new(Some(settings.from.email.clone()), vec![recipient.clone()]);
        let envelope = envelope.map_err(|source| MailError::Compose { source })?;
        let identity = Identity { recipient, domain: settings.from.email.domain() };
        let story = Story::of(notice, &settings.external_url);
        let bodies = MultiPart::alternative()
            .boundary(identity.hash(&notice.id, notice.decided_at))
            .singlepart(lettre::message::SinglePart::plain(text::render(&story)))
            .singlepart(lettre::message::SinglePart::html(html::render(&story)));
        let message = headers(settings, &identity, notice)
            .subject(story.subject.clone())
            .envelope(envelope.clone())
            .multipart(bodies)
            .map_err(|source| MailError::Compose { source })?;
        Ok(Self { envelope, bytes: message.formatted() })
    }
}

/// What a program reads. Words from outside come into none of it but the subject, which
/// is one clean line.
fn headers(settings: &Settings, identity: &Identity<'_>, notice: &Notice) -> MessageBuilder {
    let mut builder = Message::builder()
        .from(settings.from.clone())
        .message_id(Some(identity.message_id(&notice.id, notice.decided_at)))
        .date(notice.decided_at.into())
        .raw_header(raw("Auto-Submitted", "auto-generated"))
        .raw_header(raw("X-Auto-Response-Suppress", "All"))
        .raw_header(raw("List-Id", &list_id(notice, identity.domain)));
    // Outlook and Exchange show it, and people filter by it. `X-Priority` is nobody's
    // standard and says the same; and a reminder is not more urgent than what it repeats.
    if notice.effect() == Effect::Fired && notice.severity() == Severity::Critical {
        builder = builder.raw_header(raw("Importance", "high"));
    }
    for mailbox in &settings.to {
        builder = builder.to(mailbox.clone());
    }
    let roots = notice.roots();
    let named =
        roots.iter().take(ROOTS_MAX).map(|root| identity.message_id(&root.id, root.decided_at));
    let named: Vec<String> = named.collect();
    if let Some(first) = named.first() {
        builder = builder.in_reply_to(first.clone()).references(named.join(" "));
    }
    builder
}

/// Our own words only: what comes from outside goes through lettre's encoders.
fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// A handle for mail filters: the same for all mails about one organization.
fn list_id(notice: &Notice, domain: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let organization: String =
        notice.organization.as_str().chars().map(plain).take(LIST_NAME_MAX).collect();
    format!("<{organization}.usagewarden.{domain}>")
}

/// Names the mails of one recipient.
struct Identity<'a> {
    recipient: &'a Address,
    domain: &'a str,
}

impl Identity<'_> {
    /// The same for every attempt, and for nobody else.
    fn message_id(&self, notice: &NoticeId, decided_at: Timestamp) -> String {
        format!("<{}@{}>", self.hash(notice, decided_at), self.domain)
    }

    /// Half of a SHA-256, as hexadecimal digits. The time is in it because mail
    /// programs drop a name they have seen: a second installation, or one whose
    /// store was lost, must not be mistaken for a repeat.
    fn hash(&self, notice: &NoticeId, decided_at: Timestamp) -> String {
        // No part can hold a line break, so no two triples read alike.
        let named = format!("{}\n{decided_at}\n{}", notice.0, self.recipient);
        let digest = Sha256::digest(named.as_bytes());
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests;
