//! What the generator does not do yet it refuses, rather than do it wrong.

use std::path::Path;

use ferrpc_build::Config;

/// What generating code for `proto` ends with.
fn generate(name: &str, proto: &str) -> Result<String, String> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, proto).unwrap();
    match Config::new().messages_only().include(env!("CARGO_TARGET_TMPDIR")).generate(&[path]) {
        Ok(generated) => Ok(generated.code),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_delimited_field_is_refused_by_name_wherever_it_is_said() {
    let field = "edition = \"2023\"; message M { M m = 1 [features.message_encoding = DELIMITED]; }";
    let file =
        "edition = \"2023\"; option features.message_encoding = DELIMITED; message M { repeated M m = 1; }";
    let oneof = "edition = \"2023\"; option features.message_encoding = DELIMITED; message M { oneof o { M m = 1; } }";
    for (name, proto) in [("field.proto", field), ("file.proto", file), ("oneof.proto", oneof)] {
        let error = generate(name, proto).unwrap_err();
        assert!(error.contains(".m is delimited (features.message_encoding)"), "{error}");
    }
}

#[test]
fn what_is_never_delimited_is_not_refused() {
    let map = "edition = \"2023\"; option features.message_encoding = DELIMITED; \
               message M { map<string, M> m = 1; int32 n = 2; }";
    assert!(generate("map.proto", map).unwrap().contains("struct M"));
    let own = "edition = \"2023\"; option features.message_encoding = DELIMITED; \
               message M { M m = 1 [features.message_encoding = LENGTH_PREFIXED]; }";
    assert!(generate("own.proto", own).unwrap().contains("struct M"));
}
