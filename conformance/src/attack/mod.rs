//! Attacks over sockets, against any HTTP/2 server.

pub(crate) mod neighbour;
pub(crate) mod peer;
pub(crate) mod rows;
