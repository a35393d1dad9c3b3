//! [`Inspection`]: what a Redis says of itself, and whether a cluster can use it.

/// The oldest version that has everything: `XTRIM` with `MINID`.
const OLDEST: (u32, u32) = (6, 2);

/// What a Redis or Valkey says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inspection {
    name: &'static str,
    version: String,
    is_master: bool,
    /// What it does when its memory is full.
    policy: String,
}

impl Inspection {
    /// Reads the answer to `INFO`.
    pub(crate) fn of(info: &str) -> Self {
        let field = |name: &str| info.lines().find_map(|it| it.trim().strip_prefix(name)?.strip_prefix(':'));
        let (name, version) = match field("valkey_version") {
            Some(version) => ("Valkey", version),
            None => ("Redis", field("redis_version").unwrap_or_default()),
        };
        Self {
            name,
            version: version.to_owned(),
            is_master: field("role") == Some("master"),
            policy: field("maxmemory_policy").unwrap_or_default().to_owned(),
        }
    }

    /// Why a cluster cannot use it.
    pub(crate) fn problem(&self) -> Option<String> {
        let mut numbers = self.version.split('.').map_while(|it| it.parse().ok());
        let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if self.name == "Redis" && version < OLDEST {
            return Some(format!("is Redis {}, but must be 6.2 or later", self.version));
        }
        (!self.is_master).then(|| "is a replica: name its master, or the Sentinels".to_owned())
    }

    /// Whether it may evict what is still needed when its memory is full.
    pub(crate) fn evicts(&self) -> bool {
        self.policy != "noeviction"
    }

    /// What it is, in words for the operator.
    pub(crate) fn describe(&self) -> String {
        let Self { name, version, policy, .. } = self;
        let evicts = if self.evicts() {
            format!("its `maxmemory-policy` is {policy}, so it may lose what is needed: set `noeviction`")
        } else {
            "it evicts nothing".to_owned()
        };
        format!("{name} {version} answers; {evicts}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(version: &str, role: &str) -> Inspection {
        Inspection::of(&format!("# Server\r\n{version}\r\nrole:{role}\r\nmaxmemory_policy:noeviction\r\n"))
    }

    #[test]
    fn old_versions_and_replicas_cannot_be_used() {
        assert_eq!(info("redis_version:7.0.15", "master").problem(), None);
        assert_eq!(info("redis_version:6.2.0", "master").problem(), None);
        assert!(info("redis_version:6.0.16", "master").problem().unwrap().contains("6.0.16"));
        assert!(info("redis_version:7.0.15", "slave").problem().unwrap().contains("replica"));
        let valkey = info("redis_version:7.2.4\r\nvalkey_version:8.0.1", "master");
        assert_eq!(
            (valkey.problem(), &*valkey.describe()),
            (None, "Valkey 8.0.1 answers; it evicts nothing")
        );
        assert!(Inspection::of("").problem().is_some());
    }
}
