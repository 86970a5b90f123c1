//! Source info: the locations the parser noted, in lines and columns, with options under their own paths.

use std::collections::HashSet;

use ferrpc_proto::descriptor::source_code_info::Location;
use ferrpc_proto::descriptor::{FileDescriptorProto, SourceCodeInfo};

use crate::ast::File;
use crate::info::{Known, Moved};
use crate::parallel;
use crate::source::SourceFile;
use crate::world::World;

pub(crate) fn run(world: &World<'_>, moved: &[Moved], protos: &mut [FileDescriptorProto]) {
    let infos = parallel::map(world.files.len(), |at| {
        let file = &world.files[at];
        (Some(file.id) != world.loaded.hidden)
            .then(|| locations(file, world.loaded.sources.file(file.id), &moved[at]))
    });
    for (proto, info) in protos.iter_mut().zip(infos) {
        proto.source_code_info = info.into();
    }
}

fn locations(file: &File<'_>, source: &SourceFile, moved: &Moved) -> SourceCodeInfo {
    // Options messages that are not there.
    let gone: HashSet<&[i32]> = file
        .locations
        .iter()
        .filter(|(place, ..)| matches!(moved.get(place), Some(Known::LastSourceOnly)))
        .map(|(_, path, _)| &path[..path.len() - 2])
        .collect();
    let location = file.locations.iter().filter_map(|(place, path, it)| {
        let (start_line, start_column) = source.info_position(it.start);
        let (end_line, end_column) = source.info_position(it.end);
        // Three numbers where one line is enough.
        let span = if start_line == end_line {
            vec![start_line, start_column, end_column]
        } else {
            vec![start_line, start_column, end_line, end_column]
        };
        let mut location = Location {
            path: match moved.get(&place) {
                // Instead of `uninterpreted_option` and its index.
                Some(Known::Path(known)) => [&path[..path.len() - 2], known].concat(),
                Some(Known::SourceOnly | Known::LastSourceOnly) => return None,
                None if gone.contains(path) => return None,
                None => path.to_vec(),
            },
            span,
            ..Default::default()
        };
        if let Some(comments) = &it.comments {
            location.leading_comments = some(&comments.leading);
            location.trailing_comments = some(&comments.trailing);
            location.leading_detached_comments = comments.detached.clone();
        }
        Some(location)
    });
    SourceCodeInfo { location: location.collect(), ..Default::default() }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
