//! The order of files in a set: that of protoc.

use std::collections::{HashMap, HashSet};

use ferrpc_proto::descriptor::FileDescriptorProto;

/// The files that `first` names and those that they import, each behind those it imports. What `files` does
/// not have is left out, and so is what only that imports.
pub fn in_order(files: Vec<FileDescriptorProto>, first: &[String]) -> Vec<FileDescriptorProto> {
    let name = |file: &FileDescriptorProto| file.name.clone().unwrap_or_default();
    let mut left: HashMap<String, FileDescriptorProto> =
        files.into_iter().map(|it| (name(&it), it)).collect();
    let mut done = Vec::with_capacity(left.len());
    let mut seen = HashSet::new();
    // What is to be done, the next one last; a file comes again behind its imports.
    let mut todo: Vec<String> = first.iter().rev().cloned().collect();
    while let Some(next) = todo.pop() {
        let Some(file) = left.get(&next) else { continue };
        if seen.insert(next.clone()) {
            todo.push(next);
            let imports = file.dependency.iter().chain(&file.option_dependency);
            todo.extend(imports.rev().filter(|it| !seen.contains(*it)).cloned());
        } else if let Some(file) = left.remove(&next) {
            done.push(file);
        }
    }
    done
}
