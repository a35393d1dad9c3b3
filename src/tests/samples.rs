//! The sample configurations in `docs`: what they must contain. `scripts/check-samples` runs them with the programs for
//! which they are made.

use std::{fs, net::IpAddr, path::Path, time::Duration};

use passerby::{protocol::limits::IDLE_HEARTBEAT, server::Config};

use crate::support::SITE;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The lines of a file that are neither empty nor comments.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#')).collect()
}

/// The values of a key in lines such as `key=value`.
fn values<'a>(lines: &[&'a str], key: &str) -> Vec<&'a str> {
    lines.iter().filter_map(|it| it.strip_prefix(key)?.strip_prefix('=')).collect()
}

/// What is wrong with a container file.
fn container_faults(text: &str) -> Vec<&'static str> {
    let lines = lines(text);
    let position = |line: &str| lines.iter().position(|it| *it == line);
    let mut faults = Vec::new();
    let mut require = |holds: bool, fault| faults.extend((!holds).then_some(fault));
    let (tools, sources) = (position("RUN make tools"), position("COPY . ."));
    require(tools.is_some() && tools < sources, "a change of the sources builds the tools again");
    let before_tools = &lines[..tools.unwrap_or(0)];
    let copies_sources = before_tools.iter().any(|it| it.starts_with("COPY") && it.contains("src "));
    require(!copies_sources, "the tools depend on sources");
    let user = lines.iter().rev().find_map(|it| it.strip_prefix("USER "));
    let user = user.and_then(|it| it.split(':').next()?.parse::<u32>().ok());
    require(user.is_some_and(|it| it != 0), "the user is not a number other than that of root");
    require(!text.contains("PASSERBY__METRICS__ADDR"), "metrics are not on loopback");
    let health = lines.iter().find(|it| it.starts_with("HEALTHCHECK "));
    require(
        health.is_some_and(|it| it.ends_with(r#"["/opt/passerby/passerby", "--health"]"#)),
        "no health check",
    );
    faults
}

#[test]
fn container_file_is_fit_for_kubernetes_and_for_rebuilding() {
    let text = read("docs/Containerfile");
    assert_eq!(container_faults(&text), [] as [&str; 0]);
    let makefile = read("Makefile");
    for target in lines(&text).iter().filter_map(|it| it.strip_prefix("RUN make ")) {
        assert!(makefile.contains(&format!("\n{target}: ")), "`make {target}`");
    }
    for (from, to) in [
        ("RUN make tools\nCOPY . .", "COPY . .\nRUN make tools"),
        ("USER 10001:10001", "USER passerby"),
        ("USER 10001:10001", "USER 0"),
        ("PASSERBY__LOG__FORMAT=json", "PASSERBY__METRICS__ADDR=0.0.0.0:3002"),
        ("HEALTHCHECK", "LABEL"),
        ("COPY scripts scripts", "COPY src src"),
    ] {
        assert_eq!(container_faults(&text.replace(from, to)).len(), 1, "{to}");
    }
}

/// Whether the relay of this configuration sends to an address.
fn may_be_peer(lines: &[&str], address: &str) -> bool {
    let address: IpAddr = address.parse().unwrap();
    let is_in = |range: &&str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let [first, last] = [first, last].map(|it| it.parse::<IpAddr>().expect("an address"));
        first <= last && first.is_ipv4() == address.is_ipv4() && (first..=last).contains(&address)
    };
    values(lines, "allowed-peer-ip").iter().any(is_in) || !values(lines, "denied-peer-ip").iter().any(is_in)
}

#[test]
fn relay_sends_to_public_addresses_only() {
    let text = read("docs/turnserver.conf");
    let lines = lines(&text);
    for denied in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.8",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "64:ff9b:1:ffff::1",
        "100::1",
        "2001::1",
        "2001:1ff::1",
        "2001:db8::1",
        "2002:a00:1::",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "feff::1",
        "ff02::1",
    ] {
        assert!(!may_be_peer(&lines, denied), "{denied}");
    }
    // coturn takes a range that begins with `::` for all addresses.
    assert!(values(&lines, "denied-peer-ip").iter().all(|it| *it != "::" && !it.starts_with("::-")));
    for allowed in [
        "9.255.255.255",
        "100.63.0.1",
        "192.0.1.1",
        "198.20.0.1",
        "223.255.255.255",
        "2001:200::1",
        "2606:4700::1",
        "2003::1",
    ] {
        assert!(may_be_peer(&lines, allowed), "{allowed}");
    }
    let own = values(&lines, "external-ip");
    assert_eq!(own, values(&lines, "allowed-peer-ip"), "two who both use the relay can meet");
    assert!(may_be_peer(&lines, own[0]));
}

#[test]
fn relay_is_bounded_and_its_numbers_fit_together() {
    let text = read("docs/turnserver.conf");
    let number = |key| values(&lines(&text), key).first().and_then(|it| it.parse::<u64>().ok()).expect(key);
    assert_eq!(number("user-quota"), 12);
    // coturn reserves the bandwidth of each allocation.
    assert_eq!(number("total-quota"), number("bps-capacity") / number("max-bps"));
    let call = 1_500_000 + 40_000;
    assert!(8 * number("max-bps") > call * 11 / 10, "a call and its headers fit");
}

#[test]
fn proxy_waits_longer_than_the_heartbeat() {
    let text = read("docs/nginx.conf");
    for key in ["proxy_read_timeout ", "proxy_send_timeout "] {
        let value = lines(&text).iter().find_map(|it| it.strip_prefix(key)?.strip_suffix("s;")).expect(key);
        assert!(
            Duration::from_secs(value.parse().unwrap()) > IDLE_HEARTBEAT + Duration::from_secs(10),
            "{key}"
        );
    }
}

#[test]
fn public_samples_name_their_operator() {
    for sample in ["docs/compose.yaml", "docs/compose.caddy.yaml", "docs/compose.cluster.yaml"] {
        let text = read(sample);
        let settings = lines(&text).into_iter().filter_map(|it| {
            let (name, value) = it.split_once(": ")?;
            let is_ours = name.starts_with("PASSERBY__") || name == "LEPTOS_SITE_ADDR";
            is_ours.then(|| (name.to_owned(), value.trim_matches('"').to_owned()))
        });
        let settings: Vec<_> = settings.chain([("LEPTOS_SITE_ROOT".into(), SITE.into())]).collect();
        let summary = Config::load(None, settings.clone()).unwrap().resolve().expect(sample).summary();
        assert!(summary.contains("this server is public"), "{sample}: {summary}");
        let unnamed = settings.into_iter().filter(|it| it.0 != "PASSERBY__OPERATOR__ABUSE_CONTACT");
        let problem = Config::load(None, unnamed).unwrap().resolve().unwrap_err().to_string();
        assert!(problem.starts_with("`operator.abuse_contact` is required"), "{sample}: {problem}");
    }
}

#[test]
fn operators_page_names_every_sample() {
    let page = read("docs/operating.md") + &read("docs/tls.md") + &read("docs/cluster.md");
    for name in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")).unwrap() {
        let name = name.unwrap().file_name().into_string().unwrap();
        let is_sample = !name.ends_with(".md") && !name.ends_with(".png");
        assert!(!is_sample || page.contains(&format!("]({name})")), "{name}");
    }
}
