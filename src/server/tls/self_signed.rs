//! [`SelfSigned`]: a certificate that nobody vouches for but its fingerprint; it must not know who compares that.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use anyhow::Context;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use time::OffsetDateTime;
use tokio_rustls::rustls::{
    client::verify_server_name, pki_types::ServerName, server::ParsedCertificate, sign::CertifiedKey,
};

use super::pem;
use crate::server::{clock::since_1970, http::origin};

/// The file in the state directory that holds the certificate and its key.
const FILE: &str = "self-signed.pem";

/// How long one is good for: browsers take none for longer.
const GOOD_FOR: Duration = Duration::from_hours(397 * 24);

/// One that has less than this to go is made anew when the server starts: people have to look at another fingerprint
/// then, and better once than in the middle.
const RENEW_BEFORE: Duration = Duration::from_hours(30 * 24);

/// Where it is kept.
#[derive(Clone, Debug)]
pub(crate) struct SelfSigned {
    /// The state directory; without one each start makes another certificate.
    pub(crate) dir: PathBuf,
}

impl SelfSigned {
    /// The certificate for a server that listens at `address`: the one that is kept, if it is still good for all its
    /// names, else a new one. Tells the log its fingerprint, and where it is found.
    ///
    /// # Errors
    ///
    /// When it cannot be made or kept.
    pub(crate) fn certificate(&self, address: SocketAddr) -> anyhow::Result<CertifiedKey> {
        let certificate = self.keep_or_make(&names(address), since_1970())?;
        let first = certificate.cert.first().context("no certificate")?;
        tracing::info!(fingerprint = pem::fingerprint(first), "self-signed: compare SHA-256 in the browser");
        for url in origins(address) {
            tracing::info!(url, "open");
        }
        Ok(certificate)
    }

    fn keep_or_make(&self, names: &[String], now: Duration) -> anyhow::Result<CertifiedKey> {
        if self.dir.as_os_str().is_empty() {
            let text = make(names, now)?;
            return Ok(pem::certified(text.as_bytes(), text.as_bytes())?);
        }
        let path = self.dir.join(FILE);
        let kept = fs::read(&path).ok().and_then(|it| pem::certified(&it, &it).ok());
        if let Some(kept) = kept.filter(|it| is_good(it, names, now)) {
            return Ok(kept);
        }
        let text = make(names, now)?;
        pem::store(&path, &text).context("`state.dir`")?;
        Ok(pem::certified(text.as_bytes(), text.as_bytes())?)
    }
}

/// The origins of a server that listens at `address`, those for other devices first.
pub(crate) fn origins(address: SocketAddr) -> Vec<String> {
    let port = address.port();
    names(address).iter().map(|name| origin::format_origin("https", name, port)).collect()
}

/// The addresses and names under which a server that listens at `address` is found, those for other devices first.
fn names(address: SocketAddr) -> Vec<String> {
    let ip = address.ip();
    let mut names = Vec::new();
    if ip.is_unspecified() {
        let found = if_addrs::get_if_addrs().unwrap_or_default();
        let can_be_reached = |it: &IpAddr| match it {
            IpAddr::V4(it) => !it.is_loopback() && !it.is_link_local(),
            // A link-local one needs a zone, which no address bar takes.
            IpAddr::V6(it) => ip.is_ipv6() && !it.is_loopback() && !it.is_unicast_link_local(),
        };
        names.extend(
            found.iter().map(if_addrs::Interface::ip).filter(can_be_reached).map(|it| it.to_string()),
        );
        // The name of this machine, and the one under which others find it by multicast DNS.
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_lowercase();
        if !host.is_empty() && host.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-') {
            names.extend([format!("{host}.local"), host]);
        }
    } else if !ip.is_loopback() {
        names.push(ip.to_string());
    }
    if ip.is_unspecified() || ip.is_loopback() {
        names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    }
    names
}

/// A new one, the key first.
fn make(names: &[String], now: Duration) -> anyhow::Result<String> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "Passerby, self-signed");
    // A day early, for devices whose clocks are behind.
    let at = |time: Duration| {
        OffsetDateTime::from_unix_timestamp(time.as_secs().try_into()?).map_err(anyhow::Error::from)
    };
    params.not_before = at(now.saturating_sub(Duration::from_hours(24)))?;
    params.not_after = at(now + GOOD_FOR)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(key.serialize_pem() + &certificate.pem())
}

/// Whether it is for all of `names`, and for long enough.
fn is_good(certificate: &CertifiedKey, names: &[String], now: Duration) -> bool {
    let Some(first) = certificate.cert.first() else { return false };
    let Ok(parsed) = ParsedCertificate::try_from(first) else { return false };
    let is_for = |name: &String| {
        ServerName::try_from(name.as_str()).is_ok_and(|it| verify_server_name(&parsed, &it).is_ok())
    };
    let ends = pem::validity(certificate).ok().and_then(|(_, ends)| u64::try_from(ends).ok());
    ends.is_some_and(|it| it >= (now + RENEW_BEFORE).as_secs()) && names.iter().all(is_for)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_hours(500_000);

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn it_stays_the_same_until_it_has_to_change() {
        let dir = std::env::temp_dir().join(format!("passerby-self-signed-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        let own = SelfSigned { dir: dir.clone() };
        let print = |names: &[String], now| {
            pem::fingerprint(own.keep_or_make(names, now).unwrap().cert.first().unwrap())
        };
        let (one, two) =
            (names(&["localhost", "127.0.0.1"]), names(&["localhost", "127.0.0.1", "192.0.2.7"]));
        let first = print(&one, NOW);
        assert_eq!(first.split(':').count(), 32);
        assert_eq!(print(&one, NOW), first);
        assert_eq!(print(&names(&["127.0.0.1"]), NOW + GOOD_FOR - RENEW_BEFORE), first);
        let second = print(&two, NOW);
        assert_ne!(second, first, "it was not for all names");
        assert_eq!(print(&two, NOW), second);
        let third = print(&two, NOW + GOOD_FOR - RENEW_BEFORE + Duration::from_secs(1));
        assert_ne!(third, second, "it has little to go");
        fs::write(dir.join(FILE), "none").unwrap();
        assert_ne!(print(&two, NOW), third);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn other_devices_come_first() {
        let loopback = origins(([127, 0, 0, 1], 3443).into());
        assert_eq!(loopback, ["https://localhost:3443", "https://127.0.0.1:3443", "https://[::1]:3443"]);
        assert_eq!(origins(([192, 0, 2, 7], 443).into()), ["https://192.0.2.7"]);
        let everywhere = origins(([0, 0, 0, 0], 3443).into());
        assert_eq!(everywhere[everywhere.len() - 3..], loopback);
    }
}
