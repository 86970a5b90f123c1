//! Source locations as SourceCodeInfo wants them: which path of the descriptor stands where in the text.
//!
//! The parser notes them in the order in which protoc would; `pass::info` turns them into descriptors.

use std::collections::HashMap;

use crate::comments::Comments;
use crate::span::narrow;

/// The locations of one file, parents before children.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    list: Vec<Location>,
    /// The paths of all locations, one behind the other: most are four to eight numbers long, too short
    /// for a `Vec` each.
    paths: Vec<i32>,
}

/// One location.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    path_start: u32,
    path_end: u32,
    /// Byte offsets.
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) comments: Option<Box<Comments>>,
}

/// A location that is not finished yet, or that is looked up again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Place(u32);

/// The location of an option. Its path ends in the number of `uninterpreted_option` and an index until
/// the option is known for what it is.
pub(crate) type OptionPlace = Place;

impl Locations {
    /// Begins a location at a byte offset. Its path is `base` and then `tail`.
    pub(crate) fn open(&mut self, base: &[i32], tail: &[i32], start: u32) -> Place {
        let path_start = narrow(self.paths.len());
        self.paths.extend_from_slice(base);
        self.paths.extend_from_slice(tail);
        let place = Place(narrow(self.list.len()));
        let path_end = narrow(self.paths.len());
        self.list.push(Location { path_start, path_end, start, end: start, comments: None });
        place
    }

    pub(crate) fn close(&mut self, place: Place, end: u32) {
        self.list[place.0 as usize].end = end;
    }

    /// Gives a location one more step, when what it is comes out only behind its start.
    ///
    /// Only the newest location can grow.
    pub(crate) fn extend_last(&mut self, place: Place, step: i32) {
        debug_assert_eq!(place.0 as usize + 1, self.list.len());
        self.paths.push(step);
        self.list[place.0 as usize].path_end += 1;
    }

    pub(crate) fn attach(&mut self, place: Place, comments: Comments) {
        if !comments.is_empty() {
            self.list[place.0 as usize].comments = Some(Box::new(comments));
        }
    }

    /// Where the next location will be.
    pub(crate) fn next(&self) -> Place {
        Place(narrow(self.list.len()))
    }

    /// Repeats the locations of `from` up to `to` with another number at one step of their paths; returns
    /// by how much places in there move.
    pub(crate) fn repeat(&mut self, from: Place, to: Place, step: usize, number: i32) -> u32 {
        let moved = self.next().0 - from.0;
        for at in from.0..to.0 {
            let original = self.list[at as usize].clone();
            let path_start = narrow(self.paths.len());
            self.paths.extend_from_within(original.path_start as usize..original.path_end as usize);
            if let Some(slot) = self.paths.get_mut(path_start as usize + step) {
                *slot = number;
            }
            let path_end = narrow(self.paths.len());
            self.list.push(Location { path_start, path_end, ..original });
        }
        moved
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Place, &[i32], &Location)> {
        self.list.iter().enumerate().map(|(at, it)| (Place(narrow(at)), self.path_of(it), it))
    }

    fn path_of(&self, location: &Location) -> &[i32] {
        &self.paths[location.path_start as usize..location.path_end as usize]
    }
}

impl Place {
    pub(crate) fn moved_by(self, count: u32) -> Self {
        Self(self.0 + count)
    }
}

/// What became of the options of one file, by where they stand.
pub(crate) type Moved = HashMap<OptionPlace, Known>;

/// What an option turned out to be.
#[derive(Debug)]
pub(crate) enum Known {
    /// This path in the options message.
    Path(Vec<i32>),
    /// For the source only, and left out of the descriptor.
    SourceOnly,
    /// Likewise, and the options message with it, since nothing else is in it.
    LastSourceOnly,
}
