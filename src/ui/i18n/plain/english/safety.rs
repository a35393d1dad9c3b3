//! The English text of `/safety`.

use super::private::PRIVATE;
use crate::ui::i18n::plain::texts::{Block, PageText, Part};

/// The page.
pub(super) const PAGE: PageText = PageText {
    title: "Safety",
    summary: "Passerby is for adults only. What is forbidden here, what to do when someone threatens you, and where \
              to find help.",
    parts: &[
        Part {
            title: "If someone is in danger",
            blocks: &[Block::Text(
                "Call the emergency number of your country: 112 in the European Union and in many other countries, \
                 911 in the United States and Canada, 999 in the United Kingdom.",
            )],
        },
        Part {
            title: "Children and teenagers",
            blocks: &[
                Block::Text(
                    "This server is for people who are 18 or older. The sexual abuse and exploitation of children is \
                     forbidden in every form: acts, pictures, videos, words, grooming, blackmail, and offering or \
                     asking for any of it.",
                ),
                Block::List(&[
                    "If someone looks younger than 18, leave at once and report it.",
                    "Don\u{2019}t collect evidence. Never record, save or send on sexual pictures of a child: in \
                     most countries that is a crime, whatever the reason.",
                    "If you have seen such pictures, tell one of the hotlines below. They can act on it.",
                ]),
                Block::Operated(
                    "{name} is responsible for this server. The contact for the safety of children is {abuse}.",
                ),
                Block::Unnamed(PRIVATE),
                Block::Text(
                    "If you are under 18: leave, please. If something has happened to you, you have done nothing \
                     wrong. Tell an adult you trust, or one of the helplines below.",
                ),
            ],
        },
        Part {
            title: "If you are being blackmailed",
            blocks: &[
                Block::Text(
                    "People threaten to publish a recording, often right after a call. It happens to many, and it is \
                     not your fault.",
                ),
                Block::Steps(&[
                    "Don\u{2019}t pay, and don\u{2019}t send anything more. Those who pay are usually asked for \
                     more.",
                    "Stop answering. Block them wherever they can reach you.",
                    "Don\u{2019}t delete anything: keep their names, messages and payment details, with the time. \
                     Intimate pictures of people under 18 are an exception: don\u{2019}t copy or send them.",
                    "Tell the police, and the sites or apps on which they threaten you.",
                    "Use Take It Down or StopNCII below, which keep pictures of you from being spread.",
                    "Talk to someone you trust. You don\u{2019}t have to go through this alone.",
                ]),
            ],
        },
        Part {
            title: "You may be recorded",
            blocks: &[
                Block::Text(
                    "The server records nothing. But the person you talk to can record what you show and say, and \
                     you cannot see it.",
                ),
                Block::List(&[
                    "Show and say only what you would not mind seeing published.",
                    "Keep your name, address, school, workplace and accounts to yourself, and look at what is behind \
                     you.",
                    "What you see may be recorded or made by a computer. Ask them to do something unexpected, such \
                     as holding up three fingers next to their ear.",
                    "Hide your IP address in the settings if you want nobody to learn roughly where you are.",
                    "Don\u{2019}t open links from strangers, and never send money.",
                ]),
            ],
        },
        Part {
            title: "Where to find help",
            blocks: &[
                Block::Text(
                    "These services are not connected with Passerby or with the operator of this server.",
                ),
                Block::Sites(&[
                    (
                        "Find A Helpline",
                        "https://findahelpline.com",
                        "Free helplines for any crisis, by country.",
                    ),
                    (
                        "Child Helpline International",
                        "https://childhelplineinternational.org",
                        "Helplines for children and young people, by country. In many European countries the number \
                         is 116 111.",
                    ),
                    (
                        "Take It Down",
                        "https://takeitdown.ncmec.org",
                        "Helps to remove nude or sexual pictures and videos that were taken of you before you were \
                         18. You need not give your name, and the pictures stay on your device.",
                    ),
                    (
                        "StopNCII.org",
                        "https://stopncii.org",
                        "Helps adults to keep intimate pictures of them from being shared. The pictures stay on your \
                         device.",
                    ),
                    (
                        "Internet Watch Foundation",
                        "https://report.iwf.org.uk",
                        "Report sexual pictures and videos of children, without giving your name.",
                    ),
                    ("INHOPE", "https://www.inhope.org", "Hotlines for illegal content, by country."),
                    (
                        "CyberTipline",
                        "https://report.cybertip.org",
                        "Report the sexual exploitation of children in the United States.",
                    ),
                ]),
            ],
        },
    ],
};
