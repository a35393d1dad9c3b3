//! `[cluster]`: several processes as one server, with a Redis or Valkey between them.

use std::path::PathBuf;

use redis::IntoConnectionInfo;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::store::connection::RedisAddress;
use crate::server::config::{
    keys::KeySource,
    value::{InvalidKey, SecretText},
};

/// The maximum length of a name, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// `[cluster]`: several processes as one server, with a Redis or Valkey between them. Off as long as no Redis is named.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct ClusterSettings {
    /// The URL of Redis 6.2 or later, or of Valkey: `redis://`, or `rediss://` with TLS. Several URLs, separated by
    /// commas, are those of Sentinels. Set by the environment only, because it may contain a password:
    /// `PASSERBY__CLUSTER__REDIS`.
    pub redis: SecretText,
    /// A file that holds the URLs instead. `PASSERBY__CLUSTER__REDIS_FILE`.
    pub redis_file: PathBuf,
    /// The name under which the Sentinels know the master. Default: mymaster. `PASSERBY__CLUSTER__SENTINEL_MASTER`.
    pub sentinel_master: String,
    /// The name of the cluster: several may use one Redis. Default: passerby. `PASSERBY__CLUSTER__NAME`.
    pub name: String,
    /// The name of this process, different from all others. Default: none, which is enough unless it is
    /// `moderation.home`. `PASSERBY__CLUSTER__EDGE_NAME`.
    pub edge_name: String,
    /// What this process does: `edge` serves pages and sockets, `core` may match people, `both` does both. Default:
    /// both. `PASSERBY__CLUSTER__ROLES`.
    pub roles: Roles,
}

/// What a process of a cluster does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Roles {
    /// It serves pages and sockets, and may match people.
    #[default]
    Both,
    /// It serves pages and sockets.
    Edge,
    /// It may match people.
    Core,
}

/// The part of this process in a cluster.
#[derive(Clone, Debug)]
pub(crate) struct ClusterPlan {
    /// Where Redis is.
    pub(crate) redis: RedisAddress,
    /// The name of the cluster.
    pub(crate) name: String,
    /// What this process does.
    pub(crate) roles: Roles,
    /// Whether a process of the cluster has the moderation store.
    pub(crate) is_moderated: bool,
    /// Whether this one has.
    pub(crate) is_home: bool,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            redis: SecretText::default(),
            redis_file: PathBuf::new(),
            sentinel_master: "mymaster".to_owned(),
            name: "passerby".to_owned(),
            edge_name: String::new(),
            roles: Roles::default(),
        }
    }
}

impl ClusterSettings {
    /// The part of this process; `None` without a Redis. `home` is the name of the process with the moderation store,
    /// and `public` an origin at which strangers reach the server.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] for a value that cannot be used, and for one outside this table that a cluster cannot use.
    pub(crate) fn resolve(
        &self,
        keys: &KeySource,
        home: &str,
        public: Option<&str>,
    ) -> Result<Option<ClusterPlan>, InvalidKey> {
        let file = ("cluster.redis_file", self.redis_file.as_path());
        let Some(urls) = self.redis.or_file("PASSERBY__CLUSTER__REDIS", file)? else {
            return self.check_unused(home).map(|()| None);
        };
        let redis = self.address(urls.expose_secret())?;
        for (key, name) in [("cluster.name", &self.name), ("cluster.edge_name", &self.edge_name)] {
            if name.len() > MAX_NAME_BYTES
                || !name.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it))
            {
                let problem = format!("must be letters, digits, `-`, `_` and `.`, {MAX_NAME_BYTES} at most");
                return Err(InvalidKey::new(key, problem));
            }
        }
        if self.name.is_empty() {
            return Err(InvalidKey::new("cluster.name", "must not be empty"));
        }
        match keys {
            KeySource::Existing(_) => {}
            KeySource::Create(_) | KeySource::Temporary => {
                let problem =
                    "is required, the same one for all processes of a cluster (or its file in `state.dir`)";
                return Err(InvalidKey::new("state.key", problem));
            }
        }
        if let (true, Some(origin)) = (home.is_empty(), public) {
            let problem = format!(
                "is empty, but strangers can reach {origin}: name the process of the cluster that keeps reports and bans"
            );
            return Err(InvalidKey::new("moderation.home", problem));
        }
        let is_home = !home.is_empty() && home == self.edge_name;
        if is_home && self.roles == Roles::Core {
            return Err(InvalidKey::new(
                "moderation.home",
                "names this process, which is a core without sockets",
            ));
        }
        let is_moderated = !home.is_empty();
        Ok(Some(ClusterPlan { redis, name: self.name.clone(), roles: self.roles, is_moderated, is_home }))
    }

    /// The problem never contains a URL, which may hold a password.
    fn address(&self, urls: &str) -> Result<RedisAddress, InvalidKey> {
        let parse = |url: &str| {
            url.trim().into_connection_info().map_err(|error| {
                InvalidKey::new("cluster.redis", format!("is not the URL of a Redis: {}", error.category()))
            })
        };
        let mut all = urls.split(',').map(parse).collect::<Result<Vec<_>, _>>()?;
        match (all.len(), all.pop()) {
            (1, Some(only)) => Ok(RedisAddress::Direct(Box::new(only))),
            (_, last) => {
                all.extend(last);
                Ok(RedisAddress::Sentinels(all, self.sentinel_master.clone()))
            }
        }
    }

    /// Without a Redis, nothing else may say that there is a cluster.
    fn check_unused(&self, home: &str) -> Result<(), InvalidKey> {
        if self.roles != Roles::Both {
            return Err(InvalidKey::new("cluster.roles", "needs a Redis: set PASSERBY__CLUSTER__REDIS"));
        }
        if !home.is_empty() {
            return Err(InvalidKey::new("moderation.home", "is for a cluster: set PASSERBY__CLUSTER__REDIS"));
        }
        Ok(())
    }
}

impl ClusterPlan {
    /// The part of this process in words for the operator.
    pub(crate) fn describe(&self) -> String {
        let part = match self.roles {
            Roles::Both => "serves sockets and may be the core",
            Roles::Edge => "serves sockets",
            Roles::Core => "may be the core",
        };
        format!("cluster {}: this process {part}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> KeySource {
        KeySource::Existing([7; 32].into())
    }

    fn settings(url: &str) -> ClusterSettings {
        ClusterSettings { redis: SecretText(url.into()), ..ClusterSettings::default() }
    }

    fn problem(settings: &ClusterSettings, keys: &KeySource, home: &str, public: Option<&str>) -> InvalidKey {
        settings.resolve(keys, home, public).unwrap_err()
    }

    #[test]
    fn one_url_is_redis_and_several_are_sentinels() {
        let plan = |url| settings(url).resolve(&keys(), "", None).unwrap();
        assert!(plan("").is_none());
        let direct = plan("redis://:secret@redis.example:6380/2").unwrap();
        assert!(matches!(direct.redis, RedisAddress::Direct(_)));
        assert!(!direct.is_moderated && !direct.is_home);
        let sentinels = plan("rediss://one.example, rediss://other.example").unwrap();
        let RedisAddress::Sentinels(all, master) = sentinels.redis else { panic!() };
        assert_eq!((all.len(), &*master), (2, "mymaster"));
    }

    #[test]
    fn what_cannot_be_used_is_named_without_the_password() {
        let error = problem(&settings("http://:secret@redis.example"), &keys(), "", None);
        assert_eq!(error.key, "cluster.redis");
        assert!(!error.to_string().contains("secret"), "{error}");
        let there = || settings("redis://redis.example");
        let create = KeySource::Create("state".into());
        assert_eq!(problem(&there(), &create, "", None).key, "state.key");
        let public = Some("https://passerby.example");
        assert_eq!(problem(&there(), &keys(), "", public).key, "moderation.home");
        for name in ["", "a b", &"x".repeat(65)] {
            let named = ClusterSettings { name: name.into(), ..there() };
            assert_eq!(problem(&named, &keys(), "", None).key, "cluster.name", "{name:?}");
        }
        let core = ClusterSettings { roles: Roles::Core, edge_name: "one".into(), ..there() };
        assert_eq!(problem(&core, &keys(), "one", None).key, "moderation.home");
        let core_alone = ClusterSettings { roles: Roles::Core, ..ClusterSettings::default() };
        assert_eq!(problem(&core_alone, &keys(), "", None).key, "cluster.roles");
        assert_eq!(problem(&ClusterSettings::default(), &keys(), "one", None).key, "moderation.home");
    }

    #[test]
    fn the_process_named_as_home_has_the_store() {
        let plan = |name: &str| {
            let settings = ClusterSettings { edge_name: name.into(), ..settings("redis://redis.example") };
            settings.resolve(&keys(), "one", Some("https://passerby.example")).unwrap().unwrap()
        };
        let (home, other, unnamed) = (plan("one"), plan("other"), plan(""));
        assert!(home.is_home && !other.is_home && !unnamed.is_home);
        assert!(home.is_moderated && other.is_moderated);
    }
}
