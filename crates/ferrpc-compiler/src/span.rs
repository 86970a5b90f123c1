//! Places in source text: a file and a range of byte offsets.

/// Number of a file among all of a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct FileId(pub(crate) u32);

impl FileId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Span {
    pub(crate) file: FileId,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// From the start of `self` to the end of `last`, both in one file.
    pub(crate) fn to(self, last: Self) -> Self {
        debug_assert_eq!(self.file, last.file, "a span lies in one file");
        Self { end: last.end.max(self.start), ..self }
    }

    /// The empty place right behind `self`.
    pub(crate) fn after(self) -> Self {
        Self { start: self.end, ..self }
    }
}

/// An offset or index as the descriptors and spans hold it. Sources are bounded far below `u32::MAX`
/// bytes, so that the fallback is never seen.
pub(crate) fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// An index into a repeated field, as paths and oneof indices hold it.
pub(crate) fn index(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
