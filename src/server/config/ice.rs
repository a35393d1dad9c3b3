//! What helps two to a call and over a restart: STUN, TURN and the key of the tickets, as operators set them; it must
//! not know who is helped.

use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use crate::matchmaker::{self, Keys};

/// URLs of one kind at most: each makes gathering slower for everybody.
const MAX_URLS: usize = 8;

/// The file in the state directory that holds the key.
const KEY_FILE: &str = "ticket.key";

/// Keys at most: each former one costs a look at every pair.
const MAX_KEYS: usize = 4;

/// STUN and TURN servers. None by default: browsers then find each other where their networks allow it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Ice {
    /// `stun:` URLs, at most 8. `PASSERBY__ICE__STUN`, separated by commas.
    pub stun: Vec<String>,
    /// `turn:` and `turns:` URLs, at most 8; each needs the secret. `PASSERBY__ICE__TURN`, separated by commas.
    pub turn: Vec<String>,
    /// What this server and the relay both know (coturn: `static-auth-secret`). Only by the environment:
    /// `PASSERBY__ICE__SECRET`.
    pub secret: Secret,
    /// A file that holds the secret instead. `PASSERBY__ICE__SECRET_FILE`.
    pub secret_file: PathBuf,
    /// Seconds that credentials are good for, 5 to 86400; they are renewed in time. Default: 600.
    /// `PASSERBY__ICE__CREDENTIAL_SECONDS`.
    pub credential_seconds: u64,
    /// Whether addresses that nobody needs are taken out of what two browsers tell each other. Default: true; false only
    /// to find faults, because it tells strangers more of each other than they expect. `PASSERBY__ICE__SCRUB`.
    pub scrub: bool,
}

/// What must outlive the server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct State {
    /// The directory in which the key is made once. Default: none; calls are then not taken up after a restart.
    /// `PASSERBY__STATE__DIR`.
    pub dir: PathBuf,
    /// The key itself, 64 hexadecimal digits, for several servers that take up each other's calls; former keys may follow
    /// it, each after a comma. Only by the environment: `PASSERBY__STATE__KEY`.
    pub key: Secret,
}

/// A text that is not printed; empty for none.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl Secret {
    /// Whether there is one.
    pub(crate) fn is_set(&self) -> bool {
        !self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    /// Tells only whether there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_set() { "hidden" } else { "none" })
    }
}

impl Default for Ice {
    fn default() -> Self {
        Self {
            stun: Vec::new(),
            turn: Vec::new(),
            secret: Secret::default(),
            secret_file: PathBuf::new(),
            credential_seconds: 600,
            scrub: true,
        }
    }
}

/// A key of the configuration and what is wrong with its value.
pub(crate) type Fault = (&'static str, String);

impl Ice {
    /// What the matchmaker needs to know; reads the secret's file.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the values contradict each other or cannot be meant.
    pub(crate) fn settle(&self) -> Result<matchmaker::Ice, Fault> {
        are_urls("ice.stun", &self.stun, &["stun", "stuns"])?;
        are_urls("ice.turn", &self.turn, &["turn", "turns"])?;
        if !(5..=86_400).contains(&self.credential_seconds) {
            return Err(("ice.credential_seconds", "must be 5 to 86400".into()));
        }
        let turn = match (self.turn.is_empty(), self.secret()?) {
            (true, None) => None,
            (true, Some(_)) => {
                return Err(("ice.turn", "is empty, but there is a secret: name the relay's URLs".into()));
            }
            (false, None) => {
                let problem = "is needed for a relay: set PASSERBY__ICE__SECRET or `ice.secret_file`";
                return Err(("ice.secret", problem.into()));
            }
            (false, Some(secret)) => {
                let lifetime = Duration::from_secs(self.credential_seconds);
                Some(matchmaker::Turn { urls: self.turn.clone(), secret, lifetime })
            }
        };
        Ok(matchmaker::Ice { stun: self.stun.clone(), turn, unscrubbed: !self.scrub })
    }

    fn secret(&self) -> Result<Option<String>, Fault> {
        let has_file = !self.secret_file.as_os_str().is_empty();
        match (self.secret.is_set(), has_file) {
            (false, false) => Ok(None),
            (true, false) => Ok(Some(self.secret.0.clone())),
            (true, true) => {
                Err(("ice.secret_file", "cannot be set together with PASSERBY__ICE__SECRET".into()))
            }
            (false, true) => {
                let text = fs::read_to_string(&self.secret_file)
                    .map_err(|error| ("ice.secret_file", format!("cannot be read: {error}")))?;
                let secret = text.trim();
                if secret.is_empty() {
                    return Err(("ice.secret_file", "names an empty file".into()));
                }
                Ok(Some(secret.to_owned()))
            }
        }
    }
}

impl State {
    /// The key that signs, and after it those that have; made if there is a directory for it and none in it yet.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the key is malformed, or cannot be read or made.
    pub(crate) fn keys(&self) -> Result<Option<Keys>, Fault> {
        if !self.key.is_set() && !self.dir.as_os_str().is_empty() {
            fs::create_dir_all(&self.dir).map_err(|error| self.unusable(&error))?;
            match make(&self.dir.join(KEY_FILE)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(self.unusable(&error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        self.known_keys()
    }

    /// The keys that are set, else those in the lines of the file in the directory, else `None`.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where a key is malformed, or cannot be read.
    pub(crate) fn known_keys(&self) -> Result<Option<Keys>, Fault> {
        if self.key.is_set() {
            let problem = || format!("must be 64 hexadecimal digits, or up to {MAX_KEYS} keys with commas");
            return keys(self.key.0.split(',')).map(Some).ok_or_else(|| ("state.key", problem()));
        }
        if self.dir.as_os_str().is_empty() {
            return Ok(None);
        }
        let path = self.dir.join(KEY_FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            it => it.map_err(|error| self.unusable(&error))?,
        };
        let problem = || ("state.dir", format!("{} holds no key of 64 hexadecimal digits", path.display()));
        keys(text.lines()).map(Some).ok_or_else(problem)
    }

    fn unusable(&self, error: &io::Error) -> Fault {
        ("state.dir", format!("{}: {error}", self.dir.display()))
    }
}

/// The keys in these texts, the one that signs first.
fn keys<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Keys> {
    let all: Vec<_> = texts.take(MAX_KEYS + 1).map(|it| parse(it.trim())).collect::<Option<_>>()?;
    let (first, former) = all.split_first().filter(|(_, former)| former.len() < MAX_KEYS)?;
    Some(Keys::new(*first, former.to_vec()))
}

/// Makes the key, for this user only. It is written elsewhere and linked into its place, so that of two servers that start
/// at once both read the same, and whole.
fn make(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let own = path.with_extension(&hex[..16]);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&own)?;
    let made =
        writeln!(file, "{hex}").and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&own, path));
    fs::remove_file(&own)?;
    made
}

fn parse(hex: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}

fn are_urls(key: &'static str, urls: &[String], schemes: &[&str]) -> Result<(), Fault> {
    if urls.len() > MAX_URLS {
        return Err((key, format!("has more than {MAX_URLS} URLs")));
    }
    match urls.iter().find(|it| !is_url(it, schemes)) {
        Some(url) => {
            Err((key, format!("has {url:?}, which is no URL like {}:relay.example:3478", schemes[0])))
        }
        None => Ok(()),
    }
}

/// RFC 7064 and RFC 7065: no slashes, no path, and as the only parameter the transport.
fn is_url(url: &str, schemes: &[&str]) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let (host, transport) = rest.split_once('?').unwrap_or((rest, "transport=udp"));
    schemes.contains(&scheme) && matches!(transport, "transport=udp" | "transport=tcp") && is_host(host)
}

/// A host and perhaps a port. What stands in an address bar has the same form, so the same parser judges it.
fn is_host(text: &str) -> bool {
    let uri = format!("http://{text}").parse::<axum::http::Uri>().ok();
    let authority = uri.as_ref().and_then(axum::http::Uri::authority);
    authority.is_some_and(|it| it.as_str() == text && !it.host().is_empty() && !text.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(ice: Ice) -> Result<matchmaker::Ice, Fault> {
        ice.settle()
    }

    fn key_of(fault: Result<matchmaker::Ice, Fault>) -> &'static str {
        fault.map(|_| ()).unwrap_err().0
    }

    fn urls(urls: &[&str]) -> Vec<String> {
        urls.iter().map(|it| (*it).to_owned()).collect()
    }

    fn secret() -> Secret {
        Secret("north".into())
    }

    #[test]
    fn nothing_is_needed_and_nothing_is_the_default() {
        let ice = settled(Ice::default()).unwrap();
        assert!(ice.stun.is_empty() && ice.turn.is_none() && !ice.unscrubbed);
    }

    #[test]
    fn a_relay_and_its_secret_belong_together() {
        let turn = urls(&["turn:relay.example:3478?transport=udp", "turns:relay.example:443?transport=tcp"]);
        let good = Ice { turn: turn.clone(), secret: secret(), ..Ice::default() };
        let settled_turn = settled(good.clone()).unwrap().turn.unwrap();
        assert_eq!((settled_turn.urls, settled_turn.lifetime.as_secs()), (turn.clone(), 600));
        assert_eq!(key_of(settled(Ice { turn, ..Ice::default() })), "ice.secret");
        assert_eq!(key_of(settled(Ice { secret: secret(), ..Ice::default() })), "ice.turn");
        assert_eq!(key_of(settled(Ice { secret_file: "secret".into(), ..good.clone() })), "ice.secret_file");
        let missing =
            Ice { secret: Secret::default(), secret_file: "/nowhere/secret".into(), ..good.clone() };
        assert_eq!(key_of(settled(missing)), "ice.secret_file");
        assert_eq!(key_of(settled(Ice { credential_seconds: 4, ..good.clone() })), "ice.credential_seconds");
        assert!(!format!("{good:?}").contains("north"), "a secret that is printed is one no longer");
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for bad in [
            "relay.example",
            "http://relay.example",
            "stun:",
            "stun://a",
            "stun:a b",
            "stun:a?x=1",
            "stun:a/b",
        ] {
            assert_eq!(key_of(settled(Ice { stun: urls(&[bad]), ..Ice::default() })), "ice.stun", "{bad}");
        }
        for good in ["stun:relay.example", "stun:192.0.2.1:3478", "stun:[2001:db8::1]:3478", "stuns:a:1"] {
            assert!(settled(Ice { stun: urls(&[good]), ..Ice::default() }).is_ok(), "{good}");
        }
        let many = Ice { stun: urls(&["stun:a"; 9]), ..Ice::default() };
        assert_eq!(key_of(settled(many)), "ice.stun");
    }

    fn fresh_dir(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("passerby-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    #[test]
    fn the_key_is_made_once_for_this_user_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = fresh_dir("key");
        let state = State { dir: dir.clone(), ..State::default() };
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| state.keys())).collect();
            threads.into_iter().map(|it| it.join().unwrap().unwrap()).collect()
        });
        assert!(keys[0].is_some() && keys.iter().all(|it| *it == keys[0]));
        let mode = fs::metadata(dir.join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "nothing else is left there");
        fs::write(dir.join(KEY_FILE), "no key").unwrap();
        assert_eq!(state.keys().unwrap_err().0, "state.dir");
        let (new, old) = ("1a".repeat(32), "0f".repeat(32));
        fs::write(dir.join(KEY_FILE), format!("{new}\n{old}\n")).unwrap();
        assert_eq!(state.keys(), Ok(Some(Keys::new([26; 32], vec![[15; 32]]))));
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_key_that_is_set_wins_and_must_be_one() {
        let state = |key: &str| State { key: Secret(key.into()), ..State::default() };
        let (new, old) = ("1a".repeat(32), "0f".repeat(32));
        assert_eq!(state(&old).keys(), Ok(Some([15; 32].into())));
        assert_eq!(
            state(&format!("{new}, {old}")).keys(),
            Ok(Some(Keys::new([26; 32], vec![[15; 32]]))),
            "a former key still holds"
        );
        for wrong in ["0f", &"xy".repeat(32), &format!("{new},"), &[&*old; MAX_KEYS + 1].join(",")] {
            assert_eq!(state(wrong).keys().unwrap_err().0, "state.key");
        }
        assert_eq!(State::default().keys(), Ok(None));
    }
}
