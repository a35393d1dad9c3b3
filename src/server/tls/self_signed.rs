//! [`SelfSigned`]: a certificate that the server makes itself; people compare its fingerprint in their browser.

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

/// How long a certificate is valid: the longest that browsers accept.
const VALIDITY: Duration = Duration::from_hours(397 * 24);

/// A certificate that expires sooner than this is replaced when the server starts. People then have to compare a new
/// fingerprint, which is better at a start than while the server runs.
const RENEW_BEFORE: Duration = Duration::from_hours(30 * 24);

/// Where the certificate is stored.
#[derive(Clone, Debug)]
pub(crate) struct SelfSigned {
    /// The state directory; if it is empty, each start makes a new certificate.
    pub(crate) dir: PathBuf,
}

impl SelfSigned {
    /// The certificate for a server that listens at `address`: the stored one if it still covers all names, or a new
    /// one. Logs its fingerprint and the URLs to open.
    ///
    /// # Errors
    ///
    /// If it cannot be made or stored.
    pub(crate) fn certificate(&self, address: SocketAddr) -> anyhow::Result<CertifiedKey> {
        let certificate = self.load_or_make(&names(address), since_1970())?;
        let first = certificate.cert.first().context("no certificate")?;
        tracing::info!(
            fingerprint = pem::fingerprint(first),
            "self-signed certificate: compare SHA-256 in the browser"
        );
        for url in origins(address) {
            tracing::info!(url, "open");
        }
        Ok(certificate)
    }

    fn load_or_make(&self, names: &[String], now: Duration) -> anyhow::Result<CertifiedKey> {
        if self.dir.as_os_str().is_empty() {
            let text = make(names, now)?;
            return Ok(pem::parse_certified_key(text.as_bytes(), text.as_bytes())?);
        }
        let path = self.dir.join(FILE);
        let stored = fs::read(&path).ok().and_then(|it| pem::parse_certified_key(&it, &it).ok());
        if let Some(stored) = stored.filter(|it| is_usable(it, names, now)) {
            return Ok(stored);
        }
        let text = make(names, now)?;
        pem::write_private(&path, &text).context("`state.dir`")?;
        Ok(pem::parse_certified_key(text.as_bytes(), text.as_bytes())?)
    }
}

/// The origins of a server that listens at `address`; those that other devices can open come first.
pub(crate) fn origins(address: SocketAddr) -> Vec<String> {
    let port = address.port();
    names(address).iter().map(|name| origin::format_origin("https", name, port)).collect()
}

/// The addresses and names of a server that listens at `address`; those that other devices can open come first.
fn names(address: SocketAddr) -> Vec<String> {
    let ip = address.ip();
    let mut names = Vec::new();
    if ip.is_unspecified() {
        let found = if_addrs::get_if_addrs().unwrap_or_default();
        let is_reachable = |it: &IpAddr| match it {
            IpAddr::V4(it) => !it.is_loopback() && !it.is_link_local(),
            // A link-local address needs a zone, which no address bar accepts.
            IpAddr::V6(it) => ip.is_ipv6() && !it.is_loopback() && !it.is_unicast_link_local(),
        };
        names.extend(found.iter().map(if_addrs::Interface::ip).filter(is_reachable).map(|it| it.to_string()));
        // The name of this machine, alone and as multicast DNS announces it.
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

/// Makes a new certificate; returns the key and the certificate as PEM.
fn make(names: &[String], now: Duration) -> anyhow::Result<String> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "Passerby, self-signed");
    // Valid from yesterday, for devices whose clocks are slow.
    let at = |time: Duration| {
        OffsetDateTime::from_unix_timestamp(time.as_secs().try_into()?).map_err(anyhow::Error::from)
    };
    params.not_before = at(now.saturating_sub(Duration::from_hours(24)))?;
    params.not_after = at(now + VALIDITY)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(key.serialize_pem() + &certificate.pem())
}

/// Whether the certificate covers all `names` and is valid for long enough.
fn is_usable(certificate: &CertifiedKey, names: &[String], now: Duration) -> bool {
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
    fn keeps_the_certificate_until_it_must_change() {
        let dir = std::env::temp_dir().join(format!("passerby-self-signed-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        let own = SelfSigned { dir: dir.clone() };
        let print = |names: &[String], now| {
            pem::fingerprint(own.load_or_make(names, now).unwrap().cert.first().unwrap())
        };
        let (one, two) =
            (names(&["localhost", "127.0.0.1"]), names(&["localhost", "127.0.0.1", "192.0.2.7"]));
        let first = print(&one, NOW);
        assert_eq!(first.split(':').count(), 32);
        assert_eq!(print(&one, NOW), first);
        assert_eq!(print(&names(&["127.0.0.1"]), NOW + VALIDITY - RENEW_BEFORE), first);
        let second = print(&two, NOW);
        assert_ne!(second, first, "the first one did not cover all names");
        assert_eq!(print(&two, NOW), second);
        let third = print(&two, NOW + VALIDITY - RENEW_BEFORE + Duration::from_secs(1));
        assert_ne!(third, second, "the second one was about to expire");
        fs::write(dir.join(FILE), "none").unwrap();
        assert_ne!(print(&two, NOW), third);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn origins_for_other_devices_come_first() {
        let loopback = origins(([127, 0, 0, 1], 3443).into());
        assert_eq!(loopback, ["https://localhost:3443", "https://127.0.0.1:3443", "https://[::1]:3443"]);
        assert_eq!(origins(([192, 0, 2, 7], 443).into()), ["https://192.0.2.7"]);
        let everywhere = origins(([0, 0, 0, 0], 3443).into());
        assert_eq!(everywhere[everywhere.len() - 3..], loopback);
    }
}
