//! Whatever things are called in a `.proto` file, the code compiles, and each thing can be reached.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, clippy::all)]

use std::path::{Path, PathBuf};

use ferrpc_build::Config;
use ferrpc_proto::{Message, Sub};

mod at {
    pub(crate) mod some_depth {
        include!("gen/names.rs");
    }
}

use at::some_depth::{
    FileDescriptors, OuterMessage, OuterMessage_, Self_, acme as package, acme_, file_descriptors,
    file_descriptors_, outer_message, self_,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/names")
}

#[test]
fn the_code_in_tests_gen_is_what_the_generator_writes() {
    let config = Config::new().messages_only().include(root());
    let code = config.generate(&[root().join("root.proto")]).unwrap().code;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gen/names.rs");
    if std::env::var_os("FERRPC_UPDATE").is_some() {
        std::fs::write(&path, &code).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap() == code, "set FERRPC_UPDATE to write {}", path.display());
}

#[test]
fn keywords_are_escaped_and_what_cannot_be_is_marked() {
    let message = Self_ {
        self_: "1".into(),
        self__: "2".into(),
        crate_: "3".into(),
        r#type: "5".into(),
        r#gen: "6".into(),
        _unknown_: "8".into(),
        foo_bar: "10".into(),
        r#match: Some(self_::Match::Loop("12".into())),
        ..Default::default()
    };
    // The names of the `.proto` file are those of the text.
    assert_eq!(
        message.to_string().lines().collect::<Vec<_>>(),
        [
            "self: \"1\"",
            "Self: \"2\"",
            "crate: \"3\"",
            "type: \"5\"",
            "gen: \"6\"",
            "_unknown: \"8\"",
            "fooBar: \"10\"",
            "loop: \"12\"",
        ]
    );
    assert_eq!(Self_::decode(&message.encode_to_vec().unwrap()).unwrap(), message);
}

#[test]
fn types_of_the_prelude_can_be_shadowed() {
    let inner = package::v1::Box { result: Default::default(), ..Default::default() };
    let option = package::v1::Option {
        some: Some("x".into()),
        vec: vec![package::v1::Vec { i32: vec![1], ..Default::default() }],
        boxes: [("k".to_owned(), inner.clone())].into(),
        choice: Some(package::v1::option::Choice::Box(Box::new(inner))),
        ..Default::default()
    };
    assert_eq!(package::v1::Option::decode(&option.encode_to_vec().unwrap()).unwrap(), option);
}

#[test]
fn who_comes_later_gets_an_underscore() {
    // A message without a package keeps clear of packages, and of the descriptors.
    let message = at::some_depth::Acme { inner: Sub::from(acme_::Inner::default()), ..Default::default() };
    assert_eq!(message.to_string(), "inner {\n}");
    let message = FileDescriptors { inner: acme_::Inner::default().into(), ..Default::default() };
    assert_ne!(message, FileDescriptors::default());
    assert_eq!(file_descriptors::Inner::default(), file_descriptors::Inner::default());
    assert_eq!(file_descriptors_::ALL.len(), 2);

    // Two names that are one in Rust; a oneof and a type.
    let kind = outer_message::Kind_::B(outer_message::OuterEnum::SOME);
    assert_eq!(OuterMessage { kind: Some(kind), ..Default::default() }.to_string(), "b: OUTER_ENUM_SOME");
    assert_eq!(OuterMessage_::default(), OuterMessage_::default());
}

#[test]
fn enums_lose_their_prefix_if_all_values_can() {
    use package::v1::{Color, Debug, Space};

    assert_eq!((Color::NONE, Color::RED, Color::ROUGE), (Color(0), Color(1), Color::COLOR_RED));
    assert_eq!(Color::self_.name(), Some("COLOR_self"));
    assert_eq!(Color::from_name("COLOR_ROUGE"), Some(Color::RED));
    assert_eq!(format!("{:?}", Color::ROUGE), "COLOR_RED");
    assert_eq!(Color::values().count(), 4);
    assert_eq!(Space::SPACE_2D.0, 2);
    assert_eq!((Debug::name_.name(), Debug::values_.0), (Some("name"), 1));
    assert!(matches!(Color(1), Color::RED));
}

#[test]
fn a_getter_hides_no_method_that_messages_have() {
    use package::v1::{Debug, Shadows};

    let message = Shadows { decode: Some(7), r#type: Some("t".into()), ..Default::default() };
    let bytes = message.encode_to_vec().unwrap();
    assert_eq!(Shadows::decode(&bytes).unwrap(), message);
    assert_eq!((message.clone_(), message.clone__(), message.decode_()), ("", &b""[..], 7));
    assert_eq!((message.fmt_(), message.default_(), message.r#type()), (Debug::name_, false, "t"));
}

#[test]
fn what_is_deprecated_says_so_to_those_who_use_it() {
    // The attributes are there to warn; that generated code does not, this file's `deny(warnings)` holds.
    #![expect(deprecated)]
    use package::v1::{Old, Worn, old};

    let message = Old { name: Some("x".into()), which: Some(old::Which::One(1)), ..Default::default() };
    assert_eq!(
        (message.name(), message.worn(), message.old.get().worn()),
        ("x", Worn::NONE, Worn::default())
    );
    let code =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gen/names.rs")).unwrap();
    // Five of them are the view's.
    assert_eq!(code.matches("#[deprecated]\n").count(), 13);
    assert!(code.contains("(1 \"name\" name optional string [deprecated])"));
}
