//! Descriptors as input: from protoc, from buf, or from somebody who means harm (attack s38).

use ferrpc_build::{Options, generate};
use ferrpc_proto::Message;
use ferrpc_proto::descriptor::{
    DescriptorProto, Edition, EnumDescriptorProto, EnumValueDescriptorProto, FeatureSet,
    FieldDescriptorProto, FieldOptions, FileDescriptorProto, FileDescriptorSet, FileOptions, MessageOptions,
    OneofDescriptorProto,
    feature_set::{EnumType, FieldPresence, MessageEncoding, RepeatedFieldEncoding},
    field_descriptor_proto::{Label, Type},
};

fn field(number: i32, name: &str, of: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(Label::OPTIONAL),
        r#type: Some(of),
        ..Default::default()
    }
}

fn typed(number: i32, name: &str, of: Type, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto { type_name: Some(type_name.into()), ..field(number, name, of) }
}

fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.into()), field, ..Default::default() }
}

fn file(syntax: &str, messages: Vec<DescriptorProto>) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some("f.proto".into()),
        syntax: (!syntax.is_empty()).then(|| syntax.into()),
        message_type: messages,
        ..Default::default()
    }
}

fn code(files: &[FileDescriptorProto]) -> String {
    generate(files, &Options::new().messages_only()).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn assert_parts(code: &str, parts: &[&str]) {
    for part in parts {
        assert!(code.lines().any(|line| line.trim().ends_with(part)), "no {part} in\n{code}");
    }
}

#[test]
fn older_syntax_says_in_its_own_ways_what_editions_say_by_features() {
    let packed = |yes, field: FieldDescriptorProto| FieldDescriptorProto {
        label: Some(Label::REPEATED),
        options: FieldOptions { packed: yes, ..Default::default() }.into(),
        ..field
    };
    let fields = || {
        vec![
            field(1, "a", Type::INT32),
            FieldDescriptorProto { label: Some(Label::REQUIRED), ..field(2, "b", Type::INT32) },
            packed(None, field(3, "c", Type::INT32)),
            packed(Some(true), field(4, "d", Type::INT32)),
            packed(Some(false), field(5, "e", Type::INT32)),
            typed(6, "g", Type::GROUP, ".M"),
        ]
    };
    let proto2 = code(&[file("", vec![message("M", fields())])]);
    assert_parts(
        &proto2,
        &[
            "\"M\", boxed, MView, required(2) within(6);",
            "(1 \"a\" a optional int32)",
            "(2 \"b\" b optional int32)",
            "(3 \"c\" c repeated int32)",
            "(4 \"d\" d packed int32)",
            "(5 \"e\" e repeated int32)",
            "(6 \"g\" g sub group)",
        ],
    );
    let optional = FieldDescriptorProto {
        proto3_optional: Some(true),
        oneof_index: Some(0),
        ..field(7, "h", Type::INT32)
    };
    let mut fields = fields();
    fields.remove(5);
    fields.remove(1);
    fields.push(optional);
    let oneof_decl = vec![OneofDescriptorProto { name: Some("_h".into()), ..Default::default() }];
    let proto3 = code(&[file("proto3", vec![DescriptorProto { oneof_decl, ..message("M", fields) }])]);
    assert_parts(
        &proto3,
        &[
            "(1 \"a\" a implicit int32)",
            "(3 \"c\" c packed int32)",
            "(5 \"e\" e repeated int32)",
            "(7 \"h\" h optional int32)",
        ],
    );
}

#[test]
fn features_hold_for_what_is_inside_until_something_else_is_said() {
    let of_file = FeatureSet {
        field_presence: Some(FieldPresence::IMPLICIT),
        enum_type: Some(EnumType::CLOSED),
        repeated_field_encoding: Some(RepeatedFieldEncoding::EXPANDED),
        message_encoding: Some(MessageEncoding::DELIMITED),
        ..Default::default()
    };
    let said = |features: FeatureSet, field: FieldDescriptorProto| FieldDescriptorProto {
        options: FieldOptions { features: features.into(), ..Default::default() }.into(),
        ..field
    };
    let list = |field| FieldDescriptorProto { label: Some(Label::REPEATED), ..field };
    let present = |presence| FeatureSet { field_presence: Some(presence), ..Default::default() };
    let packed =
        FeatureSet { repeated_field_encoding: Some(RepeatedFieldEncoding::PACKED), ..Default::default() };
    let fields = vec![
        field(1, "a", Type::INT32),
        said(present(FieldPresence::EXPLICIT), field(2, "b", Type::INT32)),
        said(present(FieldPresence::LEGACY_REQUIRED), field(3, "c", Type::INT32)),
        list(field(4, "d", Type::INT32)),
        said(packed, list(field(5, "e", Type::INT32))),
        typed(6, "f", Type::MESSAGE, ".M.N"),
        list(typed(7, "g", Type::MESSAGE, ".M.N")),
    ];
    let inner = message("N", vec![field(1, "a", Type::INT32)]);
    let value = EnumValueDescriptorProto { name: Some("X".into()), number: Some(0), ..Default::default() };
    let of_enum = EnumDescriptorProto { name: Some("E".into()), value: vec![value], ..Default::default() };
    for edition in [Edition::EDITION_2023, Edition::EDITION_2024, Edition::EDITION_2026] {
        let outer = DescriptorProto {
            nested_type: vec![inner.clone()],
            enum_type: vec![of_enum.clone()],
            ..message("M", fields.clone())
        };
        let options = FileOptions { features: of_file.clone().into(), ..Default::default() };
        let file = FileDescriptorProto {
            edition: Some(edition),
            options: options.into(),
            ..file("editions", vec![outer])
        };
        assert_parts(
            &code(std::slice::from_ref(&file)),
            &[
                "\"M\", boxed, MView, required(3) within();",
                "\"M.N\", inline, NView;",
                "(1 \"a\" a implicit int32)",
                "(2 \"b\" b optional int32)",
                "(3 \"c\" c optional int32)",
                "(4 \"d\" d repeated int32)",
                "(5 \"e\" e packed int32)",
                "(6 \"f\" f sub group)",
                "(7 \"g\" g repeated group)",
                "E, true;",
            ],
        );
    }
    let future = FileDescriptorProto { edition: Some(Edition(1003)), ..file("editions", vec![]) };
    let error = generate(&[future], &Options::new().messages_only()).unwrap_err().to_string();
    assert!(error.contains("is of edition 1003, which this version of ferrpc does not know"), "{error}");
}

#[test]
fn s38_descriptors_that_do_not_fit_together_are_errors() {
    let fine = || message("M", vec![field(1, "a", Type::INT32)]);
    let entry = |key, value| DescriptorProto {
        options: MessageOptions { map_entry: Some(true), ..Default::default() }.into(),
        ..message("E", vec![field(1, "key", key), field(2, "value", value)])
    };
    let deep = (0..200).fold(fine(), |inner, _| DescriptorProto { nested_type: vec![inner], ..fine() });
    let injected = "x: i32 }\nfn main() {}";
    let cases = [
        (file("proto4", vec![]), "unknown syntax"),
        (file("proto3", vec![message(injected, vec![])]), "which is no name"),
        (file("proto3", vec![message("M", vec![field(1, injected, Type::INT32)])]), "which is no name"),
        (file("proto3", vec![message("M", vec![field(1, "", Type::INT32)])]), "which is no name"),
        (file("proto3", vec![fine(), fine()]), "defined already"),
        (file("proto3", vec![deep]), "deeper than 100"),
        (file("proto3", vec![message("M", vec![field(0, "a", Type::INT32)])]), "no field number in range"),
        (
            file("proto3", vec![message("M", vec![field(1, "a", Type::INT32), field(1, "b", Type::INT32)])]),
            "two fields of number 1",
        ),
        (file("proto3", vec![message("M", vec![typed(1, "a", Type::MESSAGE, ".N")])]), "uses N, which none"),
        (file("proto3", vec![message("M", vec![field(1, "a", Type(77))])]), "has no type"),
        (
            file(
                "proto3",
                vec![message(
                    "M",
                    vec![FieldDescriptorProto { oneof_index: Some(3), ..field(1, "a", Type::INT32) }],
                )],
            ),
            "in a oneof that it has not",
        ),
        (file("proto3", vec![entry(Type::FLOAT, Type::INT32)]), "is no map's entry"),
        (file("proto3", vec![entry(Type::INT32, Type::GROUP)]), "is no map's entry"),
        (FileDescriptorProto { package: Some("a..b".into()), ..file("", vec![]) }, "which is no name"),
        (FileDescriptorProto { name: Some("a\nb".into()), ..file("", vec![]) }, "control characters"),
    ];
    for (file, expected) in cases {
        let error = generate(&[file], &Options::new().messages_only()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    // Of themselves and of each other: messages may go round in circles, and files too.
    let one = FileDescriptorProto {
        dependency: vec!["g.proto".into()],
        ..file("", vec![message("A", vec![typed(1, "b", Type::MESSAGE, ".B")])])
    };
    let other = FileDescriptorProto {
        name: Some("g.proto".into()),
        dependency: vec!["f.proto".into()],
        ..file("", vec![message("B", vec![typed(1, "a", Type::MESSAGE, ".A")])])
    };
    code(&[one, other]);
}

#[test]
fn s38_large_schemas_are_not_refused() {
    // More than a wire limit for messages of that size would let in, and many times what anybody has.
    let messages: Vec<DescriptorProto> = (0..5_000)
        .map(|i| {
            let fields = (1..20).map(|n| field(n, &format!("field_{n}"), Type::INT32)).collect();
            message(&format!("Message{i}"), fields)
        })
        .collect();
    let code = code(&[file("proto3", messages)]);
    assert_eq!(code.matches("#[derive(Clone, Default, PartialEq)]\n    pub struct Message").count(), 5_000);
}

#[test]
fn s38_no_damage_to_descriptors_does_harm() {
    let fields = vec![
        field(1, "a", Type::INT32),
        typed(2, "b", Type::MESSAGE, ".p.M"),
        FieldDescriptorProto { default_value: Some("1.5".into()), ..field(3, "c", Type::DOUBLE) },
    ];
    let extension = FieldDescriptorProto { extendee: Some(".p.M".into()), ..field(100, "e", Type::STRING) };
    let good = FileDescriptorProto {
        package: Some("p".into()),
        extension: vec![extension],
        ..file("", vec![DescriptorProto { nested_type: vec![message("N", vec![])], ..message("M", fields) }])
    };
    let good = FileDescriptorSet { file: vec![good], ..Default::default() }.encode_to_vec().unwrap();
    let (mut decoded, mut generated) = (0, 0);
    for at in 0..good.len() {
        for change in [1, 2, 3, 8, 0x55, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[at] ^= change;
            let Ok(set) = FileDescriptorSet::decode(&bytes) else { continue };
            decoded += 1;
            generated += u32::from(generate(&set.file, &Options::new().messages_only()).is_ok());
        }
    }
    assert!(decoded > 200 && generated > 100, "{decoded} decoded, {generated} generated");
}
