//! `ferrpc compile`: descriptor sets, for tools that read schemas as such.
//!
//! The spellings of protoc's flags are understood too.

use std::collections::HashSet;
use std::path::PathBuf;

use ferrpc_cli::order::in_order;
use ferrpc_compiler::{Compiled, Compiler};
use ferrpc_proto::Message;
use ferrpc_proto::descriptor::FileDescriptorSet;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files to compile.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Looks for imports here, and in no other directories than those named so.
    #[arg(short = 'I', long = "include", alias = "proto_path", value_name = "DIR")]
    includes: Vec<PathBuf>,

    /// Writes the google.protobuf.FileDescriptorSet to this file.
    #[arg(short, long, alias = "descriptor_set_out", value_name = "FILE")]
    out: PathBuf,

    /// Writes what the files import too, each file behind those it imports.
    #[arg(long, alias = "include_imports")]
    include_imports: bool,

    /// Writes where each declaration stands, and the comments around it.
    #[arg(long, alias = "include_source_info")]
    include_source_info: bool,
}

/// Returns the warnings.
pub(crate) fn run(args: &Args) -> Result<String, String> {
    let compiler = args.includes.iter().fold(Compiler::new(), |compiler, dir| compiler.include(dir));
    let compiled = compiler.compile(&args.files).map_err(|report| report.to_string())?;
    let warnings = compiled.warnings.to_string();
    let failed =
        |error: &dyn std::fmt::Display| format!("error: cannot write {}: {error}", args.out.display());
    let set = set(compiled, args);
    let bytes = set.encode_to_vec().map_err(|error| failed(&error))?;
    std::fs::write(&args.out, bytes).map_err(|error| failed(&error))?;
    Ok(warnings)
}

fn set(compiled: Compiled, args: &Args) -> FileDescriptorSet {
    let mut file = compiled.files;
    if !args.include_imports {
        let wanted: HashSet<&str> = compiled.roots.iter().map(String::as_str).collect();
        file.retain(|it| it.name.as_deref().is_some_and(|name| wanted.contains(name)));
        // Again, since what is left out keeps none of the others in front.
        file = in_order(file, &compiled.roots);
    }
    if !args.include_source_info {
        file.iter_mut().for_each(|it| it.source_code_info.clear());
    }
    FileDescriptorSet { file, ..FileDescriptorSet::default() }
}
