//! [`StoredProfile`]: everything that the browser stores from one visit to the next.

use super::devices::ChosenDevices;
use crate::call::{Consent, PastPartners, Preferences, StoredReports};

/// What the browser stores for all pages of this site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredProfile {
    /// What the person has said before their first call.
    pub consent: Consent,
    /// The statement of an age check provider about the person; empty without one.
    pub age: String,
    /// The switches, and the corner of the own picture.
    pub preferences: Preferences,
    /// The devices that the person has chosen.
    pub chosen: ChosenDevices,
    /// The topics that the person likes to talk about, as typed.
    pub topics: String,
    /// The partners that this device has met or blocked.
    pub acquaintances: PastPartners,
    /// The past matches that can be reported, and the reports that the server has not answered.
    pub reports: StoredReports,
}
