//! Imports: what they lead to, which files a file sees, cycles, and the order of the output.

use std::collections::{HashMap, HashSet};

use crate::ast::{File, ImportKind};
use crate::graph::Graph;
use crate::load::Loaded;
use crate::report::{Diagnostic, Sink};
use crate::span::FileId;
use crate::world::World;

pub(crate) fn run(loaded: &Loaded, files: &mut [File<'_>], sink: &mut Sink) -> Graph {
    for file in &mut *files {
        let mut seen: HashMap<String, crate::span::Span> = HashMap::new();
        for import in &mut file.imports {
            import.file = loaded.by_name.get(&import.name).copied().flatten();
            if let Some(&first) = seen.get(&import.name) {
                let it = Diagnostic::error(format!("\"{}\" is imported twice", import.name))
                    .at(import.span, "imported again here")
                    .at(first, "first imported here")
                    .help("remove one of the two");
                sink.push(it);
            } else {
                seen.insert(import.name.clone(), import.span);
            }
        }
    }
    let order = order(loaded, files, sink);

    let targets = |wanted: &dyn Fn(ImportKind) -> bool| -> Vec<Vec<FileId>> {
        let of = |file: &File<'_>| {
            file.imports.iter().filter(|it| wanted(it.kind)).filter_map(|it| it.file).collect()
        };
        files.iter().map(of).collect()
    };
    let imports = targets(&|kind| kind != ImportKind::Option);
    let for_options = targets(&|kind| kind == ImportKind::Option);
    let public = targets(&|kind| kind == ImportKind::Public);

    // Dependencies come first in `order`. `shows_less`: what a file lacks, others lack who import it.
    let mut shows_less = vec![false; files.len()];
    let mut incomplete = vec![false; files.len()];
    for &id in &order {
        let file = &files[id.index()];
        let less = |wanted: &dyn Fn(ImportKind) -> bool| {
            let mut imports = file.imports.iter().filter(|it| wanted(it.kind));
            file.broken || imports.any(|it| it.file.is_none_or(|target| shows_less[target.index()]))
        };
        let all = less(&|_| true);
        let shown = less(&|kind| kind == ImportKind::Public);
        incomplete[id.index()] = all;
        shows_less[id.index()] = shown;
    }
    Graph { imports, for_options, public, order, incomplete }
}

/// Depth first from the roots, imports in the order of the source; each cycle is reported once.
fn order(loaded: &Loaded, files: &[File<'_>], sink: &mut Sink) -> Vec<FileId> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; files.len()];
    let mut order = Vec::new();
    for &root in &loaded.roots {
        if state[root.index()] != State::New {
            continue;
        }
        // Not recursive: chains of imports can be as long as there are files.
        let mut stack = vec![(root, 0)];
        state[root.index()] = State::Open;
        while let Some(top) = stack.last_mut() {
            let (id, next) = *top;
            top.1 += 1;
            let Some(import) = files[id.index()].imports.get(next) else {
                state[id.index()] = State::Done;
                order.push(id);
                stack.pop();
                continue;
            };
            let Some(target) = import.file else { continue };
            match state[target.index()] {
                State::Done => {}
                State::New => {
                    state[target.index()] = State::Open;
                    stack.push((target, 0));
                }
                State::Open => {
                    let from = stack.iter().position(|it| it.0 == target).unwrap_or(0);
                    let mut chain: Vec<&str> =
                        stack[from..].iter().map(|it| loaded.sources.file(it.0).name.as_str()).collect();
                    chain.push(&loaded.sources.file(target).name);
                    let it = if chain.len() == 2 {
                        Diagnostic::error("a file cannot import itself")
                            .at(import.span, "this is the file itself")
                    } else {
                        Diagnostic::error("files import each other in a circle")
                            .at(import.span, "this import closes it")
                            .note(chain.join(" → "))
                            .help("move what both need into a third file")
                    };
                    sink.push(it);
                }
            }
        }
    }
    order
}

/// Warns of imports that nothing was needed from, in the files that were asked for.
pub(crate) fn unused(world: &World<'_>, used: &[HashSet<FileId>], sink: &mut Sink) {
    if sink.errors() > 0 {
        return;
    }
    for &root in &world.loaded.roots {
        for import in &world.files[root.index()].imports {
            let Some(target) = import.file else { continue };
            let mut brought = HashSet::new();
            world.imports.reach(target, &mut brought);
            if import.kind == ImportKind::Public || !used[root.index()].is_disjoint(&brought) {
                continue;
            }
            let it = Diagnostic::warning(format!("\"{}\" is imported and not used", import.name))
                .at(import.span, "nothing here comes from it");
            sink.push(it);
        }
    }
}
