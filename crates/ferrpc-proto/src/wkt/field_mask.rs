//! `FieldMask`: sets of fields, and messages reduced to them.
//!
//! Paths are those of the `.proto` file: names with dots between them, through singular messages.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::FieldMask;
use crate::engine::merge;
use crate::message::Message;
use crate::table::{MessageMut, MessageRef};

impl FieldMask {
    /// Whether this field is among those named, by itself or by a message it lies in.
    ///
    /// ```
    /// use ferrpc_proto::wkt::FieldMask;
    ///
    /// let mask: FieldMask = ["user.name", "tags"].into_iter().collect();
    /// assert!(mask.contains("user.name") && mask.contains("user.name.first") && !mask.contains("user"));
    /// ```
    pub fn contains(&self, path: &str) -> bool {
        self.paths.iter().any(|found| covers(found, path))
    }

    /// The same set in its shortest form: sorted, nothing twice, nothing that lies in something else.
    pub fn normalized(&self) -> Self {
        shortest(self.paths.iter().map(String::as_str).collect()).into_iter().collect()
    }

    /// What either names, in its shortest form.
    pub fn union(&self, other: &Self) -> Self {
        shortest(self.paths.iter().chain(&other.paths).map(String::as_str).collect()).into_iter().collect()
    }

    /// What both name, in its shortest form.
    ///
    /// ```
    /// use ferrpc_proto::wkt::FieldMask;
    ///
    /// let mask: FieldMask = ["user", "tags"].into_iter().collect();
    /// let other: FieldMask = ["user.name", "id"].into_iter().collect();
    /// assert_eq!(mask.intersection(&other).paths, ["user.name"]);
    /// ```
    pub fn intersection(&self, other: &Self) -> Self {
        let ours = shortest(self.paths.iter().map(String::as_str).collect());
        let theirs = shortest(other.paths.iter().map(String::as_str).collect());
        let both = within(&ours, &theirs).chain(within(&theirs, &ours)).collect();
        shortest(both).into_iter().collect()
    }

    /// Whether `M` has all fields that are named: each step but the last a singular message.
    pub fn is_valid_for<M: Message>(&self) -> bool {
        self.paths.iter().all(|path| M::table().has_path(path))
    }

    /// The fields of `message` that are named, and nothing else. An empty mask names nothing.
    ///
    /// ```
    /// use ferrpc_proto::wkt::{FieldMask, Timestamp};
    ///
    /// let time = Timestamp { seconds: 7, nanos: 5, ..Default::default() };
    /// let mask: FieldMask = ["seconds"].into_iter().collect();
    /// assert_eq!(mask.pick(&time), Timestamp { seconds: 7, ..Default::default() });
    /// ```
    pub fn pick<M: Message>(&self, message: &M) -> M {
        let mut picked = M::default();
        self.merge_into(message, &mut picked);
        picked
    }

    /// Merges the fields of `from` that are named into another message, as [`Message::merge`] does: what
    /// is unset in `from` stays as it is. Paths that `M` does not have name nothing.
    pub fn merge_into<M: Message>(&self, from: &M, into: &mut M) {
        let paths = shortest(self.paths.iter().map(String::as_str).collect());
        merge::some(MessageMut::of(into), MessageRef::of(from), &paths);
    }
}

/// Whether `path` is `mask`, or lies in it.
fn covers(mask: &str, path: &str) -> bool {
    path.strip_prefix(mask).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// By their steps, so that what lies in a message comes right after it.
fn by_steps(one: &str, other: &str) -> Ordering {
    one.split('.').cmp(other.split('.'))
}

fn shortest(mut paths: Vec<&str>) -> Vec<&str> {
    paths.sort_unstable_by(|one, other| by_steps(one, other));
    let mut last = None;
    paths.retain(|path| {
        let new = !path.is_empty() && last.is_none_or(|last| !covers(last, path));
        last = if new { Some(*path) } else { last };
        new
    });
    paths
}

/// The paths that lie in those of `masks`; both in their shortest form.
fn within<'a>(paths: &'a [&'a str], masks: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    paths.iter().copied().filter(|path| {
        // What covers it is not behind it, and nothing stands between the two.
        let behind = masks.partition_point(|mask| by_steps(mask, path) != Ordering::Greater);
        behind.checked_sub(1).is_some_and(|at| covers(masks[at], path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileOptions};
    use alloc::vec;

    fn mask(paths: &[&str]) -> FieldMask {
        paths.iter().copied().collect()
    }

    #[test]
    fn sets_come_in_their_shortest_form() {
        let long = mask(&["b", "a.b", "a", "a-b", "a.b.c", "", "b"]);
        assert_eq!(long.normalized().paths, ["a", "a-b", "b"]);
        assert_eq!(mask(&["a.b", "c"]).union(&mask(&["a", "c.d"])).paths, ["a", "c"]);
        assert_eq!(
            mask(&["a", "c.d", "e"]).intersection(&mask(&["a.b", "a.c", "c", "f"])).paths,
            ["a.b", "a.c", "c.d"]
        );
        assert_eq!(mask(&["a-b", "a"]).intersection(&mask(&["a.x", "a-b.y"])).paths, ["a.x", "a-b.y"]);
        assert!(mask(&["a"]).intersection(&mask(&["ab"])).paths.is_empty());
        assert!(!mask(&["a"]).contains("ab") && !mask(&[]).contains("a"));
    }

    #[test]
    fn a_path_is_valid_if_each_step_is() {
        let valid = |path: &str| mask(&[path]).is_valid_for::<FileDescriptorProto>();
        for path in ["name", "options", "options.java_package", "message_type", "options.features.enum_type"]
        {
            assert!(valid(path), "{path}");
        }
        for path in ["", "nam", "name.x", "message_type.name", "options.", ".name", "options..name"] {
            assert!(!valid(path), "{path}");
        }
    }

    #[test]
    fn what_is_picked_is_what_is_named() {
        let options = FileOptions {
            java_package: Some("j".into()),
            go_package: Some("g".into()),
            ..Default::default()
        };
        let message = DescriptorProto { name: Some("M".into()), ..Default::default() };
        let file = FileDescriptorProto {
            name: Some("f".into()),
            package: Some("p".into()),
            options: options.into(),
            message_type: vec![message],
            ..Default::default()
        };
        let paths = ["name", "options.go_package", "message_type", "public_dependency", "no.such"];
        let picked = mask(&paths).pick(&file);
        assert_eq!((picked.name(), picked.package(), picked.message_type.len()), ("f", "", 1));
        assert_eq!((picked.options.get().go_package(), picked.options.get().java_package()), ("g", ""));
        // A message that is named in part and unset stays unset.
        assert!(mask(&["options.go_package"]).pick(&FileDescriptorProto::default()).options.is_none());
        assert_eq!(mask(&[]).pick(&file), FileDescriptorProto::default());

        let mut into = FileDescriptorProto { package: Some("q".into()), ..file.clone() };
        mask(&["package", "message_type", "syntax"]).merge_into(&file, &mut into);
        assert_eq!((into.package(), into.message_type.len()), ("p", 2));
        assert_eq!(mask(&["a"]).pick(&FieldDescriptorProto::default()), FieldDescriptorProto::default());
    }

    #[test]
    fn many_paths_take_no_quadratic_time() {
        let paths: Vec<String> = (0..5_000).map(|i| alloc::format!("a{i}.b")).collect();
        let mask = FieldMask { paths, ..Default::default() };
        assert_eq!(mask.intersection(&mask).paths.len(), 5_000);
        assert_eq!(mask.pick(&FileDescriptorProto::default()), FileDescriptorProto::default());
        let deep = FieldMask { paths: vec!["a.".repeat(100_000)], ..Default::default() };
        assert!(!deep.is_valid_for::<FileDescriptorProto>());
    }
}
