//! Generated code is laid out as rustfmt would, by its default settings, whatever the names.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::{Command, Stdio};

use ferrpc_build::{Options, generate};
use ferrpc_proto::descriptor::field_descriptor_proto::{Label, Type};
use ferrpc_proto::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MessageOptions, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
};

fn rustfmt(code: &str, edition: &str) -> String {
    let mut child = Command::new("rustfmt")
        .args(["--edition", edition, "--config-path", "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("rustfmt comes with the toolchain");
    child.stdin.take().unwrap().write_all(code.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "rustfmt takes the code");
    String::from_utf8(output.stdout).unwrap()
}

/// A name of exactly this many letters.
fn name(first: &str, len: usize) -> String {
    let mut name = first.to_owned();
    while name.len() < len {
        name.push(if name.len().is_multiple_of(5) { 'B' } else { 'a' });
    }
    name
}

fn field(name: &str, number: i32, kind: Type, label: Label, of: &str) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        r#type: Some(kind),
        label: Some(label),
        type_name: (!of.is_empty()).then(|| of.into()),
        ..Default::default()
    }
}

/// A file with everything in it whose names have about this many letters.
fn file(package: &str, len: usize) -> FileDescriptorProto {
    let prefix = if package.is_empty() { String::new() } else { format!(".{package}") };
    let (message, inner) = (name("Mes", len), name("Inn", len));
    let of = format!("{prefix}.{message}");
    let of_inner = format!("{of}.{inner}");
    let of_entry = format!("{of}.Entry");
    let (one, many) = (Label::OPTIONAL, Label::REPEATED);
    let entry = DescriptorProto {
        name: Some("Entry".into()),
        field: vec![field("key", 1, Type::STRING, one, ""), field("value", 2, Type::MESSAGE, one, &of_inner)],
        options: MessageOptions { map_entry: Some(true), ..Default::default() }.into(),
        ..Default::default()
    };
    let leaf = DescriptorProto { name: Some(inner), ..Default::default() };
    let oneof =
        FieldDescriptorProto { oneof_index: Some(0), ..field(&name("one", len), 5, Type::MESSAGE, one, &of) };
    let streams = [(false, false), (false, true), (true, false), (true, true)];
    let method = |(i, (client, server)): (usize, (bool, bool))| MethodDescriptorProto {
        name: Some(name(&format!("Call{i}"), len)),
        input_type: Some(if i % 2 == 0 { of.clone() } else { of_inner.clone() }),
        output_type: Some(of.clone()),
        client_streaming: Some(client),
        server_streaming: Some(server),
        ..Default::default()
    };
    FileDescriptorProto {
        name: Some("some.proto".into()),
        package: (!package.is_empty()).then(|| package.into()),
        syntax: Some("proto3".into()),
        message_type: vec![DescriptorProto {
            name: Some(message),
            field: vec![
                field(&name("map", len), 1, Type::MESSAGE, many, &of_entry),
                field(&name("sub", len), 2, Type::MESSAGE, one, &of_inner),
                field(&name("list", len), 3, Type::MESSAGE, many, &of_inner),
                field(&name("bytes", len), 4, Type::BYTES, one, ""),
                oneof,
            ],
            nested_type: vec![entry, leaf],
            oneof_decl: vec![OneofDescriptorProto { name: Some(name("oneof", len)), ..Default::default() }],
            ..Default::default()
        }],
        enum_type: vec![EnumDescriptorProto {
            name: Some(name("Enu", len)),
            value: vec![EnumValueDescriptorProto {
                name: Some(name("VAL", len)),
                number: Some(i32::from(len.is_multiple_of(2))),
                ..Default::default()
            }],
            ..Default::default()
        }],
        service: vec![
            ServiceDescriptorProto {
                name: Some(name("Ser", len)),
                method: streams.into_iter().enumerate().map(method).collect(),
                ..Default::default()
            },
            ServiceDescriptorProto { name: Some(name("Nothing", len)), ..Default::default() },
        ],
        ..Default::default()
    }
}

fn differences(package: &str, len: usize, edition: &str, options: &Options) -> Option<String> {
    // Up to eight files, with names of the same length.
    let more = (0..len % 9).map(|i| FileDescriptorProto {
        name: Some(format!("{}{i}.proto", name("f", len / 4))),
        ..Default::default()
    });
    let files: Vec<FileDescriptorProto> = [file(package, len)].into_iter().chain(more).collect();
    let code = generate(&files, options).unwrap();
    let formatted = rustfmt(&code, edition);
    // Where the names alone are wider than a line rustfmt has no layout of its own.
    let too_wide = |line: &&str| line.trim_start().len() > 90 && !line.contains("b\"");
    if code.lines().any(|line| line.len() > 100 && too_wide(&line) && !line.trim_start().starts_with('(')) {
        return None;
    }
    let at = code.lines().zip(formatted.lines()).position(|(ours, theirs)| ours != theirs);
    // One is the start of the other: they differ where it ends.
    let at =
        at.or_else(|| (code != formatted).then(|| formatted.lines().count().min(code.lines().count())))?;
    let excerpt = |code: &str| code.lines().skip(at.saturating_sub(2)).take(8).collect::<Vec<_>>().join("\n");
    Some(format!(
        "{package} {len} {edition}\n--- ours\n{}\n--- rustfmt's\n{}",
        excerpt(&code),
        excerpt(&formatted)
    ))
}

#[test]
fn rustfmt_would_change_nothing() {
    let mut wrong = Vec::new();
    for package in ["", "acme", "acme.shop.v1"] {
        for len in (4..60).step_by(if package == "acme" { 1 } else { 4 }) {
            for edition in ["2021", "2024"] {
                wrong.extend(differences(package, len, edition, &Options::new()));
            }
            if package == "acme" {
                wrong.extend(differences(package, len, "2021", &Options::new().frozen("acme")));
            }
        }
    }
    wrong.extend(differences("acme", 8, "2021", &Options::new().default_stubs(true)));
    wrong.extend(differences("acme", 9, "2021", &Options::new().messages_only().no_std(true)));
    assert!(wrong.is_empty(), "{} differ; first:\n{}", wrong.len(), wrong[0]);
}

#[test]
fn a_method_whose_messages_have_no_views_cannot_have_them_frozen() {
    let options = Options::new().frozen("acme").without_views("acme");
    let error = generate(&[file("acme", 4)], &options).unwrap_err().to_string();
    let message = format!("cannot have frozen messages: acme.{} is generated without views", name("Mes", 4));
    assert!(error.contains(&message), "{error}");
    // Another package's methods are none of this one's.
    let options = Options::new().frozen("acm").without_views("acme");
    assert!(generate(&[file("acme", 4)], &options).is_ok());
}
