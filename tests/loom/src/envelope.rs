//! Messages: each octet that comes is one, but for a [`BEGUN`] one.
#![allow(dead_code, reason = "the models use a part of it")]

use ferrpc_http2::Chunk;

use crate::status::Status;

/// The beginning of a message that is larger than any window.
pub(crate) const BEGUN: &[u8] = b"(";

#[derive(Debug)]
pub(crate) struct Envelope;

pub(crate) enum Assembled {
    Run(Chunk, u64),
    Partial,
}

#[derive(Debug)]
pub(crate) struct Assembler {
    has_begun: bool,
}

impl Assembler {
    pub(crate) fn new(_: usize) -> Self {
        Self { has_begun: false }
    }

    pub(crate) fn push(&mut self, chunk: &mut Chunk) -> Result<Assembled, Status> {
        let chunk = std::mem::replace(chunk, Chunk::empty());
        self.has_begun = chunk.as_slice() == BEGUN;
        let messages = chunk.len() as u64;
        Ok(if self.has_begun { Assembled::Partial } else { Assembled::Run(chunk, messages) })
    }

    pub(crate) fn is_partial(&self) -> bool {
        self.has_begun
    }

    pub(crate) fn missing(&self) -> Option<usize> {
        self.has_begun.then_some(1 << 20)
    }
}

pub(crate) fn take_front(run: &mut Chunk) -> Option<Envelope> {
    let front = narrow(run)?;
    go_on(run, front);
    Some(Envelope)
}

/// The whole run at once: nothing depends on its messages one by one.
pub(crate) struct Front;

pub(crate) fn narrow(run: &mut Chunk) -> Option<Front> {
    (!run.is_empty()).then_some(Front)
}

pub(crate) fn go_on(run: &mut Chunk, _: Front) -> usize {
    std::mem::replace(run, Chunk::empty()).len()
}
