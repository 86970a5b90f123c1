//! The files every Protobuf user can import without having them: Google's own, built in.

macro_rules! files {
    ($($name:literal)*) => {
        /// Import name and text of each.
        pub(crate) const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../proto/", $name)))),*];
    };
}

files! {
    "google/protobuf/any.proto"
    "google/protobuf/api.proto"
    "google/protobuf/c_sharp_features.proto"
    "google/protobuf/compiler/plugin.proto"
    "google/protobuf/cpp_features.proto"
    "google/protobuf/cpp_file_options.proto"
    "google/protobuf/cpp_options.proto"
    "google/protobuf/descriptor.proto"
    "google/protobuf/duration.proto"
    "google/protobuf/empty.proto"
    "google/protobuf/field_mask.proto"
    "google/protobuf/go_features.proto"
    "google/protobuf/java_features.proto"
    "google/protobuf/json_enumvalue_options.proto"
    "google/protobuf/json_options.proto"
    "google/protobuf/source_context.proto"
    "google/protobuf/struct.proto"
    "google/protobuf/timestamp.proto"
    "google/protobuf/type.proto"
    "google/protobuf/wrappers.proto"
}

/// The file that says which options there are.
pub(crate) const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

/// The text of a built-in file.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|file| file.0 == name).map(|file| file.1)
}

/// The built-in file that declares a well-known type, given by its simple or full name.
pub(crate) fn file_of(type_name: &str) -> Option<&'static str> {
    let simple = type_name.trim_start_matches('.');
    let simple = simple.strip_prefix("google.protobuf.").unwrap_or(simple);
    Some(match simple {
        "Any" => "google/protobuf/any.proto",
        "Duration" => "google/protobuf/duration.proto",
        "Empty" => "google/protobuf/empty.proto",
        "FieldMask" => "google/protobuf/field_mask.proto",
        "Struct" | "Value" | "ListValue" | "NullValue" => "google/protobuf/struct.proto",
        "Timestamp" => "google/protobuf/timestamp.proto",
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value" | "UInt32Value"
        | "BoolValue" | "StringValue" | "BytesValue" => "google/protobuf/wrappers.proto",
        "FileOptions"
        | "MessageOptions"
        | "FieldOptions"
        | "OneofOptions"
        | "ExtensionRangeOptions"
        | "EnumOptions"
        | "EnumValueOptions"
        | "ServiceOptions"
        | "MethodOptions"
        | "FeatureSet"
        | "FileDescriptorProto"
        | "FileDescriptorSet"
        | "DescriptorProto" => DESCRIPTOR,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_well_known_type_is_declared_where_we_say() {
        for (type_name, word) in [("Timestamp", "message"), ("NullValue", "enum"), ("FileOptions", "message")]
        {
            let file = super::file_of(&format!("google.protobuf.{type_name}")).expect("known");
            let text = super::text(file).expect("built in");
            assert!(text.contains(&format!("\n{word} {type_name} {{")), "{type_name} in {file}");
        }
    }
}
