//! How a call ended: in words.
#![allow(dead_code, reason = "the models use a part of it")]

#[derive(Clone, Debug)]
pub(crate) struct Status(pub(crate) &'static str);

pub(crate) enum Phase {
    Send,
    Recv,
}

impl Status {
    pub(crate) fn cancelled(why: &'static str) -> Self {
        Self(why)
    }

    pub(crate) fn internal(why: &'static str) -> Self {
        Self(why)
    }

    pub(crate) fn at(self, _: Phase) -> Self {
        self
    }
}
