//! From the paths that were asked for to all texts of a run: finds, reads and cuts into tokens each file
//! and, by a glance at its tokens, the files it imports.

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path, PathBuf};

use crate::lex::{self, Kind, Token};
use crate::limits::{FILE_BYTES_MAX, FILES_MAX};
use crate::literal;
use crate::report::{Diagnostic, Sink};
use crate::source::SourceMap;
use crate::span::{FileId, Span};
use crate::suggest;
use crate::wkt;

/// Where files are looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Directories, the first that has the file wins.
    pub(crate) includes: Vec<PathBuf>,
    /// Texts by import name; they win over the disk.
    pub(crate) texts: BTreeMap<String, String>,
}

/// All files of a run.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) sources: SourceMap,
    /// Of each source.
    pub(crate) tokens: Vec<Vec<Token>>,
    /// What each import name leads to; `None` if to nothing, which has been reported.
    pub(crate) by_name: HashMap<String, Option<FileId>>,
    pub(crate) roots: Vec<FileId>,
    /// descriptor.proto, if nobody asked for it: it is here only to tell what options there are.
    pub(crate) hidden: Option<FileId>,
}

/// Reads the files at `paths` and all they import.
pub(crate) fn load(paths: &[&Path], places: &Places, sink: &mut Sink) -> Loaded {
    let mut loader = Loader {
        out: Loaded::default(),
        includes: places.includes.clone(),
        implicit: places.includes.is_empty(),
        texts: &places.texts,
        by_path: HashMap::new(),
        sink,
    };
    if loader.implicit {
        loader.includes = implicit_includes(paths, &places.texts);
    }
    for path in paths {
        loader.root(path);
    }
    // Grows while it is gone through.
    let mut next = 0;
    let mut has_options = false;
    while next < loader.out.sources.len() {
        let id = FileId(crate::span::narrow(next));
        for (name, span) in loader.imports(id) {
            loader.import(&name, span);
        }
        has_options |= loader.has_options(id);
        next += 1;
    }
    if has_options
        && !loader.out.by_name.contains_key(wkt::DESCRIPTOR)
        && let Some(text) = wkt::text(wkt::DESCRIPTOR)
    {
        loader.out.hidden = loader.add(wkt::DESCRIPTOR.into(), built_in(wkt::DESCRIPTOR), None, text.into());
    }
    loader.out
}

struct Loader<'a> {
    out: Loaded,
    includes: Vec<PathBuf>,
    /// Nobody named a directory; see [`implicit_includes`].
    implicit: bool,
    texts: &'a BTreeMap<String, String>,
    /// Files on disk by where they really are.
    by_path: HashMap<PathBuf, FileId>,
    sink: &'a mut Sink,
}

impl Loader<'_> {
    fn root(&mut self, path: &Path) {
        let Some(name) = self.root_name(path) else { return };
        let id = match self.out.by_name.get(&name) {
            Some(id) => *id,
            None => self.find(&name),
        };
        match id {
            Some(id) if !self.out.roots.contains(&id) => self.out.roots.push(id),
            Some(_) => {}
            None => {
                let it = Diagnostic::error(format!("cannot find `{}`", path.display()));
                self.sink.push(it.note(self.looked_in()));
            }
        }
    }

    /// The import name of a file that was given by its path.
    fn root_name(&mut self, path: &Path) -> Option<String> {
        let shown = slashes(path);
        if self.texts.contains_key(&shown) {
            return Some(shown);
        }
        if !path.is_file() {
            // `-I proto user.proto`: not a path but a name already.
            if path.is_relative() && self.includes.iter().any(|dir| dir.join(path).is_file()) {
                return Some(shown);
            }
            if wkt::text(&shown).is_some() {
                return Some(shown);
            }
            let it = Diagnostic::error(format!("cannot find `{}`", path.display()));
            let it = if path.is_dir() { it.note("it is a directory") } else { it.note(self.looked_in()) };
            self.sink.push(it);
            return None;
        }
        let real = absolute(path);
        for at in 0..self.includes.len() {
            let Ok(name) = real.strip_prefix(absolute(&self.includes[at])) else { continue };
            let name = slashes(name);
            let first = self.includes.iter().map(|dir| dir.join(&name)).find(|it| it.is_file());
            if let Some(first) = first
                && absolute(&first) != real
                && !self.implicit
            {
                let it = Diagnostic::error(format!(
                    "`{}` is hidden by `{}`",
                    path.display(),
                    first.display()
                ))
                .note(format!(
                    "both are imported as \"{name}\", and the include directory of the other comes first"
                ))
                .help("reorder the include directories, or ask for the other file");
                self.sink.push(it);
                return None;
            }
            return Some(name);
        }
        // Outside of all include directories: its own one becomes the last of them.
        let dir = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        self.includes.push(dir.to_path_buf());
        path.file_name().map(|name| name.to_string_lossy().into_owned())
    }

    fn import(&mut self, name: &str, span: Span) {
        if self.out.by_name.contains_key(name) {
            return;
        }
        if let Some(why) = bad_name(name) {
            let it = Diagnostic::error(format!("`{name}` is no name of a file"))
                .at(span, why)
                .help("imports are relative to an include directory, with `/` between the parts");
            self.sink.push(it);
            self.out.by_name.insert(name.into(), None);
            return;
        }
        let errors = self.sink.errors();
        if self.find(name).is_none() && self.sink.errors() == errors {
            let mut it = Diagnostic::error(format!("cannot find `{name}`"))
                .at(span, "imported here")
                .note(self.looked_in());
            if let Some(help) = self.missing_help(name) {
                it = it.help(help);
            }
            self.sink.push(it);
        }
    }

    /// Finds and reads a file, whatever it is called by.
    fn find(&mut self, name: &str) -> Option<FileId> {
        let found = self.find_new(name);
        self.out.by_name.insert(name.into(), found);
        found
    }

    fn find_new(&mut self, name: &str) -> Option<FileId> {
        if let Some(text) = self.texts.get(name) {
            return self.add(name.into(), name.into(), None, text.clone());
        }
        for at in 0..self.includes.len() {
            let path = self.includes[at].join(name);
            if !path.is_file() {
                continue;
            }
            // Without include directories of the user's choice, one file may be reached by two names; it
            // is one file all the same, and has the name it was first reached by.
            let real = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
            if self.implicit
                && let Some(&id) = self.by_path.get(&real)
            {
                return Some(id);
            }
            let path = path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path);
            let text = self.read(&path)?;
            let id = self.add(name.into(), path.display().to_string(), Some(path), text)?;
            self.by_path.insert(real, id);
            return Some(id);
        }
        wkt::text(name).and_then(|text| self.add(name.into(), built_in(name), None, text.into()))
    }

    fn read(&mut self, path: &Path) -> Option<String> {
        let too_large = |bytes: u64| {
            Diagnostic::error(format!("`{}` is too large", path.display()))
                .note(format!("it has {bytes} bytes; the limit is {FILE_BYTES_MAX}"))
        };
        let bytes = std::fs::metadata(path).and_then(|it| {
            if it.len() > FILE_BYTES_MAX as u64 { Ok(Err(it.len())) } else { std::fs::read(path).map(Ok) }
        });
        let it = match bytes {
            Ok(Ok(bytes)) => match String::from_utf8(bytes) {
                Ok(text) => return Some(text),
                Err(wrong) => {
                    let at = wrong.utf8_error().valid_up_to();
                    let line = wrong.as_bytes()[..at].iter().filter(|&&c| c == b'\n').count() + 1;
                    Diagnostic::error(format!("`{}` is not valid UTF-8", path.display()))
                        .note(format!("the first wrong byte is in line {line}"))
                }
            },
            Ok(Err(bytes)) => too_large(bytes),
            Err(error) => Diagnostic::error(format!("cannot read `{}`: {error}", path.display())),
        };
        self.sink.push(it);
        None
    }

    fn add(&mut self, name: String, shown: String, path: Option<PathBuf>, text: String) -> Option<FileId> {
        if text.len() > FILE_BYTES_MAX || self.out.sources.len() >= FILES_MAX {
            let it = Diagnostic::error(format!("`{shown}` is too large, or one file too many"))
                .note(format!("the limits are {FILE_BYTES_MAX} bytes and {FILES_MAX} files"));
            self.sink.push(it);
            return None;
        }
        let id = self.out.sources.add(name, shown, path, text);
        let tokens = lex::lex(id, &self.out.sources.file(id).text, self.sink);
        self.out.tokens.push(tokens);
        Some(id)
    }

    /// Whether a file may set options. Most do not, and need no declarations of them.
    fn has_options(&self, id: FileId) -> bool {
        let text = &self.out.sources.file(id).text;
        self.out.tokens[id.index()].iter().any(|it| match it.kind {
            Kind::Punct(sign) => sign == b'[',
            Kind::Ident => text.get(it.start as usize..it.end as usize) == Some("option"),
            _ => false,
        })
    }

    /// The imports of a file, as far as its tokens tell: `import … "name"` at the start of a statement.
    fn imports(&self, id: FileId) -> Vec<(String, Span)> {
        let text = &self.out.sources.file(id).text;
        let tokens = &self.out.tokens[id.index()];
        let slice = |token: Token| text.get(token.start as usize..token.end as usize).unwrap_or("");
        let mut found = Vec::new();
        let mut depth = 0_usize;
        let mut at = 0;
        while at < tokens.len() {
            let token = tokens[at];
            at += 1;
            match token.kind {
                Kind::Punct(b'{') => depth += 1,
                Kind::Punct(b'}') => depth = depth.saturating_sub(1),
                Kind::Ident if depth == 0 && slice(token) == "import" => {
                    if matches!(tokens[at].kind, Kind::Ident) {
                        at += 1;
                    }
                    let start = at;
                    let mut name = Vec::new();
                    while tokens.get(at).is_some_and(|it| it.kind == Kind::Str) {
                        literal::bytes(slice(tokens[at]), &mut name);
                        at += 1;
                    }
                    if at > start
                        && let Ok(name) = String::from_utf8(name)
                    {
                        found.push((
                            name,
                            Span { file: id, start: tokens[start].start, end: tokens[at - 1].end },
                        ));
                    }
                }
                _ => {}
            }
        }
        found
    }

    fn looked_in(&self) -> String {
        let dirs = self.includes.iter().map(|it| format!("`{}`", it.display()));
        let mut all: Vec<String> = dirs.collect();
        if all.is_empty() {
            return "no include directories are set".into();
        }
        all.push("the built-in files".into());
        format!("looked in {}", all.join(", "))
    }

    fn missing_help(&self, name: &str) -> Option<String> {
        if !suggest::wanted(self.sink) {
            return None;
        }
        // A root whose path ends like the name: its include directory is what is missing.
        for id in self.out.sources.ids() {
            let Some(path) = &self.out.sources.file(id).path else { continue };
            for dir in path.ancestors().skip(1) {
                if dir.join(name).is_file() {
                    return Some(format!(
                        "`{}` exists; add `{}` to the include directories",
                        dir.join(name).display(),
                        dir.display()
                    ));
                }
            }
        }
        // A slip in the last part of the name, or in the whole of it.
        let mut known: Vec<String> = wkt::FILES.iter().map(|it| it.0.to_owned()).collect();
        known.extend(self.texts.keys().cloned());
        let (parent, _) = name.rsplit_once('/').unwrap_or(("", name));
        for dir in &self.includes {
            let Ok(entries) = std::fs::read_dir(dir.join(parent)) else { continue };
            // Enough for any directory of schemas, and bounded for the one that is none.
            for entry in entries.flatten().take(1000) {
                let file = entry.file_name().to_string_lossy().into_owned();
                known.push(if parent.is_empty() { file } else { format!("{parent}/{file}") });
            }
        }
        let near = suggest::nearest(name, self.sink, known.iter().map(String::as_str))?;
        Some(format!("did you mean \"{near}\"?"))
    }
}

/// Where files are looked for when nobody named a directory: beside each input, the outermost first; then
/// in each directory above them up to the current one.
///
/// So `compile(["proto/user.proto"])` finds both `import "common.proto"` beside it and
/// `import "proto/common.proto"` from where the program runs.
fn implicit_includes(paths: &[&Path], texts: &BTreeMap<String, String>) -> Vec<PathBuf> {
    let mut parents: Vec<PathBuf> = Vec::new();
    let mut above: Vec<PathBuf> = Vec::new();
    for path in paths {
        if texts.contains_key(&slashes(path)) {
            continue;
        }
        for (nth, dir) in path.ancestors().skip(1).enumerate() {
            let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
            // Above an absolute path or one that leaves the current directory there is no natural end.
            let outside = dir.is_absolute() || dir.components().any(|it| it == Component::ParentDir);
            let list = if nth == 0 { &mut parents } else { &mut above };
            if (nth == 0 || !outside) && !list.iter().any(|it| it == dir) {
                list.push(dir.to_path_buf());
            }
        }
    }
    parents.sort_by_key(|it| it.components().count());
    above.sort_by_key(|it| std::cmp::Reverse(it.components().filter(|it| *it != Component::CurDir).count()));
    above.push(PathBuf::from("."));
    for dir in above {
        if !parents.contains(&dir) {
            parents.push(dir);
        }
    }
    parents
}

/// How a file that is on no disk is shown.
fn built_in(name: &str) -> String {
    format!("<built-in>/{name}")
}

/// A path with `/` between its parts, as imports are written.
fn slashes(path: &Path) -> String {
    let parts = path.components().filter(|it| *it != Component::CurDir);
    parts.map(|it| it.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/").replace("//", "/")
}

/// An absolute path without `.` and `..`; links are left as they are.
fn absolute(path: &Path) -> PathBuf {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut out = PathBuf::new();
    for part in full.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// What is wrong with the name in an import, if something is.
fn bad_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if name.contains('\\') {
        return Some("it has a backslash");
    }
    if name.starts_with('/') {
        return Some("it starts at the root of the disk");
    }
    if name.split('/').any(|part| part == "." || part == "..") {
        return Some("it has a `.` or `..` in it");
    }
    name.split('/').any(str::is_empty).then_some("it has an empty part")
}
