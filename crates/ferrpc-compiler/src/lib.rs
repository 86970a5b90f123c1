//! `.proto` text to checked descriptors.
//!
//! [`Compiler`] reads files and what they import and gives
//! [`FileDescriptorProto`](ferrpc_proto::descriptor::FileDescriptorProto)s as `protoc` would, or a
//! [`Report`] of everything that is wrong with them, with places, reasons and advice. No other program is
//! needed for it.
//!
//! It generates no code: that is `ferrpc-build`.
//!
//! The road through the modules: `load` finds the files and cuts them into tokens (`lex`), `parse` makes
//! trees of them (`ast`), and `lower` is the list of passes from trees to descriptors.
#![forbid(unsafe_code)]

mod ast;
mod comments;
mod compiler;
mod defaults;
mod edition;
mod feature_map;
mod features;
mod float;
mod graph;
mod info;
mod lex;
mod limits;
mod literal;
mod load;
mod lower;
mod names;
mod nodes;
mod options;
mod parallel;
mod parse;
mod pass;
mod ranges;
mod report;
mod scopes;
mod source;
mod span;
mod suggest;
mod symbols;
mod target;
mod value;
mod wkt;
mod world;

pub use compiler::{Compiled, Compiler};
pub use report::{Diagnostic, Level, Place, Report};
