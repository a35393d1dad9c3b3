//! [`ResolvedDevice`]: the device that a page names in its `hello`.

use crate::{
    matchmaker::{id_generator::IdGenerator, keys::Keys},
    protocol::DeviceId,
};

/// A device, and the signed name that its page should store.
pub(crate) struct ResolvedDevice {
    /// The device.
    pub(crate) id: DeviceId,
    /// Its new signed name; `None` if the page already has a good one.
    pub(crate) new_name: Option<String>,
}

impl ResolvedDevice {
    /// The device of a signed name.
    ///
    /// A missing or invalid name gives a new device. A name signed by a former key is signed again for the same device.
    pub(crate) fn resolve(keys: &Keys, ids: &mut IdGenerator, name: Option<&str>) -> Self {
        match name.and_then(|it| keys.device(it)) {
            Some((id, true)) => Self { id, new_name: None },
            Some((id, false)) => Self { id, new_name: Some(keys.sign_device(id)) },
            None => {
                let id = ids.device_id();
                Self { id, new_name: Some(keys.sign_device(id)) }
            }
        }
    }
}
