//! Metadata: nothing of it counts here.

#[derive(Clone, Debug, Default)]
pub(crate) struct Metadata;

impl Metadata {
    pub(crate) const fn new() -> Self {
        Self
    }

    #[allow(clippy::unused_self, dead_code, reason = "as the product's")]
    pub(crate) fn extend(&mut self, _: &Self) {}
}
