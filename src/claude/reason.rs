//! Why the API declined a change it understood, by the codes its documentation names.

use super::advice::Advice;

/// What a `details.error_code` says. What is not among them is told by its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    AlreadyMember,
    InviteAlreadyExists,
    EmailDomainNotAllowed,
    EmailDomainUnverified,
    MemberLimitExceeded,
    OrganizationKeyLimitExceeded,
    WorkspaceKeyLimitExceeded,
    SpendLimitWritesNotEnabled,
    OrganizationTypeNotSupported,
}

impl Reason {
    pub const ALL: [Self; 9] = [
        Self::AlreadyMember,
        Self::InviteAlreadyExists,
        Self::EmailDomainNotAllowed,
        Self::EmailDomainUnverified,
        Self::MemberLimitExceeded,
        Self::OrganizationKeyLimitExceeded,
        Self::WorkspaceKeyLimitExceeded,
        Self::SpendLimitWritesNotEnabled,
        Self::OrganizationTypeNotSupported,
    ];

    pub(super) fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The API's own word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AlreadyMember => "already_member",
            Self::InviteAlreadyExists => "invite_already_exists",
            Self::EmailDomainNotAllowed => "email_domain_not_allowed",
            Self::EmailDomainUnverified => "cannot_invite_emails_with_unverified_domains",
            Self::MemberLimitExceeded => "org_member_limit_exceeded",
            Self::OrganizationKeyLimitExceeded => "org_api_key_limit_exceeded",
            Self::WorkspaceKeyLimitExceeded => "workspace_api_key_limit_exceeded",
            Self::SpendLimitWritesNotEnabled => "spend_limits_admin_api_writes_not_enabled",
            Self::OrganizationTypeNotSupported => "organization_type_not_supported",
        }
    }

    pub(super) fn advice(self) -> Advice {
        let (cause, fix) = match self {
            Self::AlreadyMember => (
                "whoever has this address is a member already",
                "Nothing needs to be done; `usagewarden members set-role` changes the role",
            ),
            Self::InviteAlreadyExists => (
                "an invite to this address is pending already",
                "Wait until it is accepted, or withdraw it first: `usagewarden members list` shows it",
            ),
            Self::EmailDomainNotAllowed => (
                "the organization does not let people of this mail domain in",
                "Use an address of an allowed domain, or let an owner allow this one in the Console",
            ),
            Self::EmailDomainUnverified => (
                "the organization invites people of verified mail domains only, and this one is not",
                "Use an address of a verified domain, or let an owner verify this one in the Console",
            ),
            Self::MemberLimitExceeded => (
                "the organization has as many members as it may have",
                "Remove somebody who has left, or ask the account team for more seats",
            ),
            Self::OrganizationKeyLimitExceeded => (
                "the organization has as many API keys as it may have",
                "Archive keys that nobody uses: `usagewarden keys list` shows their last use",
            ),
            Self::WorkspaceKeyLimitExceeded => (
                "the workspace has as many API keys as it may have",
                "Archive keys that nobody uses: `usagewarden keys list` shows their last use",
            ),
            Self::SpendLimitWritesNotEnabled => (
                "this organization may not change spend limits through the API: that is granted \
                 organization by organization",
                "Set the limit in the Console, or ask the account team for access",
            ),
            Self::OrganizationTypeNotSupported => (
                "the API does not offer this to an organization of this type",
                "Do it in the Console",
            ),
        };
        Advice::new(cause, fix)
    }
}
