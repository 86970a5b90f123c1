//! Encoded messages, of which only the length counts here.

#[derive(Debug, Default)]
pub(crate) struct Segments(pub(crate) usize);

impl Segments {
    pub(crate) fn len(&self) -> usize {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0 == 0
    }

    pub(crate) fn append(&mut self, more: Self) {
        self.0 += more.0;
    }
}
