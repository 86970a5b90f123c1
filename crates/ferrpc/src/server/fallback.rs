//! The handler of methods that no service has.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;

use super::call::{Call, Running};
use super::service::Service;
use crate::codec::Raw;
use crate::method::{Kind, Method, MethodInfo};
use crate::request::Request;
use crate::status::Status;
use crate::streaming::{Sender, Streaming};

/// As what such methods are called: octets both ways, of which any kind is a part.
static ANY: Method<Bytes, Bytes> = Method::with_codecs("", "", "", Kind::Bidi, &Raw, &Raw);
static METHODS: [MethodInfo; 1] = [ANY.info()];

pub(super) struct Fallback<H>(pub(super) Arc<H>);

impl<H, F> Service for Fallback<H>
where
    H: Fn(String, Request<Streaming<Bytes>>, Sender<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    fn name(&self) -> &'static str {
        ""
    }

    fn methods(&self) -> &'static [MethodInfo] {
        &METHODS
    }

    fn dispatch(&self, _: usize, mut call: Call) -> Running {
        let path = call.path.take().unwrap_or_default();
        let handler = self.0.clone();
        call.bidi(&ANY, move |request, out| handler(path, request, out))
    }
}
