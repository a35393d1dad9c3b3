//! What a page's part in the conversation promises, told as scenes and as random histories; it must not know how the
//! promises are kept.

mod acquaintances;
mod calling;
mod devices;
mod equipment;
mod glare;
mod here;
mod history;
mod line;
mod meeting;
mod page;
mod parting;
mod queueing;
mod recovery;
mod request;
mod topics;
mod verification;
mod window;
mod writing;
