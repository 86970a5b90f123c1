//! `protoc-gen-ferrpc` as protoc runs it. With protoc and buf themselves: `cargo xtask conformance plugin`.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use ferrpc_compiler::Compiler;
use ferrpc_proto::descriptor::FileDescriptorProto;
use ferrpc_proto::{DecodeLimits, Message};

mod messages {
    include!("../src/gen/plugin.rs");
}
use messages::google::protobuf::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};

fn files() -> Vec<FileDescriptorProto> {
    let user = "edition = \"2024\";\npackage acme;\nimport \"id.proto\";\n\
        service Users { rpc Get(Id) returns (User); }\n// Somebody.\nmessage User { Id id = 1; }\n";
    let id = "syntax = \"proto3\";\npackage acme;\nmessage Id { optional int64 value = 1; }\n";
    let compiler = Compiler::new().source("user.proto", user).source("id.proto", id);
    compiler.compile(&["user.proto"]).expect("valid").files
}

fn request(parameter: &str) -> CodeGeneratorRequest {
    CodeGeneratorRequest {
        file_to_generate: vec!["user.proto".into()],
        parameter: Some(parameter.into()),
        proto_file: files(),
        ..CodeGeneratorRequest::default()
    }
}

fn run(input: &[u8], arguments: &[&str]) -> Output {
    let mut plugin = Command::new(env!("CARGO_BIN_EXE_protoc-gen-ferrpc"));
    plugin.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = plugin.spawn().unwrap();
    // It may have said what is wrong and gone without reading.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn answer(request: &CodeGeneratorRequest) -> CodeGeneratorResponse {
    let output = run(&request.encode_to_vec().unwrap(), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    CodeGeneratorResponse::decode_with(&output.stdout, &DecodeLimits::new()).unwrap()
}

#[test]
fn the_file_is_that_of_the_generator_whatever_the_order_of_the_request() {
    let code = ferrpc_build::generate(&files(), &ferrpc_build::Options::new()).unwrap();
    let mut request = request("");
    for _ in 0..2 {
        let response = answer(&request);
        assert_eq!((response.error.as_deref(), response.file.len()), (None, 1));
        assert_eq!(response.file[0].name.as_deref(), Some("ferrpc.rs"));
        assert!(response.file[0].content.as_deref() == Some(code.as_str()), "the same code");
        request.proto_file.reverse();
    }
}

#[test]
fn the_parameter_has_the_flags_of_ferrpc_gen() {
    let response = answer(&request("no-client, default-stubs,out=a/b.rs"));
    assert_eq!(response.file[0].name.as_deref(), Some("a/b.rs"));
    let code = response.file[0].content.as_deref().unwrap();
    assert!(!code.contains("UsersClient") && code.contains("acme.Users.Get is not implemented"));

    let response = answer(&request("extern=acme=::elsewhere::acme"));
    assert!(!response.file[0].content.as_deref().unwrap().contains("pub struct Id"));
}

#[test]
fn what_is_wrong_is_told_in_the_response() {
    let response = answer(&request("no-clients"));
    let error = response.error.as_deref().unwrap();
    assert!(error.contains("'no-clients'") && error.contains("'no-client'"), "{error}");
    assert!(!error.contains("--") && response.file.is_empty());

    let mut lacking = request("");
    lacking.proto_file.remove(0);
    let error = answer(&lacking).error.unwrap();
    assert_eq!(error, "the request names id.proto and does not have it");
}

#[test]
fn presence_in_proto3_and_all_editions_are_supported() {
    let response = answer(&request(""));
    assert_eq!(response.supported_features, Some(3));
    assert_eq!((response.minimum_edition, response.maximum_edition), (Some(998), Some(1002)));
}

#[test]
fn who_is_not_protoc_learns_what_this_is() {
    for (input, arguments, said) in [
        (&b"no request"[..], &[][..], "this is no google.protobuf.compiler.CodeGeneratorRequest"),
        (b"", &["user.proto"], "this is a plugin of protoc and buf"),
    ] {
        let output = run(input, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr.starts_with(&format!("error: {said}")) && output.stdout.is_empty(), "{stderr}");
    }
    let output = run(b"", &["--version"]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("protoc-gen-ferrpc {}\n", env!("CARGO_PKG_VERSION"))
    );
}
