//! The families of figures that every organization has lines of.

/// Declares the families: variant, name, kind, help.
macro_rules! families {
    ($($variant:ident, $name:literal, $kind:ident, $help:literal;)*) => {
        /// One metric of the domain. The order is the order of the exposition.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Family {
            $($variant,)*
        }

        impl Family {
            pub(super) const ALL: &[Self] = &[$(Self::$variant,)*];
            pub(super) const COUNT: usize = Self::ALL.len();

            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The two lines that stand before the first line of this family.
            pub(super) const fn heading(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!(
                        "# HELP ", $name, " ", $help, "\n# TYPE ", $name, " ", families!(@word $kind), "\n",
                    ),)*
                }
            }
        }
    };
    (@word Counter) => { "counter" };
    (@word Gauge) => { "gauge" };
}

families! {
    OrganizationInfo, "claude_organization_info", Gauge, "Who the organization is; always 1.";
    WorkspaceInfo, "claude_workspace_info", Gauge, "Names of workspaces, for joining; always 1.";
    ApiKeyInfo, "claude_api_key_info", Gauge, "Names and states of API keys, for joining; always 1.";
    Tokens, "claude_tokens_total", Counter, "Tokens used since first contact.";
    Requests, "claude_requests_total", Counter, "Requests since first contact, where a report counts them.";
    WebSearches, "claude_web_searches_total", Counter, "Web searches since first contact, where a report counts them.";
    Cost, "claude_cost_usd_total", Counter, "US dollars spent since first contact, as estimated or billed when counted.";
    SpendDay, "claude_spend_day_usd", Gauge, "US dollars of the current day so far; the sum over basis is the figure.";
    SpendWeek, "claude_spend_week_usd", Gauge, "US dollars of the current week so far; the sum over basis is the figure.";
    SpendMonth, "claude_spend_month_usd", Gauge, "US dollars of the current month so far; the sum over basis is the figure.";
    ApiKeySpendMonth, "claude_api_key_spend_month_usd", Gauge, "US dollars of the current month by API key, estimated and scaled to the bill.";
    BudgetLimit, "claude_budget_limit_usd", Gauge, "US dollars a budget allows in its current period.";
    BudgetUsed, "claude_budget_used_usd", Gauge, "US dollars of a budget that are used.";
    BudgetRatio, "claude_budget_used_ratio", Gauge, "What is used of a budget as a share of its limit.";
    BudgetForecast, "claude_budget_forecast_usd", Gauge, "US dollars a budget is expected to have used at the end of its period.";
    BudgetExhaustion, "claude_budget_exhaustion_timestamp_seconds", Gauge, "When a budget is expected to reach its limit, where that is within its period.";
    BudgetReset, "claude_budget_reset_timestamp_seconds", Gauge, "When the current period of a budget ends.";
    UnpricedTokens, "claude_unpriced_tokens_total", Counter, "Tokens since first contact that had no price when they were counted.";
    PriceError, "claude_price_error_ratio", Gauge, "Estimate of the latest billed day over its bill, minus one.";
    QuotaLimit, "claude_quota_limit_tokens", Gauge, "Tokens the quota allows.";
    QuotaUsed, "claude_quota_used_tokens", Gauge, "Tokens of the quota that are used.";
    QuotaRemaining, "claude_quota_remaining_tokens", Gauge, "Tokens of the quota that are left.";
    QuotaReset, "claude_quota_reset_timestamp_seconds", Gauge, "When the quota starts again.";
    SpendLimit, "claude_spend_limit_usd", Gauge, "Caps on spend that the API reports, in US dollars.";
    RateLimit, "claude_rate_limit", Gauge, "Limits on the rate of use, in the unit their limiter names.";
    RateLimitUsed, "claude_rate_limit_used_ratio", Gauge, "Mean use of the last closed minutes as a share of the limit.";
    ApiKeys, "claude_api_keys", Gauge, "API keys by state.";
    Members, "claude_members", Gauge, "Members by role.";
    InvitesPending, "claude_invites_pending", Gauge, "Invites nobody has accepted yet.";
    AuditEvents, "claude_audit_events_total", Counter, "Lines of the audit log since first contact, by type.";
    DataTimestamp, "claude_data_timestamp_seconds", Gauge, "End of the newest closed data of a report.";
    SeriesFolded, "claude_series_folded", Gauge, "Series beyond the cap that are summed into `other`, or left out where a sum means nothing.";
    Alerts, "usagewarden_alerts", Gauge, "Alerts by rule, severity and state.";
    Polls, "usagewarden_polls_total", Counter, "Polls of a report, by organization and outcome.";
    PollLastSuccess, "usagewarden_poll_last_success_timestamp_seconds", Gauge, "When a report was last read, 0 before the first time.";
}
