//! Tests of the verification code that both people can read aloud.
//!
//! It is equal at both ends unless somebody in the middle has swapped certificates. The certificates are made up.

use uuid::Uuid;

use crate::{
    call::{
        Code,
        partner::verification::{Certificates, Verification, fingerprint},
    },
    protocol::{PeerMessage, Role, Sdp},
};

/// Runs the exchange between two ends, each with the certificates that it sees; returns the codes that they show.
fn codes(
    seen: [Certificates; 2],
    numbers: [u128; 2],
    tamper: impl Fn(PeerMessage) -> PeerMessage,
) -> [Option<Code>; 2] {
    let [mut impolite, mut polite] = [Verification::default(), Verification::default()];
    let [one, other] = numbers.map(Uuid::from_u128);
    assert_eq!(polite.on_channel_opened(Role::Polite, other), None);
    let mut message = impolite.on_channel_opened(Role::Impolite, one);
    let mut to_polite = true;
    while let Some(it) = message.map(&tamper) {
        let end = if to_polite { &mut polite } else { &mut impolite };
        let between = Some(seen[usize::from(to_polite)]);
        message = match it {
            PeerMessage::Commit { hash } => end.on_commit(hash),
            PeerMessage::Nonce { nonce } => end.on_nonce(nonce, between),
            PeerMessage::Reveal { nonce } => {
                end.on_reveal(nonce, between);
                None
            }
            PeerMessage::Sending(_)
            | PeerMessage::Bye {}
            | PeerMessage::Chat { .. }
            | PeerMessage::Got { .. }
            | PeerMessage::Typing {}
            | PeerMessage::React { .. }
            | PeerMessage::Revealed {}
            | PeerMessage::Sees { .. } => None,
        };
        to_polite = !to_polite;
    }
    [impolite.code(), polite.code()]
}

const HONEST: Certificates = Certificates { impolite: [1; 32], polite: [2; 32] };

#[test]
fn both_ends_show_the_same_code_and_each_call_a_new_one() {
    let [one, other] = codes([HONEST; 2], [7, 8], |it| it);
    assert!(one.is_some() && one == other);
    assert!(one.is_some_and(|Code(symbols)| symbols.iter().all(|it| *it < 64)));
    assert_ne!(codes([HONEST; 2], [9, 8], |it| it)[0], one);
    assert_ne!(codes([HONEST; 2], [7, 9], |it| it)[0], one);
}

#[test]
fn swapped_certificates_make_the_codes_differ() {
    let swapped = [[9; 32], [8; 32]];
    let at_impolite = Certificates { polite: swapped[0], ..HONEST };
    let at_polite = Certificates { impolite: swapped[1], ..HONEST };
    for seen in [[at_impolite, at_polite], [at_impolite, HONEST], [HONEST, at_polite]] {
        let [one, other] = codes(seen, [7, 8], |it| it);
        assert!(one.is_some() && other.is_some() && one != other);
    }
}

#[test]
fn a_nonce_that_breaks_its_commitment_gives_no_code() {
    let [_, polite] = codes([HONEST; 2], [7, 8], |it| match it {
        PeerMessage::Reveal { .. } => PeerMessage::Reveal { nonce: Uuid::from_u128(66) },
        PeerMessage::Sending(_)
        | PeerMessage::Bye {}
        | PeerMessage::Commit { .. }
        | PeerMessage::Nonce { .. }
        | PeerMessage::Chat { .. }
        | PeerMessage::Got { .. }
        | PeerMessage::Typing {}
        | PeerMessage::React { .. }
        | PeerMessage::Revealed {}
        | PeerMessage::Sees { .. } => it,
    });
    assert_eq!(polite, None);
}

#[test]
fn messages_out_of_order_give_no_code() {
    let number = Uuid::from_u128(1);
    let mut twice = Verification::default();
    twice.on_channel_opened(Role::Polite, number);
    twice.on_commit(number);
    twice.on_commit(number);
    twice.on_reveal(number, Some(HONEST));
    assert_eq!(twice.code(), None, "a second commitment could have been chosen after the answer");

    let mut early = Verification::default();
    early.on_channel_opened(Role::Polite, number);
    early.on_reveal(number, Some(HONEST));
    assert_eq!(early.code(), None);

    let mut late = Verification::default();
    late.on_channel_opened(Role::Impolite, number);
    late.on_nonce(number, Some(HONEST));
    assert!(late.code().is_some());
    late.on_nonce(Uuid::from_u128(2), Some(HONEST));
    assert_eq!(late.code(), None, "a second number could have been chosen after the reveal");

    let mut unknown = Verification::default();
    unknown.on_channel_opened(Role::Impolite, number);
    unknown.on_nonce(number, None);
    assert_eq!(unknown.code(), None, "the certificates are unknown");
}

#[test]
fn reads_a_fingerprint_only_if_unique_and_sha_256() {
    let hex = (0..32).map(|it| format!("{it:02X}")).collect::<Vec<_>>().join(":");
    let line = |hash: &str, hex: &str| format!("a=fingerprint:{hash} {hex}\r\n");
    let read = |text: String| fingerprint(&Sdp(format!("v=0\r\n{text}")));
    let expected = std::array::from_fn(|it| it as u8);
    assert_eq!(read(line("sha-256", &hex)), Some(expected));
    assert_eq!(read(line("sha-256", &hex) + &line("SHA-256", &hex.to_lowercase())), Some(expected));
    assert_eq!(read(line("sha-256", &hex) + &line("sha-256", &hex.replace("1F", "1E"))), None, "two");
    assert_eq!(read(line("sha-512", &hex)), None);
    assert_eq!(read(line("sha-256", &hex[3..])), None);
    assert_eq!(read(line("sha-256", &(hex.clone() + ":20"))), None);
    assert_eq!(read(String::new()), None);
}
