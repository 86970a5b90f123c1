//! From syntax trees to descriptors: the list of passes, in order.
//!
//! Passes return nothing of their verdicts: what they find wrong goes to the sink, and the next pass runs
//! all the same, so that one run tells everything. A pass that needs what an earlier one could not find
//! (a type, a number) skips the one node in silence, since it has been reported.

use ferrpc_proto::descriptor::FileDescriptorProto;

use crate::ast::File;
use crate::load::Loaded;
use crate::parallel;
use crate::parse;
use crate::pass;
use crate::report::Sink;
use crate::span::{FileId, narrow};
use crate::world::World;

/// Compiles all loaded files. Descriptors come in the order of dependency; they are whole only if no
/// error was reported.
pub(crate) fn lower(loaded: &Loaded, sink: &mut Sink) -> Vec<FileDescriptorProto> {
    // Nobody asked for it; what does not go together with the files at hand is not theirs to mend.
    if let Some(hidden) = loaded.hidden {
        sink.mute(hidden);
    }
    let parsed = parallel::map(loaded.sources.len(), |at| {
        let id = FileId(narrow(at));
        let mut sink = Sink::default();
        if loaded.hidden == Some(id) {
            sink.mute(id);
        }
        (parse::parse(id, &loaded.sources.file(id).text, &loaded.tokens[at], &mut sink), sink)
    });
    let mut files: Vec<File<'_>> = Vec::with_capacity(parsed.len());
    for (file, found) in parsed {
        files.push(file);
        sink.absorb(found);
    }

    // Which file sees which, in what order they stand; cycles.
    let imports = pass::imports::run(loaded, &mut files, sink);
    // Everything that has a name; names used twice.
    let symbols = pass::symbols::run(loaded, &mut files, sink);
    // What each type name means. Needs all names of all files.
    let mut used = pass::names::run(loaded, &mut files, &imports, &symbols, sink);

    // What each node's edition and options make of the rules that editions differ in.
    let features = pass::features::run(&files, &symbols, sink);

    let world = World { loaded, files, imports, symbols, features };
    // Types that a file uses of others which keep them to themselves.
    pass::visibility::run(&world, sink);
    // Numbers of fields and values, ranges, what is reserved.
    pass::numbers::run(&world, sink);
    // The descriptors, without options. From here on trees and descriptors are walked side by side.
    let mut protos = pass::build::run(&world, sink);
    // Options, standard and custom; they fill the descriptors and move source locations.
    let moved = pass::options::run(&world, &mut protos, &mut used, sink);
    // Rules about single nodes, now that types and options are known.
    pass::check::run(&world, &protos, sink);
    // Rules about features; names and numbers as the newer editions want them.
    pass::editions::run(&world, &protos, sink);
    pass::style::run(&world, sink);
    // Which extensions a message has declared that it expects.
    pass::declarations::run(&world, sink);
    // Names in JSON, and that no two fields share one.
    pass::json::run(&world, &protos, sink);
    pass::enum_json::run(&world, &protos, sink);
    // Imports that nothing came from; not worth a word while there are errors.
    pass::imports::unused(&world, &used, sink);
    // Locations and comments.
    pass::info::run(&world, &moved, &mut protos);

    world.imports.order.iter().map(|id| std::mem::take(&mut protos[id.index()])).collect()
}
