//! The plugin of protoc and buf: a request with descriptors in, a response with a file of Rust out.
//!
//! The generator is that of `ferrpc gen`, and so are the bytes.

use std::collections::HashSet;

use clap::Parser as _;
use ferrpc_build::Error;
use ferrpc_proto::descriptor::Edition;
use ferrpc_proto::{DecodeLimits, Message};

use crate::choices::Choices;
use crate::messages::google::protobuf::compiler::code_generator_response::{Feature, File};
use crate::messages::google::protobuf::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};
use crate::order::in_order;

/// Answers a `google.protobuf.compiler.CodeGeneratorRequest`, both encoded.
///
/// What is wrong with the files or the parameter is told in the response, for protoc to print.
///
/// # Errors
/// What came is no request: then this is not talking to protoc.
pub fn answer(request: &[u8]) -> Result<Vec<u8>, String> {
    // It comes from the user's own protoc: any size is meant.
    let limits = DecodeLimits::new().memory_bytes_max(usize::MAX);
    let request = CodeGeneratorRequest::decode_with(request, &limits)
        .map_err(|error| format!("this is no google.protobuf.compiler.CodeGeneratorRequest: {error}"))?;
    let mut response = CodeGeneratorResponse {
        supported_features: Some(
            [Feature::PROTO3_OPTIONAL, Feature::SUPPORTS_EDITIONS]
                .iter()
                .fold(0, |all, it| all | it.0 as u64),
        ),
        minimum_edition: Some(Edition::EDITION_PROTO2.0),
        maximum_edition: Some(Edition::EDITION_2026.0),
        ..CodeGeneratorResponse::default()
    };
    match generate(request) {
        Ok(file) => response.file.push(file),
        Err(error) => response.error = Some(error),
    }
    response.encode_to_vec().map_err(|error| error.to_string())
}

/// The parameter of the plugin: the flags of `ferrpc gen` without their dashes, with commas between.
#[derive(clap::Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Parameter {
    #[command(flatten)]
    choices: Choices,

    /// The name of the file.
    #[arg(long, default_value = "ferrpc.rs")]
    out: String,
}

fn generate(request: CodeGeneratorRequest) -> Result<File, String> {
    let parameter = request.parameter.unwrap_or_default();
    let flags = parameter.split(',').map(str::trim).filter(|it| !it.is_empty()).map(|it| format!("--{it}"));
    let Parameter { choices, out } = Parameter::try_parse_from(flags).map_err(|error| {
        let told = error.to_string();
        let told = told.split("\n\nUsage:").next().unwrap_or_default();
        told.trim_start_matches("error: ").trim_end().replace("'--", "'")
    })?;
    let there: HashSet<&str> = request.proto_file.iter().filter_map(|it| it.name.as_deref()).collect();
    let imports = request.proto_file.iter().flat_map(|it| it.dependency.iter().chain(&it.option_dependency));
    if let Some(missing) =
        request.file_to_generate.iter().chain(imports).find(|it| !there.contains(it.as_str()))
    {
        return Err(format!("the request names {missing} and does not have it"));
    }
    // buf has an order of its own.
    let files = in_order(request.proto_file, &request.file_to_generate);
    let code = ferrpc_build::generate(&files, &choices.options()).map_err(|error| match error {
        Error::Generate { file, message } => format!("{file}: {message}"),
        other => other.to_string(),
    })?;
    Ok(File { name: Some(out), content: Some(code), ..File::default() })
}
