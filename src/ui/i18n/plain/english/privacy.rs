//! The English text of `/privacy`.

use super::private::PRIVATE;
use crate::ui::i18n::plain::texts::{Block, PageText, Part};

/// The page.
pub(super) const PAGE: PageText = PageText {
    title: "Privacy",
    summary: "What this server and the other person learn about you, what is kept, and for how long.",
    parts: &[
        Part {
            title: "In short",
            blocks: &[Block::List(&[
                "No account, no cookies, no advertising, no analytics. Nothing is loaded from other sites.",
                "Video, sound and chat go from browser to browser and are encrypted. The server cannot see, hear, \
                 read or record them.",
                "Unless you hide it, the other person could see your IP address.",
                "The other person can record you. Nobody can prevent that.",
            ])],
        },
        Part {
            title: "What the other person learns",
            blocks: &[
                Block::Text("What you show, say and write, and the interests that you both have."),
                Block::Text(
                    "Calls go directly from your device to theirs whenever possible. Their device then learns your \
                     IP address. It tells which provider you use and roughly where you are, often the city, but not \
                     your name or street.",
                ),
                Block::Text(
                    "\u{201c}Hide my IP address\u{201d} in the settings prevents this, from the next person on. \
                     Calls then go through a relay, which passes on encrypted data that it cannot read. The relay \
                     and the server still see your address. If this server has no relay, nobody can hide their \
                     address here, and the page says so and does not connect you.",
                ),
                Block::Text(
                    "They can record the call, or film their screen, and you would not notice. Chat messages are \
                     gone from the page when the call ends, but they can be copied, too.",
                ),
            ],
        },
        Part {
            title: "What the server knows while you are here",
            blocks: &[
                Block::Text(
                    "Like every site, the server sees your IP address. To introduce two people it passes on the \
                     technical data with which their browsers find each other, including addresses. It also knows \
                     your interests and languages, if you have entered them, for as long as you are connected.",
                ),
                Block::Text(
                    "It counts requests by address and remembers for ten minutes which devices and networks could \
                     not connect, so that nobody can hold up everyone else.",
                ),
                Block::Text(
                    "All of this is in memory only. It is never written to a disk or a log, and it is gone at the \
                     latest when the server stops. What reports leave is described below.",
                ),
                Block::Text(
                    "The log of the server has a random number for each call, when it began and ended, and why. It \
                     contains no addresses, no names of devices, and nothing that you say or write.",
                ),
                Block::Text(
                    "Your page holds a sealed note about each call, so that the call survives a restart of the \
                     server, and so that you can report the other person. Only the server can open it.",
                ),
            ],
        },
        Part {
            title: "What a report leaves on the server",
            blocks: &[
                Block::Text(
                    "Of people who are not reported, and report nobody, the server keeps nothing. A report is kept \
                     in a database on the server, on its disk:",
                ),
                Block::List(&[
                    "the random names of both devices, and when the call began",
                    "a tag for the network of each: a code that is the same for the same network. It cannot be \
                     turned back into an address, and its key is deleted after two months at the latest",
                    "the reason, and the words that the reporter has added, if any",
                    "what was decided, by which moderator, and until when, and an appeal with its answer",
                ]),
                Block::Text(
                    "There is no picture, no sound, no chat and no address in it. Moderators can read it, and what \
                     they look at and decide is logged. A report is deleted after 30 days if nobody has decided \
                     about it, and after 180 days otherwise; a ban a week after its end; the log after a year. If you \
                     appeal, a ban that is over is kept until a week after the answer, or until 30 days after your \
                     appeal if nobody answers it.",
                ),
                Block::Text(
                    "If several people report the same device in one day, the server pauses it for a quarter of an \
                     hour without a person. You can appeal: {appeal}.",
                ),
            ],
        },
        Part {
            title: "What your device keeps",
            blocks: &[
                Block::Text("Your settings stay in the storage of your browser, on your device:"),
                Block::List(&[
                    "switches, chosen devices, language, interests, and your answers to questions of this page",
                    "if this server has your age checked, the statement of the service that has done it: that you \
                     are 18 or older, and until when it is good. The server reads it when you connect",
                    "a random name for this device, signed by the server. The server reads it when you connect, to \
                     keep you away from people that you have blocked",
                    "the people you met in the last half hour, and those you have blocked in the last 30 days, as \
                     codes that only the server can read",
                    "for ten minutes the sealed notes about your last three calls, with which you can report someone, and \
                     your reports until the server has them, at most for a day. What is too old is deleted when you \
                     next open the page",
                ]),
                Block::Text("\u{201c}Clear my data\u{201d} in the settings deletes all of it."),
            ],
        },
        Part {
            title: "What others see",
            blocks: &[
                Block::Text(
                    "Your internet provider, and the company whose machine this server runs on, can see that you are \
                     connected to it, as with every site. If the operator runs other programs in front of the \
                     server, those may keep logs of their own.",
                ),
                Block::Operated("Ask {name} about this: {contact}."),
            ],
        },
        Part {
            title: "When you write to the operator",
            blocks: &[
                Block::Operated(
                    "{name} receives what you send to {contact} or {abuse}, with your address, and is responsible \
                     for what happens to it.",
                ),
                Block::Unnamed(PRIVATE),
            ],
        },
        Part {
            title: "Your rights",
            blocks: &[
                Block::Text(
                    "The law of many countries lets you ask what is stored about you, and have it corrected or \
                     deleted. The server keeps no records from which the operator could tell who you are. What was \
                     decided about your device, you can read with the code that the page has shown you ({appeal}).",
                ),
                Block::Operated(
                    "Ask {name} at {contact}. You can also complain to the data protection authority of your \
                     country.",
                ),
            ],
        },
    ],
};
