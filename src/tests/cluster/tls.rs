//! TLS between the processes and Redis, with the certificate of a private authority.

use std::{fs, path::Path, time::Duration};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::time::timeout;

use super::{Cluster, Store, WITHIN, store::free_port};
use crate::{
    program::Folder,
    support::{RedisServer, TestClient},
};

/// Makes an authority, which is in `authority.pem`, and returns the configuration of servers that it has certified.
fn certify(folder: &Path) -> String {
    let mut params = CertificateParams::default();
    // OpenSSL takes a certificate whose issuer has the name of its owner for one without an issuer.
    params.distinguished_name.push(DnType::CommonName, "An authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let file = |name: &str| folder.join(name);
    fs::write(file("authority.pem"), authority.pem()).unwrap();
    fs::write(file("certificate.pem"), certificate.pem()).unwrap();
    fs::write(file("key.pem"), key.serialize_pem()).unwrap();
    let [authority, certificate, key] =
        ["authority.pem", "certificate.pem", "key.pem"].map(|it| file(it).display().to_string());
    format!(
        "tls-cert-file {certificate}\ntls-key-file {key}\ntls-ca-cert-file {authority}\ntls-auth-clients no\n\
         tls-replication yes\n"
    )
}

/// A core and two edges that reach Redis at these URLs and trust the authority.
async fn start(store: Store, urls: String, folder: &Folder) -> Cluster {
    let trusted = folder.0.join("authority.pem").display().to_string();
    let more = |_| vec![("PASSERBY__CLUSTER__REDIS", urls.clone()), ("SSL_CERT_FILE", trusted.clone())];
    Cluster::start_with(store, 1, 2, more).await
}

async fn meet(cluster: &Cluster) {
    let mut one = TestClient::open(cluster.edges[0].address).await;
    let mut other = TestClient::open(cluster.edges[1].address).await;
    tokio::join!(one.join(), other.join());
    tokio::join!(one.receive_match(), other.receive_match());
    assert_eq!(one.match_id, other.match_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_meet_through_a_redis_with_tls() {
    let folder = Folder::new("cluster-tls");
    let (config, port) = (certify(&folder.0), free_port());
    let redis = RedisServer::start_with(&format!("tls-port {port}\n{config}")).await;
    let cluster = start(Store::of(redis), format!("rediss://localhost:{port}"), &folder).await;
    meet(&cluster).await;
    let said = cluster.edges[0].check_config();
    assert!(said.contains("it evicts nothing"), "{said}");

    // Nobody else's certificate is trusted, and nothing is sent without TLS.
    let other = Folder::new("cluster-tls-other");
    certify(&other.0);
    let stranger = start(Store::alone().await, format!("rediss://localhost:{port}"), &other).await;
    let said = stranger.edges[0].check_config();
    assert!(said.contains("Redis does not answer"), "{said}");
    assert!(timeout(Duration::from_secs(2), meet(&stranger)).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_meet_through_sentinels_with_tls() {
    let folder = Folder::new("cluster-tls-sentinels");
    let store = Store::with_sentinels_and("tls-port", &certify(&folder.0)).await;
    let urls = store.sentinel_urls("rediss").unwrap();
    let cluster = start(store, urls, &folder).await;
    timeout(WITHIN, meet(&cluster)).await.expect("they meet");
}
