//! Compiles files to a descriptor set, as `protoc --descriptor_set_out` with all imports and source info:
//! `cargo run -p ferrpc-compiler --example descriptor_set -- OUT [-I DIR]… FILE…`

use std::process::ExitCode;

use ferrpc_compiler::Compiler;
use ferrpc_proto::Message;
use ferrpc_proto::descriptor::FileDescriptorSet;

#[expect(clippy::print_stderr, reason = "diagnostics go to people")]
fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(out) = args.next() else {
        eprintln!("usage: descriptor_set OUT [-I DIR]… FILE…");
        return ExitCode::FAILURE;
    };
    let mut compiler = Compiler::new();
    let mut files = Vec::new();
    while let Some(arg) = args.next() {
        match arg.strip_prefix("-I") {
            Some("") => compiler = compiler.include(args.next().unwrap_or_default()),
            Some(dir) => compiler = compiler.include(dir),
            None => files.push(arg),
        }
    }
    let compiled = match compiler.compile(&files) {
        Ok(compiled) => compiled,
        Err(report) => {
            eprint!("{}", report.render(false));
            return ExitCode::FAILURE;
        }
    };
    eprint!("{}", compiled.warnings.render(false));
    let set = FileDescriptorSet { file: compiled.files, ..Default::default() };
    let written = set.encode_to_vec().map_err(|it| it.to_string());
    match written.and_then(|bytes| std::fs::write(&out, bytes).map_err(|it| it.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {out}: {error}");
            ExitCode::FAILURE
        }
    }
}
