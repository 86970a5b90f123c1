//! The texts of one run, and where a byte offset lies in them.
//!
//! Does not read anything: see `load`.

use std::path::PathBuf;

use crate::span::{FileId, narrow};

/// All texts of one run, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(crate) struct SourceMap {
    files: Vec<SourceFile>,
}

/// One text.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// The name other files import it by: `google/protobuf/any.proto`.
    pub(crate) name: String,
    /// How people are told about it: the path on disk, if it has one.
    pub(crate) shown: String,
    /// Where it was read from, if from disk.
    pub(crate) path: Option<PathBuf>,
    pub(crate) text: String,
    line_starts: Vec<u32>,
    /// Behind each tab: the offset, and the column as SourceCodeInfo counts it.
    tabs: Vec<(u32, u32)>,
}

impl SourceMap {
    pub(crate) fn add(&mut self, name: String, shown: String, path: Option<PathBuf>, text: String) -> FileId {
        let id = FileId(narrow(self.files.len()));
        let mut line_starts = vec![0];
        let mut tabs: Vec<(u32, u32)> = Vec::new();
        for (at, byte) in text.bytes().enumerate() {
            let behind = narrow(at + 1);
            match byte {
                b'\n' => line_starts.push(behind),
                b'\t' => {
                    let line_start = line_starts.last().copied().unwrap_or(0);
                    let column = column(&tabs, line_start, narrow(at));
                    tabs.push((behind, column + 8 - column % 8));
                }
                _ => {}
            }
        }
        self.files.push(SourceFile { name, shown, path, text, line_starts, tabs });
        id
    }

    pub(crate) fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.index()]
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..narrow(self.files.len())).map(FileId)
    }

    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }
}

impl SourceFile {
    /// The line an offset lies in, counted from zero.
    pub(crate) fn line_index(&self, offset: u32) -> usize {
        self.line_starts.partition_point(|&start| start <= offset) - 1
    }

    /// The text of a line, without its end.
    pub(crate) fn line(&self, index: usize) -> &str {
        let start = self.line_starts[index] as usize;
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |&next| next as usize);
        self.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }

    /// Line and column as people and editors count them: from one, in characters.
    pub(crate) fn position(&self, offset: u32) -> (usize, usize) {
        let line = self.line_index(offset);
        let before = self.text.get(self.line_starts[line] as usize..offset as usize).unwrap_or("");
        (line + 1, before.chars().count() + 1)
    }

    /// Line and column as SourceCodeInfo counts them: from zero, in bytes, with tab stops of eight.
    pub(crate) fn info_position(&self, offset: u32) -> (i32, i32) {
        let line = self.line_index(offset);
        let tabs = &self.tabs[..self.tabs.partition_point(|&(behind, _)| behind <= offset)];
        let column = column(tabs, self.line_starts[line], offset);
        (crate::span::index(line), crate::span::index(column as usize))
    }
}

/// The column of an offset in the line that starts at `line_start`; `tabs` are those before it.
fn column(tabs: &[(u32, u32)], line_start: u32, offset: u32) -> u32 {
    match tabs.last() {
        Some(&(behind, column)) if behind > line_start => column + (offset - behind),
        _ => offset - line_start,
    }
}

/// The UTF-8 byte order mark, which may stand at the start of a file and means nothing.
pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SourceMap {
        let mut map = SourceMap::default();
        map.add("a.proto".into(), "a.proto".into(), None, text.into());
        map
    }

    #[test]
    fn positions_count_characters_for_people_and_tab_stops_for_source_info() {
        let map = file("ab\n\tü x\n");
        let file = map.file(FileId(0));
        assert_eq!(file.position(0), (1, 1));
        assert_eq!(file.position(7), (2, 4));
        assert_eq!(file.info_position(7), (1, 11));
        assert_eq!(file.info_position(3), (1, 0));
        assert_eq!(file.info_position(4), (1, 8));
        assert_eq!(file.line(1), "\tü x");
        assert_eq!(file.position(8), (2, 5));
    }

    #[test]
    fn an_offset_past_the_end_lies_in_the_last_line() {
        let map = file("ab");
        assert_eq!(map.file(FileId(0)).position(2), (1, 3));
        assert_eq!(map.file(FileId(0)).line(0), "ab");
    }
}
