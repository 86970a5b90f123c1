//! `.proto` text to descriptors: no panic, and what comes out makes sense.

use ferrpc_compiler::Compiler;
use ferrpc_proto::descriptor::FileDescriptorSet;
use ferrpc_proto::{DecodeErrorKind, Message};

/// Compiles the input as one file. Imports are found among the built-in files and one that is handed in.
pub fn compiler(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let lib = "syntax = \"proto2\";\npackage lib;\nimport \"google/protobuf/descriptor.proto\";\n\
        message L { optional L l = 1; optional string s = 2; extensions 10 to max; }\nenum E { A = 0; B = 1; }\n\
        extend google.protobuf.FieldOptions { optional L l = 50000; repeated E e = 50001; }\n";
    let compiler = Compiler::new().source("a.proto", text).source("lib.proto", lib);
    match compiler.compile(&["a.proto"]) {
        Err(report) => {
            assert!(report.errors() > 0);
            let shown = report.render(true);
            assert!(shown.contains("error"));
            for it in report.diagnostics() {
                let place = report.place(it);
                assert!(place.is_none_or(|it| (it.line, it.column) <= (it.end_line, it.end_column)));
            }
        }
        Ok(compiled) => {
            let lines = text.lines().count().max(1) + 1;
            let file = compiled.files.last().expect("the file itself");
            assert_eq!(file.name.as_deref(), Some("a.proto"));
            let info = file.source_code_info.as_ref().expect("is always there");
            // The first is that of the file, which ends before it starts if it has no tokens: so with protoc.
            for it in info.location.iter().skip(1) {
                let (start, end) = match it.span[..] {
                    [line, from, to] => ((line, from), (line, to)),
                    [line, from, end, to] => ((line, from), (end, to)),
                    _ => panic!("a span of {} numbers", it.span.len()),
                };
                let inside = usize::try_from(end.0).is_ok_and(|it| it < lines);
                assert!(start >= (0, 0) && start <= end && inside, "{:?} from {start:?} to {end:?}", it.path);
            }
            let set = FileDescriptorSet { file: compiled.files, ..Default::default() };
            let bytes = set.encode_to_vec().expect("small enough");
            match FileDescriptorSet::decode(&bytes) {
                Ok(again) => assert_eq!(again.encode_to_vec().expect("small enough"), bytes),
                // Texts of options are handed on as they are, which takes an escape here.
                Err(error) => {
                    assert!(error.kind() == DecodeErrorKind::InvalidUtf8 && text.contains('\\'), "{error}")
                }
            }
        }
    }
}
