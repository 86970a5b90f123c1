//! What everything that is printed needs: the schema, the options, the comments.

use std::collections::HashMap;

use ferrpc_proto::descriptor::FileDescriptorProto;

use crate::docs;
use crate::options::Options;
use crate::schema::{Schema, text};

pub(crate) struct Context<'a> {
    pub(crate) schema: Schema<'a>,
    pub(crate) options: &'a Options,
    /// By file and by path in it.
    comments: HashMap<String, HashMap<Vec<i32>, Vec<String>>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(schema: Schema<'a>, options: &'a Options, files: &[&FileDescriptorProto]) -> Self {
        let comments = files.iter().map(|file| (text(&file.name).to_owned(), comments(file))).collect();
        Self { schema, options, comments }
    }

    /// The path of the runtime.
    pub(crate) fn runtime(&self) -> &str {
        &self.options.runtime
    }

    /// A name of the standard library as it is written in a module: short, unless a type there has
    /// taken it.
    pub(crate) fn std(&self, module: usize, name: &str) -> String {
        if name == "Option" {
            let taken = self.schema.has(module, name);
            return if taken { "::core::option::Option".to_owned() } else { name.to_owned() };
        }
        if self.options.no_std || self.schema.has(module, name) {
            format!("{}::__private::{name}", self.options.runtime)
        } else {
            name.to_owned()
        }
    }

    /// The comment on what lies at a path of a file.
    pub(crate) fn doc(&self, file: &FileDescriptorProto, source: &[i32]) -> Vec<String> {
        self.comments.get(text(&file.name)).and_then(|file| file.get(source)).cloned().unwrap_or_default()
    }
}

/// The comments of a file by path.
fn comments(file: &FileDescriptorProto) -> HashMap<Vec<i32>, Vec<String>> {
    let Some(info) = file.source_code_info.as_ref() else { return HashMap::new() };
    let locations = info.location.iter().filter_map(|location| {
        let comment = location.leading_comments.as_ref().or(location.trailing_comments.as_ref())?;
        Some((location.path.clone(), docs::lines(comment)))
    });
    locations.collect()
}
