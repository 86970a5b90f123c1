//! What generated code implements for a server.

use super::call::{Call, Running};
use crate::method::MethodInfo;

/// An implementation of a service that a server can dispatch to. Generated code implements it.
pub trait Service: Send + Sync + 'static {
    /// `package.Service`.
    fn name(&self) -> &'static str;

    /// Its methods, in the order of their indices.
    fn methods(&self) -> &'static [MethodInfo];

    /// Begins a call of the method at `index`. The future does all the work and is polled once at once.
    fn dispatch(&self, index: usize, call: Call) -> Running;
}
