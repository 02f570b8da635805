//! Files and environments that are right, and what they mean.

use jiff::SignedDuration;
use usagewarden_core::reading::Report;

use super::super::{Api, Cadence};
use super::*;

#[test]
fn a_name_and_a_key_are_enough() {
    let config = accepted(ORGANIZATION);
    let [organization] = &config.organizations[..] else { panic!("one is written") };
    assert_eq!(organization.name.as_str(), "acme");
    assert_eq!(organization.api, Api::Admin);
    assert_eq!(organization.base_url.as_str(), "https://api.anthropic.com/");
    assert_eq!(config.external_url.as_str(), "http://127.0.0.1:9185/");
    let hour = Cadence::Every(SignedDuration::from_hours(1));
    assert_eq!(organization.poll.of(Report::Members), &hour);
}
