//! The types of `google/protobuf/descriptor.proto`.
//!
//! A first version by hand, in the shape the generator gives; the generated file replaces it.

#![allow(clippy::use_self, unused_qualifications, unused_imports, unsafe_code)]

use crate::{Bytes, Sub, UnknownFields};
use alloc::string::String;
use alloc::vec::Vec;

/// `google.protobuf.Edition`: an open enum; numbers without a name are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct Edition(pub i32);

impl Edition {
    /// `EDITION_UNKNOWN`
    pub const EDITION_UNKNOWN: Self = Self(0);
    /// `EDITION_LEGACY`
    pub const EDITION_LEGACY: Self = Self(900);
    /// `EDITION_PROTO2`
    pub const EDITION_PROTO2: Self = Self(998);
    /// `EDITION_PROTO3`
    pub const EDITION_PROTO3: Self = Self(999);
    /// `EDITION_2023`
    pub const EDITION_2023: Self = Self(1000);
    /// `EDITION_2024`
    pub const EDITION_2024: Self = Self(1001);
    /// `EDITION_2026`
    pub const EDITION_2026: Self = Self(1002);
    /// `EDITION_UNSTABLE`
    pub const EDITION_UNSTABLE: Self = Self(9999);
    /// `EDITION_1_TEST_ONLY`
    pub const EDITION_1_TEST_ONLY: Self = Self(1);
    /// `EDITION_2_TEST_ONLY`
    pub const EDITION_2_TEST_ONLY: Self = Self(2);
    /// `EDITION_99997_TEST_ONLY`
    pub const EDITION_99997_TEST_ONLY: Self = Self(99997);
    /// `EDITION_99998_TEST_ONLY`
    pub const EDITION_99998_TEST_ONLY: Self = Self(99998);
    /// `EDITION_99999_TEST_ONLY`
    pub const EDITION_99999_TEST_ONLY: Self = Self(99999);
    /// `EDITION_MAX`
    pub const EDITION_MAX: Self = Self(2147483647);
}

crate::__enum! {
    Edition, true;
    (0 "EDITION_UNKNOWN")
    (900 "EDITION_LEGACY")
    (998 "EDITION_PROTO2")
    (999 "EDITION_PROTO3")
    (1000 "EDITION_2023")
    (1001 "EDITION_2024")
    (1002 "EDITION_2026")
    (9999 "EDITION_UNSTABLE")
    (1 "EDITION_1_TEST_ONLY")
    (2 "EDITION_2_TEST_ONLY")
    (99997 "EDITION_99997_TEST_ONLY")
    (99998 "EDITION_99998_TEST_ONLY")
    (99999 "EDITION_99999_TEST_ONLY")
    (2147483647 "EDITION_MAX")
}

/// `google.protobuf.SymbolVisibility`: an open enum; numbers without a name are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct SymbolVisibility(pub i32);

impl SymbolVisibility {
    /// `VISIBILITY_UNSET`
    pub const VISIBILITY_UNSET: Self = Self(0);
    /// `VISIBILITY_LOCAL`
    pub const VISIBILITY_LOCAL: Self = Self(1);
    /// `VISIBILITY_EXPORT`
    pub const VISIBILITY_EXPORT: Self = Self(2);
}

crate::__enum! {
    SymbolVisibility, true;
    (0 "VISIBILITY_UNSET")
    (1 "VISIBILITY_LOCAL")
    (2 "VISIBILITY_EXPORT")
}

/// `google.protobuf.FileDescriptorSet`.
#[derive(Clone, Default, PartialEq)]
pub struct FileDescriptorSet {
    /// Field 1, `file`.
    pub file: Vec<FileDescriptorProto>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    FileDescriptorSet, "google.protobuf.FileDescriptorSet", boxed;
    (1 "file" file repeated message)
}

/// `google.protobuf.FileDescriptorProto`.
#[derive(Clone, Default, PartialEq)]
pub struct FileDescriptorProto {
    /// Field 1, `name`.
    pub name: Option<String>,
    /// Field 2, `package`.
    pub package: Option<String>,
    /// Field 3, `dependency`.
    pub dependency: Vec<String>,
    /// Field 10, `public_dependency`.
    pub public_dependency: Vec<i32>,
    /// Field 11, `weak_dependency`.
    pub weak_dependency: Vec<i32>,
    /// Field 15, `option_dependency`.
    pub option_dependency: Vec<String>,
    /// Field 4, `message_type`.
    pub message_type: Vec<DescriptorProto>,
    /// Field 5, `enum_type`.
    pub enum_type: Vec<EnumDescriptorProto>,
    /// Field 6, `service`.
    pub service: Vec<ServiceDescriptorProto>,
    /// Field 7, `extension`.
    pub extension: Vec<FieldDescriptorProto>,
    /// Field 8, `options`.
    pub options: Sub<FileOptions>,
    /// Field 9, `source_code_info`.
    pub source_code_info: Sub<SourceCodeInfo>,
    /// Field 12, `syntax`.
    pub syntax: Option<String>,
    /// Field 14, `edition`.
    pub edition: Option<Edition>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    FileDescriptorProto, "google.protobuf.FileDescriptorProto", boxed;
    (1 "name" name optional string)
    (2 "package" package optional string)
    (3 "dependency" dependency repeated string)
    (4 "message_type" message_type repeated message)
    (5 "enum_type" enum_type repeated message)
    (6 "service" service repeated message)
    (7 "extension" extension repeated message)
    (8 "options" options sub)
    (9 "source_code_info" source_code_info sub)
    (10 "public_dependency" public_dependency repeated int32)
    (11 "weak_dependency" weak_dependency repeated int32)
    (12 "syntax" syntax optional string)
    (14 "edition" edition optional open)
    (15 "option_dependency" option_dependency repeated string)
}

/// `google.protobuf.DescriptorProto`.
#[derive(Clone, Default, PartialEq)]
pub struct DescriptorProto {
    /// Field 1, `name`.
    pub name: Option<String>,
    /// Field 2, `field`.
    pub field: Vec<FieldDescriptorProto>,
    /// Field 6, `extension`.
    pub extension: Vec<FieldDescriptorProto>,
    /// Field 3, `nested_type`.
    pub nested_type: Vec<DescriptorProto>,
    /// Field 4, `enum_type`.
    pub enum_type: Vec<EnumDescriptorProto>,
    /// Field 5, `extension_range`.
    pub extension_range: Vec<descriptor_proto::ExtensionRange>,
    /// Field 8, `oneof_decl`.
    pub oneof_decl: Vec<OneofDescriptorProto>,
    /// Field 7, `options`.
    pub options: Sub<MessageOptions>,
    /// Field 9, `reserved_range`.
    pub reserved_range: Vec<descriptor_proto::ReservedRange>,
    /// Field 10, `reserved_name`.
    pub reserved_name: Vec<String>,
    /// Field 11, `visibility`.
    pub visibility: Option<SymbolVisibility>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    DescriptorProto, "google.protobuf.DescriptorProto", boxed;
    (1 "name" name optional string)
    (2 "field" field repeated message)
    (3 "nested_type" nested_type repeated message)
    (4 "enum_type" enum_type repeated message)
    (5 "extension_range" extension_range repeated message)
    (6 "extension" extension repeated message)
    (7 "options" options sub)
    (8 "oneof_decl" oneof_decl repeated message)
    (9 "reserved_range" reserved_range repeated message)
    (10 "reserved_name" reserved_name repeated string)
    (11 "visibility" visibility optional open)
}

/// Types nested in `google.protobuf.DescriptorProto`.
pub mod descriptor_proto {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.DescriptorProto.ExtensionRange`.
    #[derive(Clone, Default, PartialEq)]
    pub struct ExtensionRange {
        /// Field 1, `start`.
        pub start: Option<i32>,
        /// Field 2, `end`.
        pub end: Option<i32>,
        /// Field 3, `options`.
        pub options: Sub<super::ExtensionRangeOptions>,
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        ExtensionRange, "google.protobuf.DescriptorProto.ExtensionRange", boxed;
        (1 "start" start optional int32)
        (2 "end" end optional int32)
        (3 "options" options sub)
    }

    /// `google.protobuf.DescriptorProto.ReservedRange`.
    #[derive(Clone, Default, PartialEq)]
    pub struct ReservedRange {
        /// Field 1, `start`.
        pub start: Option<i32>,
        /// Field 2, `end`.
        pub end: Option<i32>,
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        ReservedRange, "google.protobuf.DescriptorProto.ReservedRange", boxed;
        (1 "start" start optional int32)
        (2 "end" end optional int32)
    }
}

/// `google.protobuf.ExtensionRangeOptions`.
#[derive(Clone, Default, PartialEq)]
pub struct ExtensionRangeOptions {
    /// Field 999, `uninterpreted_option`.
    pub uninterpreted_option: Vec<UninterpretedOption>,
    /// Field 2, `declaration`.
    pub declaration: Vec<extension_range_options::Declaration>,
    /// Field 50, `features`.
    pub features: Sub<FeatureSet>,
    /// Field 3, `verification`.
    pub verification: Option<extension_range_options::VerificationState>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    ExtensionRangeOptions, "google.protobuf.ExtensionRangeOptions", boxed;
    (2 "declaration" declaration repeated message)
    (3 "verification" verification optional open)
    (50 "features" features sub)
    (999 "uninterpreted_option" uninterpreted_option repeated message)
}

/// Types nested in `google.protobuf.ExtensionRangeOptions`.
pub mod extension_range_options {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.ExtensionRangeOptions.VerificationState`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct VerificationState(pub i32);

    impl VerificationState {
        /// `DECLARATION`
        pub const DECLARATION: Self = Self(0);
        /// `UNVERIFIED`
        pub const UNVERIFIED: Self = Self(1);
    }

    crate::__enum! {
        VerificationState, true;
        (0 "DECLARATION")
        (1 "UNVERIFIED")
    }

    /// `google.protobuf.ExtensionRangeOptions.Declaration`.
    #[derive(Clone, Default, PartialEq)]
    pub struct Declaration {
        /// Field 1, `number`.
        pub number: Option<i32>,
        /// Field 2, `full_name`.
        pub full_name: Option<String>,
        /// Field 3, `type`.
        pub r#type: Option<String>,
        /// Field 5, `reserved`.
        pub reserved: Option<bool>,
        /// Field 6, `repeated`.
        pub repeated: Option<bool>,
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        Declaration, "google.protobuf.ExtensionRangeOptions.Declaration", boxed;
        (1 "number" number optional int32)
        (2 "full_name" full_name optional string)
        (3 "type" r#type optional string)
        (5 "reserved" reserved optional bool)
        (6 "repeated" repeated optional bool)
    }
}

/// `google.protobuf.FieldDescriptorProto`.
#[derive(Clone, Default, PartialEq)]
pub struct FieldDescriptorProto {
    /// Field 1, `name`.
    pub name: Option<String>,
    /// Field 3, `number`.
    pub number: Option<i32>,
    /// Field 4, `label`.
    pub label: Option<field_descriptor_proto::Label>,
    /// Field 5, `type`.
    pub r#type: Option<field_descriptor_proto::Type>,
    /// Field 6, `type_name`.
    pub type_name: Option<String>,
    /// Field 2, `extendee`.
    pub extendee: Option<String>,
    /// Field 7, `default_value`.
    pub default_value: Option<String>,
    /// Field 9, `oneof_index`.
    pub oneof_index: Option<i32>,
    /// Field 10, `json_name`.
    pub json_name: Option<String>,
    /// Field 8, `options`.
    pub options: Sub<FieldOptions>,
    /// Field 17, `proto3_optional`.
    pub proto3_optional: Option<bool>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    FieldDescriptorProto, "google.protobuf.FieldDescriptorProto", boxed;
    (1 "name" name optional string)
    (2 "extendee" extendee optional string)
    (3 "number" number optional int32)
    (4 "label" label optional open)
    (5 "type" r#type optional open)
    (6 "type_name" type_name optional string)
    (7 "default_value" default_value optional string)
    (8 "options" options sub)
    (9 "oneof_index" oneof_index optional int32)
    (10 "json_name" json_name optional string)
    (17 "proto3_optional" proto3_optional optional bool)
}

/// Types nested in `google.protobuf.FieldDescriptorProto`.
pub mod field_descriptor_proto {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.FieldDescriptorProto.Type`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct Type(pub i32);

    impl Type {
        /// `TYPE_DOUBLE`
        pub const DOUBLE: Self = Self(1);
        /// `TYPE_FLOAT`
        pub const FLOAT: Self = Self(2);
        /// `TYPE_INT64`
        pub const INT64: Self = Self(3);
        /// `TYPE_UINT64`
        pub const UINT64: Self = Self(4);
        /// `TYPE_INT32`
        pub const INT32: Self = Self(5);
        /// `TYPE_FIXED64`
        pub const FIXED64: Self = Self(6);
        /// `TYPE_FIXED32`
        pub const FIXED32: Self = Self(7);
        /// `TYPE_BOOL`
        pub const BOOL: Self = Self(8);
        /// `TYPE_STRING`
        pub const STRING: Self = Self(9);
        /// `TYPE_GROUP`
        pub const GROUP: Self = Self(10);
        /// `TYPE_MESSAGE`
        pub const MESSAGE: Self = Self(11);
        /// `TYPE_BYTES`
        pub const BYTES: Self = Self(12);
        /// `TYPE_UINT32`
        pub const UINT32: Self = Self(13);
        /// `TYPE_ENUM`
        pub const ENUM: Self = Self(14);
        /// `TYPE_SFIXED32`
        pub const SFIXED32: Self = Self(15);
        /// `TYPE_SFIXED64`
        pub const SFIXED64: Self = Self(16);
        /// `TYPE_SINT32`
        pub const SINT32: Self = Self(17);
        /// `TYPE_SINT64`
        pub const SINT64: Self = Self(18);
        #[doc(hidden)]
        pub const TYPE_DOUBLE: Self = Self(1);
        #[doc(hidden)]
        pub const TYPE_FLOAT: Self = Self(2);
        #[doc(hidden)]
        pub const TYPE_INT64: Self = Self(3);
        #[doc(hidden)]
        pub const TYPE_UINT64: Self = Self(4);
        #[doc(hidden)]
        pub const TYPE_INT32: Self = Self(5);
        #[doc(hidden)]
        pub const TYPE_FIXED64: Self = Self(6);
        #[doc(hidden)]
        pub const TYPE_FIXED32: Self = Self(7);
        #[doc(hidden)]
        pub const TYPE_BOOL: Self = Self(8);
        #[doc(hidden)]
        pub const TYPE_STRING: Self = Self(9);
        #[doc(hidden)]
        pub const TYPE_GROUP: Self = Self(10);
        #[doc(hidden)]
        pub const TYPE_MESSAGE: Self = Self(11);
        #[doc(hidden)]
        pub const TYPE_BYTES: Self = Self(12);
        #[doc(hidden)]
        pub const TYPE_UINT32: Self = Self(13);
        #[doc(hidden)]
        pub const TYPE_ENUM: Self = Self(14);
        #[doc(hidden)]
        pub const TYPE_SFIXED32: Self = Self(15);
        #[doc(hidden)]
        pub const TYPE_SFIXED64: Self = Self(16);
        #[doc(hidden)]
        pub const TYPE_SINT32: Self = Self(17);
        #[doc(hidden)]
        pub const TYPE_SINT64: Self = Self(18);
    }

    crate::__enum! {
        Type, true;
        (1 "TYPE_DOUBLE")
        (2 "TYPE_FLOAT")
        (3 "TYPE_INT64")
        (4 "TYPE_UINT64")
        (5 "TYPE_INT32")
        (6 "TYPE_FIXED64")
        (7 "TYPE_FIXED32")
        (8 "TYPE_BOOL")
        (9 "TYPE_STRING")
        (10 "TYPE_GROUP")
        (11 "TYPE_MESSAGE")
        (12 "TYPE_BYTES")
        (13 "TYPE_UINT32")
        (14 "TYPE_ENUM")
        (15 "TYPE_SFIXED32")
        (16 "TYPE_SFIXED64")
        (17 "TYPE_SINT32")
        (18 "TYPE_SINT64")
    }

    /// `google.protobuf.FieldDescriptorProto.Label`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct Label(pub i32);

    impl Label {
        /// `LABEL_OPTIONAL`
        pub const OPTIONAL: Self = Self(1);
        /// `LABEL_REPEATED`
        pub const REPEATED: Self = Self(3);
        /// `LABEL_REQUIRED`
        pub const REQUIRED: Self = Self(2);
        #[doc(hidden)]
        pub const LABEL_OPTIONAL: Self = Self(1);
        #[doc(hidden)]
        pub const LABEL_REPEATED: Self = Self(3);
        #[doc(hidden)]
        pub const LABEL_REQUIRED: Self = Self(2);
    }

    crate::__enum! {
        Label, true;
        (1 "LABEL_OPTIONAL")
        (3 "LABEL_REPEATED")
        (2 "LABEL_REQUIRED")
    }
}

/// `google.protobuf.OneofDescriptorProto`.
#[derive(Clone, Default, PartialEq)]
pub struct OneofDescriptorProto {
    /// Field 1, `name`.
    pub name: Option<String>,
    /// Field 2, `options`.
    pub options: Sub<OneofOptions>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    OneofDescriptorProto, "google.protobuf.OneofDescriptorProto", boxed;
    (1 "name" name optional string)
    (2 "options" options sub)
}

/// `google.protobuf.EnumDescriptorProto`.
#[derive(Clone, Default, PartialEq)]
pub struct EnumDescriptorProto {
    /// Field 1, `name`.
    pub name: Option<String>,
    /// Field 2, `value`.
    pub value: Vec<EnumValueDescriptorProto>,
    /// Field 3, `options`.
    pub options: Sub<EnumOptions>,
    /// Field 4, `reserved_range`.
    pub reserved_range: Vec<enum_descriptor_proto::EnumReservedRange>,
    /// Field 5, `reserved_name`.
    pub reserved_name: Vec<String>,
    /// Field 6, `visibility`.
    pub visibility: Option<SymbolVisibility>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    EnumDescriptorProto, "google.protobuf.EnumDescriptorProto", boxed;
    (1 "name" name optional string)
    (2 "value" value repeated message)
    (3 "options" options sub)
    (4 "reserved_range" reserved_range repeated message)
    (5 "reserved_name" reserved_name repeated string)
    (6 "visibility" visibility optional open)
}

/// Types nested in `google.protobuf.EnumDescriptorProto`.
pub mod enum_descriptor_proto {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.EnumDescriptorProto.EnumReservedRange`.
    #[derive(Clone, Default, PartialEq)]
    pub struct EnumReservedRange {
        /// Field 1, `start`.
        pub start: Option<i32>,
        /// Field 2, `end`.
        pub end: Option<i32>,
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        EnumReservedRange, "google.protobuf.EnumDescriptorProto.EnumReservedRange", boxed;
        (1 "start" start optional int32)
        (2 "end" end optional int32)
    }
}

/// `google.protobuf.EnumValueDescriptorProto`.
#[derive(Clone, Default, PartialEq)]
pub struct EnumValueDescriptorProto {
    /// Field 1, `name`.
    pub name: Option<String>,
    /// Field 2, `number`.
    pub number: Option<i32>,
    /// Field 3, `options`.
    pub options: Sub<EnumValueOptions>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    EnumValueDescriptorProto, "google.protobuf.EnumValueDescriptorProto", boxed;
    (1 "name" name optional string)
    (2 "number" number optional int32)
    (3 "options" options sub)
}

/// `google.protobuf.ServiceDescriptorProto`.
#[derive(Clone, Default, PartialEq)]
pub struct ServiceDescriptorProto {
    /// Field 1, `name`.
    pub name: Option<String>,
    /// Field 2, `method`.
    pub method: Vec<MethodDescriptorProto>,
    /// Field 3, `options`.
    pub options: Sub<ServiceOptions>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    ServiceDescriptorProto, "google.protobuf.ServiceDescriptorProto", boxed;
    (1 "name" name optional string)
    (2 "method" method repeated message)
    (3 "options" options sub)
}

/// `google.protobuf.MethodDescriptorProto`.
#[derive(Clone, Default, PartialEq)]
pub struct MethodDescriptorProto {
    /// Field 1, `name`.
    pub name: Option<String>,
    /// Field 2, `input_type`.
    pub input_type: Option<String>,
    /// Field 3, `output_type`.
    pub output_type: Option<String>,
    /// Field 4, `options`.
    pub options: Sub<MethodOptions>,
    /// Field 5, `client_streaming`.
    pub client_streaming: Option<bool>,
    /// Field 6, `server_streaming`.
    pub server_streaming: Option<bool>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    MethodDescriptorProto, "google.protobuf.MethodDescriptorProto", boxed;
    (1 "name" name optional string)
    (2 "input_type" input_type optional string)
    (3 "output_type" output_type optional string)
    (4 "options" options sub)
    (5 "client_streaming" client_streaming optional bool)
    (6 "server_streaming" server_streaming optional bool)
}

/// `google.protobuf.FileOptions`.
#[derive(Clone, Default, PartialEq)]
pub struct FileOptions {
    /// Field 1, `java_package`.
    pub java_package: Option<String>,
    /// Field 8, `java_outer_classname`.
    pub java_outer_classname: Option<String>,
    /// Field 10, `java_multiple_files`.
    pub java_multiple_files: Option<bool>,
    /// Field 20, `java_generate_equals_and_hash`.
    pub java_generate_equals_and_hash: Option<bool>,
    /// Field 27, `java_string_check_utf8`.
    pub java_string_check_utf8: Option<bool>,
    /// Field 9, `optimize_for`.
    pub optimize_for: Option<file_options::OptimizeMode>,
    /// Field 11, `go_package`.
    pub go_package: Option<String>,
    /// Field 16, `cc_generic_services`.
    pub cc_generic_services: Option<bool>,
    /// Field 17, `java_generic_services`.
    pub java_generic_services: Option<bool>,
    /// Field 18, `py_generic_services`.
    pub py_generic_services: Option<bool>,
    /// Field 23, `deprecated`.
    pub deprecated: Option<bool>,
    /// Field 31, `cc_enable_arenas`.
    pub cc_enable_arenas: Option<bool>,
    /// Field 36, `objc_class_prefix`.
    pub objc_class_prefix: Option<String>,
    /// Field 37, `csharp_namespace`.
    pub csharp_namespace: Option<String>,
    /// Field 39, `swift_prefix`.
    pub swift_prefix: Option<String>,
    /// Field 40, `php_class_prefix`.
    pub php_class_prefix: Option<String>,
    /// Field 41, `php_namespace`.
    pub php_namespace: Option<String>,
    /// Field 44, `php_metadata_namespace`.
    pub php_metadata_namespace: Option<String>,
    /// Field 45, `ruby_package`.
    pub ruby_package: Option<String>,
    /// Field 50, `features`.
    pub features: Sub<FeatureSet>,
    /// Field 999, `uninterpreted_option`.
    pub uninterpreted_option: Vec<UninterpretedOption>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    FileOptions, "google.protobuf.FileOptions", boxed;
    (1 "java_package" java_package optional string)
    (8 "java_outer_classname" java_outer_classname optional string)
    (9 "optimize_for" optimize_for optional open)
    (10 "java_multiple_files" java_multiple_files optional bool)
    (11 "go_package" go_package optional string)
    (16 "cc_generic_services" cc_generic_services optional bool)
    (17 "java_generic_services" java_generic_services optional bool)
    (18 "py_generic_services" py_generic_services optional bool)
    (20 "java_generate_equals_and_hash" java_generate_equals_and_hash optional bool)
    (23 "deprecated" deprecated optional bool)
    (27 "java_string_check_utf8" java_string_check_utf8 optional bool)
    (31 "cc_enable_arenas" cc_enable_arenas optional bool)
    (36 "objc_class_prefix" objc_class_prefix optional string)
    (37 "csharp_namespace" csharp_namespace optional string)
    (39 "swift_prefix" swift_prefix optional string)
    (40 "php_class_prefix" php_class_prefix optional string)
    (41 "php_namespace" php_namespace optional string)
    (44 "php_metadata_namespace" php_metadata_namespace optional string)
    (45 "ruby_package" ruby_package optional string)
    (50 "features" features sub)
    (999 "uninterpreted_option" uninterpreted_option repeated message)
}

/// Types nested in `google.protobuf.FileOptions`.
pub mod file_options {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.FileOptions.OptimizeMode`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct OptimizeMode(pub i32);

    impl OptimizeMode {
        /// `SPEED`
        pub const SPEED: Self = Self(1);
        /// `CODE_SIZE`
        pub const CODE_SIZE: Self = Self(2);
        /// `LITE_RUNTIME`
        pub const LITE_RUNTIME: Self = Self(3);
    }

    crate::__enum! {
        OptimizeMode, true;
        (1 "SPEED")
        (2 "CODE_SIZE")
        (3 "LITE_RUNTIME")
    }
}

/// `google.protobuf.MessageOptions`.
#[derive(Clone, Default, PartialEq)]
pub struct MessageOptions {
    /// Field 1, `message_set_wire_format`.
    pub message_set_wire_format: Option<bool>,
    /// Field 2, `no_standard_descriptor_accessor`.
    pub no_standard_descriptor_accessor: Option<bool>,
    /// Field 3, `deprecated`.
    pub deprecated: Option<bool>,
    /// Field 7, `map_entry`.
    pub map_entry: Option<bool>,
    /// Field 11, `deprecated_legacy_json_field_conflicts`.
    pub deprecated_legacy_json_field_conflicts: Option<bool>,
    /// Field 12, `features`.
    pub features: Sub<FeatureSet>,
    /// Field 999, `uninterpreted_option`.
    pub uninterpreted_option: Vec<UninterpretedOption>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    MessageOptions, "google.protobuf.MessageOptions", boxed;
    (1 "message_set_wire_format" message_set_wire_format optional bool)
    (2 "no_standard_descriptor_accessor" no_standard_descriptor_accessor optional bool)
    (3 "deprecated" deprecated optional bool)
    (7 "map_entry" map_entry optional bool)
    (11 "deprecated_legacy_json_field_conflicts" deprecated_legacy_json_field_conflicts optional bool)
    (12 "features" features sub)
    (999 "uninterpreted_option" uninterpreted_option repeated message)
}

/// `google.protobuf.FieldOptions`.
#[derive(Clone, Default, PartialEq)]
pub struct FieldOptions {
    /// Field 1, `ctype`.
    pub ctype: Option<field_options::CType>,
    /// Field 2, `packed`.
    pub packed: Option<bool>,
    /// Field 6, `jstype`.
    pub jstype: Option<field_options::JSType>,
    /// Field 5, `lazy`.
    pub lazy: Option<bool>,
    /// Field 15, `unverified_lazy`.
    pub unverified_lazy: Option<bool>,
    /// Field 3, `deprecated`.
    pub deprecated: Option<bool>,
    /// Field 10, `weak`.
    pub weak: Option<bool>,
    /// Field 16, `debug_redact`.
    pub debug_redact: Option<bool>,
    /// Field 17, `retention`.
    pub retention: Option<field_options::OptionRetention>,
    /// Field 19, `targets`.
    pub targets: Vec<field_options::OptionTargetType>,
    /// Field 20, `edition_defaults`.
    pub edition_defaults: Vec<field_options::EditionDefault>,
    /// Field 21, `features`.
    pub features: Sub<FeatureSet>,
    /// Field 22, `feature_support`.
    pub feature_support: Sub<field_options::FeatureSupport>,
    /// Field 999, `uninterpreted_option`.
    pub uninterpreted_option: Vec<UninterpretedOption>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    FieldOptions, "google.protobuf.FieldOptions", boxed;
    (1 "ctype" ctype optional open)
    (2 "packed" packed optional bool)
    (3 "deprecated" deprecated optional bool)
    (5 "lazy" lazy optional bool)
    (6 "jstype" jstype optional open)
    (10 "weak" weak optional bool)
    (15 "unverified_lazy" unverified_lazy optional bool)
    (16 "debug_redact" debug_redact optional bool)
    (17 "retention" retention optional open)
    (19 "targets" targets repeated open)
    (20 "edition_defaults" edition_defaults repeated message)
    (21 "features" features sub)
    (22 "feature_support" feature_support sub)
    (999 "uninterpreted_option" uninterpreted_option repeated message)
}

/// Types nested in `google.protobuf.FieldOptions`.
pub mod field_options {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.FieldOptions.CType`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct CType(pub i32);

    impl CType {
        /// `STRING`
        pub const STRING: Self = Self(0);
        /// `CORD`
        pub const CORD: Self = Self(1);
        /// `STRING_PIECE`
        pub const STRING_PIECE: Self = Self(2);
    }

    crate::__enum! {
        CType, true;
        (0 "STRING")
        (1 "CORD")
        (2 "STRING_PIECE")
    }

    /// `google.protobuf.FieldOptions.JSType`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct JSType(pub i32);

    impl JSType {
        /// `JS_NORMAL`
        pub const JS_NORMAL: Self = Self(0);
        /// `JS_STRING`
        pub const JS_STRING: Self = Self(1);
        /// `JS_NUMBER`
        pub const JS_NUMBER: Self = Self(2);
    }

    crate::__enum! {
        JSType, true;
        (0 "JS_NORMAL")
        (1 "JS_STRING")
        (2 "JS_NUMBER")
    }

    /// `google.protobuf.FieldOptions.OptionRetention`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct OptionRetention(pub i32);

    impl OptionRetention {
        /// `RETENTION_UNKNOWN`
        pub const RETENTION_UNKNOWN: Self = Self(0);
        /// `RETENTION_RUNTIME`
        pub const RETENTION_RUNTIME: Self = Self(1);
        /// `RETENTION_SOURCE`
        pub const RETENTION_SOURCE: Self = Self(2);
    }

    crate::__enum! {
        OptionRetention, true;
        (0 "RETENTION_UNKNOWN")
        (1 "RETENTION_RUNTIME")
        (2 "RETENTION_SOURCE")
    }

    /// `google.protobuf.FieldOptions.OptionTargetType`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct OptionTargetType(pub i32);

    impl OptionTargetType {
        /// `TARGET_TYPE_UNKNOWN`
        pub const TARGET_TYPE_UNKNOWN: Self = Self(0);
        /// `TARGET_TYPE_FILE`
        pub const TARGET_TYPE_FILE: Self = Self(1);
        /// `TARGET_TYPE_EXTENSION_RANGE`
        pub const TARGET_TYPE_EXTENSION_RANGE: Self = Self(2);
        /// `TARGET_TYPE_MESSAGE`
        pub const TARGET_TYPE_MESSAGE: Self = Self(3);
        /// `TARGET_TYPE_FIELD`
        pub const TARGET_TYPE_FIELD: Self = Self(4);
        /// `TARGET_TYPE_ONEOF`
        pub const TARGET_TYPE_ONEOF: Self = Self(5);
        /// `TARGET_TYPE_ENUM`
        pub const TARGET_TYPE_ENUM: Self = Self(6);
        /// `TARGET_TYPE_ENUM_ENTRY`
        pub const TARGET_TYPE_ENUM_ENTRY: Self = Self(7);
        /// `TARGET_TYPE_SERVICE`
        pub const TARGET_TYPE_SERVICE: Self = Self(8);
        /// `TARGET_TYPE_METHOD`
        pub const TARGET_TYPE_METHOD: Self = Self(9);
    }

    crate::__enum! {
        OptionTargetType, true;
        (0 "TARGET_TYPE_UNKNOWN")
        (1 "TARGET_TYPE_FILE")
        (2 "TARGET_TYPE_EXTENSION_RANGE")
        (3 "TARGET_TYPE_MESSAGE")
        (4 "TARGET_TYPE_FIELD")
        (5 "TARGET_TYPE_ONEOF")
        (6 "TARGET_TYPE_ENUM")
        (7 "TARGET_TYPE_ENUM_ENTRY")
        (8 "TARGET_TYPE_SERVICE")
        (9 "TARGET_TYPE_METHOD")
    }

    /// `google.protobuf.FieldOptions.EditionDefault`.
    #[derive(Clone, Default, PartialEq)]
    pub struct EditionDefault {
        /// Field 3, `edition`.
        pub edition: Option<super::Edition>,
        /// Field 2, `value`.
        pub value: Option<String>,
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        EditionDefault, "google.protobuf.FieldOptions.EditionDefault", boxed;
        (2 "value" value optional string)
        (3 "edition" edition optional open)
    }

    /// `google.protobuf.FieldOptions.FeatureSupport`.
    #[derive(Clone, Default, PartialEq)]
    pub struct FeatureSupport {
        /// Field 1, `edition_introduced`.
        pub edition_introduced: Option<super::Edition>,
        /// Field 2, `edition_deprecated`.
        pub edition_deprecated: Option<super::Edition>,
        /// Field 3, `deprecation_warning`.
        pub deprecation_warning: Option<String>,
        /// Field 4, `edition_removed`.
        pub edition_removed: Option<super::Edition>,
        /// Field 5, `removal_error`.
        pub removal_error: Option<String>,
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        FeatureSupport, "google.protobuf.FieldOptions.FeatureSupport", boxed;
        (1 "edition_introduced" edition_introduced optional open)
        (2 "edition_deprecated" edition_deprecated optional open)
        (3 "deprecation_warning" deprecation_warning optional string)
        (4 "edition_removed" edition_removed optional open)
        (5 "removal_error" removal_error optional string)
    }
}

/// `google.protobuf.OneofOptions`.
#[derive(Clone, Default, PartialEq)]
pub struct OneofOptions {
    /// Field 1, `features`.
    pub features: Sub<FeatureSet>,
    /// Field 999, `uninterpreted_option`.
    pub uninterpreted_option: Vec<UninterpretedOption>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    OneofOptions, "google.protobuf.OneofOptions", boxed;
    (1 "features" features sub)
    (999 "uninterpreted_option" uninterpreted_option repeated message)
}

/// `google.protobuf.EnumOptions`.
#[derive(Clone, Default, PartialEq)]
pub struct EnumOptions {
    /// Field 2, `allow_alias`.
    pub allow_alias: Option<bool>,
    /// Field 3, `deprecated`.
    pub deprecated: Option<bool>,
    /// Field 6, `deprecated_legacy_json_field_conflicts`.
    pub deprecated_legacy_json_field_conflicts: Option<bool>,
    /// Field 7, `features`.
    pub features: Sub<FeatureSet>,
    /// Field 999, `uninterpreted_option`.
    pub uninterpreted_option: Vec<UninterpretedOption>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    EnumOptions, "google.protobuf.EnumOptions", boxed;
    (2 "allow_alias" allow_alias optional bool)
    (3 "deprecated" deprecated optional bool)
    (6 "deprecated_legacy_json_field_conflicts" deprecated_legacy_json_field_conflicts optional bool)
    (7 "features" features sub)
    (999 "uninterpreted_option" uninterpreted_option repeated message)
}

/// `google.protobuf.EnumValueOptions`.
#[derive(Clone, Default, PartialEq)]
pub struct EnumValueOptions {
    /// Field 1, `deprecated`.
    pub deprecated: Option<bool>,
    /// Field 2, `features`.
    pub features: Sub<FeatureSet>,
    /// Field 3, `debug_redact`.
    pub debug_redact: Option<bool>,
    /// Field 4, `feature_support`.
    pub feature_support: Sub<field_options::FeatureSupport>,
    /// Field 999, `uninterpreted_option`.
    pub uninterpreted_option: Vec<UninterpretedOption>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    EnumValueOptions, "google.protobuf.EnumValueOptions", boxed;
    (1 "deprecated" deprecated optional bool)
    (2 "features" features sub)
    (3 "debug_redact" debug_redact optional bool)
    (4 "feature_support" feature_support sub)
    (999 "uninterpreted_option" uninterpreted_option repeated message)
}

/// `google.protobuf.ServiceOptions`.
#[derive(Clone, Default, PartialEq)]
pub struct ServiceOptions {
    /// Field 34, `features`.
    pub features: Sub<FeatureSet>,
    /// Field 33, `deprecated`.
    pub deprecated: Option<bool>,
    /// Field 999, `uninterpreted_option`.
    pub uninterpreted_option: Vec<UninterpretedOption>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    ServiceOptions, "google.protobuf.ServiceOptions", boxed;
    (33 "deprecated" deprecated optional bool)
    (34 "features" features sub)
    (999 "uninterpreted_option" uninterpreted_option repeated message)
}

/// `google.protobuf.MethodOptions`.
#[derive(Clone, Default, PartialEq)]
pub struct MethodOptions {
    /// Field 33, `deprecated`.
    pub deprecated: Option<bool>,
    /// Field 34, `idempotency_level`.
    pub idempotency_level: Option<method_options::IdempotencyLevel>,
    /// Field 35, `features`.
    pub features: Sub<FeatureSet>,
    /// Field 999, `uninterpreted_option`.
    pub uninterpreted_option: Vec<UninterpretedOption>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    MethodOptions, "google.protobuf.MethodOptions", boxed;
    (33 "deprecated" deprecated optional bool)
    (34 "idempotency_level" idempotency_level optional open)
    (35 "features" features sub)
    (999 "uninterpreted_option" uninterpreted_option repeated message)
}

/// Types nested in `google.protobuf.MethodOptions`.
pub mod method_options {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.MethodOptions.IdempotencyLevel`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct IdempotencyLevel(pub i32);

    impl IdempotencyLevel {
        /// `IDEMPOTENCY_UNKNOWN`
        pub const IDEMPOTENCY_UNKNOWN: Self = Self(0);
        /// `NO_SIDE_EFFECTS`
        pub const NO_SIDE_EFFECTS: Self = Self(1);
        /// `IDEMPOTENT`
        pub const IDEMPOTENT: Self = Self(2);
    }

    crate::__enum! {
        IdempotencyLevel, true;
        (0 "IDEMPOTENCY_UNKNOWN")
        (1 "NO_SIDE_EFFECTS")
        (2 "IDEMPOTENT")
    }
}

/// `google.protobuf.UninterpretedOption`.
#[derive(Clone, Default, PartialEq)]
pub struct UninterpretedOption {
    /// Field 2, `name`.
    pub name: Vec<uninterpreted_option::NamePart>,
    /// Field 3, `identifier_value`.
    pub identifier_value: Option<String>,
    /// Field 4, `positive_int_value`.
    pub positive_int_value: Option<u64>,
    /// Field 5, `negative_int_value`.
    pub negative_int_value: Option<i64>,
    /// Field 6, `double_value`.
    pub double_value: Option<f64>,
    /// Field 7, `string_value`.
    pub string_value: Option<Bytes>,
    /// Field 8, `aggregate_value`.
    pub aggregate_value: Option<String>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    UninterpretedOption, "google.protobuf.UninterpretedOption", boxed;
    (2 "name" name repeated message)
    (3 "identifier_value" identifier_value optional string)
    (4 "positive_int_value" positive_int_value optional uint64)
    (5 "negative_int_value" negative_int_value optional int64)
    (6 "double_value" double_value optional double)
    (7 "string_value" string_value optional bytes)
    (8 "aggregate_value" aggregate_value optional string)
}

/// Types nested in `google.protobuf.UninterpretedOption`.
pub mod uninterpreted_option {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.UninterpretedOption.NamePart`.
    #[derive(Clone, Default, PartialEq)]
    pub struct NamePart {
        /// Field 1, `name_part`.
        pub name_part: Option<String>,
        /// Field 2, `is_extension`.
        pub is_extension: Option<bool>,
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        NamePart, "google.protobuf.UninterpretedOption.NamePart", boxed;
        (1 "name_part" name_part optional string)
        (2 "is_extension" is_extension optional bool)
    }
}

/// `google.protobuf.FeatureSet`.
#[derive(Clone, Default, PartialEq)]
pub struct FeatureSet {
    /// Field 1, `field_presence`.
    pub field_presence: Option<feature_set::FieldPresence>,
    /// Field 2, `enum_type`.
    pub enum_type: Option<feature_set::EnumType>,
    /// Field 3, `repeated_field_encoding`.
    pub repeated_field_encoding: Option<feature_set::RepeatedFieldEncoding>,
    /// Field 4, `utf8_validation`.
    pub utf8_validation: Option<feature_set::Utf8Validation>,
    /// Field 5, `message_encoding`.
    pub message_encoding: Option<feature_set::MessageEncoding>,
    /// Field 6, `json_format`.
    pub json_format: Option<feature_set::JsonFormat>,
    /// Field 7, `enforce_naming_style`.
    pub enforce_naming_style: Option<feature_set::EnforceNamingStyle>,
    /// Field 8, `default_symbol_visibility`.
    pub default_symbol_visibility: Option<feature_set::visibility_feature::DefaultSymbolVisibility>,
    /// Field 9, `enforce_proto_limits`.
    pub enforce_proto_limits: Option<feature_set::proto_limits_feature::EnforceProtoLimits>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    FeatureSet, "google.protobuf.FeatureSet", boxed;
    (1 "field_presence" field_presence optional open)
    (2 "enum_type" enum_type optional open)
    (3 "repeated_field_encoding" repeated_field_encoding optional open)
    (4 "utf8_validation" utf8_validation optional open)
    (5 "message_encoding" message_encoding optional open)
    (6 "json_format" json_format optional open)
    (7 "enforce_naming_style" enforce_naming_style optional open)
    (8 "default_symbol_visibility" default_symbol_visibility optional open)
    (9 "enforce_proto_limits" enforce_proto_limits optional open)
}

/// Types nested in `google.protobuf.FeatureSet`.
pub mod feature_set {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.FeatureSet.FieldPresence`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct FieldPresence(pub i32);

    impl FieldPresence {
        /// `FIELD_PRESENCE_UNKNOWN`
        pub const FIELD_PRESENCE_UNKNOWN: Self = Self(0);
        /// `EXPLICIT`
        pub const EXPLICIT: Self = Self(1);
        /// `IMPLICIT`
        pub const IMPLICIT: Self = Self(2);
        /// `LEGACY_REQUIRED`
        pub const LEGACY_REQUIRED: Self = Self(3);
    }

    crate::__enum! {
        FieldPresence, true;
        (0 "FIELD_PRESENCE_UNKNOWN")
        (1 "EXPLICIT")
        (2 "IMPLICIT")
        (3 "LEGACY_REQUIRED")
    }

    /// `google.protobuf.FeatureSet.EnumType`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct EnumType(pub i32);

    impl EnumType {
        /// `ENUM_TYPE_UNKNOWN`
        pub const ENUM_TYPE_UNKNOWN: Self = Self(0);
        /// `OPEN`
        pub const OPEN: Self = Self(1);
        /// `CLOSED`
        pub const CLOSED: Self = Self(2);
    }

    crate::__enum! {
        EnumType, true;
        (0 "ENUM_TYPE_UNKNOWN")
        (1 "OPEN")
        (2 "CLOSED")
    }

    /// `google.protobuf.FeatureSet.RepeatedFieldEncoding`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct RepeatedFieldEncoding(pub i32);

    impl RepeatedFieldEncoding {
        /// `REPEATED_FIELD_ENCODING_UNKNOWN`
        pub const REPEATED_FIELD_ENCODING_UNKNOWN: Self = Self(0);
        /// `PACKED`
        pub const PACKED: Self = Self(1);
        /// `EXPANDED`
        pub const EXPANDED: Self = Self(2);
    }

    crate::__enum! {
        RepeatedFieldEncoding, true;
        (0 "REPEATED_FIELD_ENCODING_UNKNOWN")
        (1 "PACKED")
        (2 "EXPANDED")
    }

    /// `google.protobuf.FeatureSet.Utf8Validation`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct Utf8Validation(pub i32);

    impl Utf8Validation {
        /// `UTF8_VALIDATION_UNKNOWN`
        pub const UTF8_VALIDATION_UNKNOWN: Self = Self(0);
        /// `VERIFY`
        pub const VERIFY: Self = Self(2);
        /// `NONE`
        pub const NONE: Self = Self(3);
    }

    crate::__enum! {
        Utf8Validation, true;
        (0 "UTF8_VALIDATION_UNKNOWN")
        (2 "VERIFY")
        (3 "NONE")
    }

    /// `google.protobuf.FeatureSet.MessageEncoding`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct MessageEncoding(pub i32);

    impl MessageEncoding {
        /// `MESSAGE_ENCODING_UNKNOWN`
        pub const MESSAGE_ENCODING_UNKNOWN: Self = Self(0);
        /// `LENGTH_PREFIXED`
        pub const LENGTH_PREFIXED: Self = Self(1);
        /// `DELIMITED`
        pub const DELIMITED: Self = Self(2);
    }

    crate::__enum! {
        MessageEncoding, true;
        (0 "MESSAGE_ENCODING_UNKNOWN")
        (1 "LENGTH_PREFIXED")
        (2 "DELIMITED")
    }

    /// `google.protobuf.FeatureSet.JsonFormat`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct JsonFormat(pub i32);

    impl JsonFormat {
        /// `JSON_FORMAT_UNKNOWN`
        pub const JSON_FORMAT_UNKNOWN: Self = Self(0);
        /// `ALLOW`
        pub const ALLOW: Self = Self(1);
        /// `LEGACY_BEST_EFFORT`
        pub const LEGACY_BEST_EFFORT: Self = Self(2);
    }

    crate::__enum! {
        JsonFormat, true;
        (0 "JSON_FORMAT_UNKNOWN")
        (1 "ALLOW")
        (2 "LEGACY_BEST_EFFORT")
    }

    /// `google.protobuf.FeatureSet.EnforceNamingStyle`: an open enum; numbers without a name are kept.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub struct EnforceNamingStyle(pub i32);

    impl EnforceNamingStyle {
        /// `ENFORCE_NAMING_STYLE_UNKNOWN`
        pub const ENFORCE_NAMING_STYLE_UNKNOWN: Self = Self(0);
        /// `STYLE2024`
        pub const STYLE2024: Self = Self(1);
        /// `STYLE_LEGACY`
        pub const STYLE_LEGACY: Self = Self(2);
        /// `STYLE2026`
        pub const STYLE2026: Self = Self(3);
    }

    crate::__enum! {
        EnforceNamingStyle, true;
        (0 "ENFORCE_NAMING_STYLE_UNKNOWN")
        (1 "STYLE2024")
        (2 "STYLE_LEGACY")
        (3 "STYLE2026")
    }

    /// `google.protobuf.FeatureSet.VisibilityFeature`.
    #[derive(Clone, Default, PartialEq)]
    pub struct VisibilityFeature {
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        VisibilityFeature, "google.protobuf.FeatureSet.VisibilityFeature", boxed;
    }

    /// Types nested in `google.protobuf.FeatureSet.VisibilityFeature`.
    pub mod visibility_feature {
        #[allow(unused_imports)]
        use crate::{Bytes, Sub, UnknownFields};
        use alloc::string::String;
        use alloc::vec::Vec;

        /// `google.protobuf.FeatureSet.VisibilityFeature.DefaultSymbolVisibility`: an open enum; numbers without a name are kept.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[repr(transparent)]
        pub struct DefaultSymbolVisibility(pub i32);

        impl DefaultSymbolVisibility {
            /// `DEFAULT_SYMBOL_VISIBILITY_UNKNOWN`
            pub const DEFAULT_SYMBOL_VISIBILITY_UNKNOWN: Self = Self(0);
            /// `EXPORT_ALL`
            pub const EXPORT_ALL: Self = Self(1);
            /// `EXPORT_TOP_LEVEL`
            pub const EXPORT_TOP_LEVEL: Self = Self(2);
            /// `LOCAL_ALL`
            pub const LOCAL_ALL: Self = Self(3);
            /// `STRICT`
            pub const STRICT: Self = Self(4);
        }

        crate::__enum! {
            DefaultSymbolVisibility, true;
            (0 "DEFAULT_SYMBOL_VISIBILITY_UNKNOWN")
            (1 "EXPORT_ALL")
            (2 "EXPORT_TOP_LEVEL")
            (3 "LOCAL_ALL")
            (4 "STRICT")
        }
    }

    /// `google.protobuf.FeatureSet.ProtoLimitsFeature`.
    #[derive(Clone, Default, PartialEq)]
    pub struct ProtoLimitsFeature {
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        ProtoLimitsFeature, "google.protobuf.FeatureSet.ProtoLimitsFeature", boxed;
    }

    /// Types nested in `google.protobuf.FeatureSet.ProtoLimitsFeature`.
    pub mod proto_limits_feature {
        #[allow(unused_imports)]
        use crate::{Bytes, Sub, UnknownFields};
        use alloc::string::String;
        use alloc::vec::Vec;

        /// `google.protobuf.FeatureSet.ProtoLimitsFeature.EnforceProtoLimits`: an open enum; numbers without a name are kept.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[repr(transparent)]
        pub struct EnforceProtoLimits(pub i32);

        impl EnforceProtoLimits {
            /// `PROTO_LIMITS_UNKNOWN`
            pub const PROTO_LIMITS_UNKNOWN: Self = Self(0);
            /// `LEGACY_NO_EXPLICIT_LIMITS`
            pub const LEGACY_NO_EXPLICIT_LIMITS: Self = Self(1);
            /// `PROTO_LIMITS2026`
            pub const PROTO_LIMITS2026: Self = Self(2);
        }

        crate::__enum! {
            EnforceProtoLimits, true;
            (0 "PROTO_LIMITS_UNKNOWN")
            (1 "LEGACY_NO_EXPLICIT_LIMITS")
            (2 "PROTO_LIMITS2026")
        }
    }
}

/// `google.protobuf.FeatureSetDefaults`.
#[derive(Clone, Default, PartialEq)]
pub struct FeatureSetDefaults {
    /// Field 1, `defaults`.
    pub defaults: Vec<feature_set_defaults::FeatureSetEditionDefault>,
    /// Field 4, `minimum_edition`.
    pub minimum_edition: Option<Edition>,
    /// Field 5, `maximum_edition`.
    pub maximum_edition: Option<Edition>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    FeatureSetDefaults, "google.protobuf.FeatureSetDefaults", boxed;
    (1 "defaults" defaults repeated message)
    (4 "minimum_edition" minimum_edition optional open)
    (5 "maximum_edition" maximum_edition optional open)
}

/// Types nested in `google.protobuf.FeatureSetDefaults`.
pub mod feature_set_defaults {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.FeatureSetDefaults.FeatureSetEditionDefault`.
    #[derive(Clone, Default, PartialEq)]
    pub struct FeatureSetEditionDefault {
        /// Field 3, `edition`.
        pub edition: Option<super::Edition>,
        /// Field 4, `overridable_features`.
        pub overridable_features: Sub<super::FeatureSet>,
        /// Field 5, `fixed_features`.
        pub fixed_features: Sub<super::FeatureSet>,
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        FeatureSetEditionDefault, "google.protobuf.FeatureSetDefaults.FeatureSetEditionDefault", boxed;
        (3 "edition" edition optional open)
        (4 "overridable_features" overridable_features sub)
        (5 "fixed_features" fixed_features sub)
    }
}

/// `google.protobuf.SourceCodeInfo`.
#[derive(Clone, Default, PartialEq)]
pub struct SourceCodeInfo {
    /// Field 1, `location`.
    pub location: Vec<source_code_info::Location>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    SourceCodeInfo, "google.protobuf.SourceCodeInfo", boxed;
    (1 "location" location repeated message)
}

/// Types nested in `google.protobuf.SourceCodeInfo`.
pub mod source_code_info {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.SourceCodeInfo.Location`.
    #[derive(Clone, Default, PartialEq)]
    pub struct Location {
        /// Field 1, `path`.
        pub path: Vec<i32>,
        /// Field 2, `span`.
        pub span: Vec<i32>,
        /// Field 3, `leading_comments`.
        pub leading_comments: Option<String>,
        /// Field 4, `trailing_comments`.
        pub trailing_comments: Option<String>,
        /// Field 6, `leading_detached_comments`.
        pub leading_detached_comments: Vec<String>,
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        Location, "google.protobuf.SourceCodeInfo.Location", boxed;
        (1 "path" path packed int32)
        (2 "span" span packed int32)
        (3 "leading_comments" leading_comments optional string)
        (4 "trailing_comments" trailing_comments optional string)
        (6 "leading_detached_comments" leading_detached_comments repeated string)
    }
}

/// `google.protobuf.GeneratedCodeInfo`.
#[derive(Clone, Default, PartialEq)]
pub struct GeneratedCodeInfo {
    /// Field 1, `annotation`.
    pub annotation: Vec<generated_code_info::Annotation>,
    #[doc(hidden)]
    pub _unknown: UnknownFields,
}

crate::__message! {
    GeneratedCodeInfo, "google.protobuf.GeneratedCodeInfo", boxed;
    (1 "annotation" annotation repeated message)
}

/// Types nested in `google.protobuf.GeneratedCodeInfo`.
pub mod generated_code_info {
    #[allow(unused_imports)]
    use crate::{Bytes, Sub, UnknownFields};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// `google.protobuf.GeneratedCodeInfo.Annotation`.
    #[derive(Clone, Default, PartialEq)]
    pub struct Annotation {
        /// Field 1, `path`.
        pub path: Vec<i32>,
        /// Field 2, `source_file`.
        pub source_file: Option<String>,
        /// Field 3, `begin`.
        pub begin: Option<i32>,
        /// Field 4, `end`.
        pub end: Option<i32>,
        /// Field 5, `semantic`.
        pub semantic: Option<super::generated_code_info::annotation::Semantic>,
        #[doc(hidden)]
        pub _unknown: UnknownFields,
    }

    crate::__message! {
        Annotation, "google.protobuf.GeneratedCodeInfo.Annotation", boxed;
        (1 "path" path packed int32)
        (2 "source_file" source_file optional string)
        (3 "begin" begin optional int32)
        (4 "end" end optional int32)
        (5 "semantic" semantic optional open)
    }

    /// Types nested in `google.protobuf.GeneratedCodeInfo.Annotation`.
    pub mod annotation {
        #[allow(unused_imports)]
        use crate::{Bytes, Sub, UnknownFields};
        use alloc::string::String;
        use alloc::vec::Vec;

        /// `google.protobuf.GeneratedCodeInfo.Annotation.Semantic`: an open enum; numbers without a name are kept.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[repr(transparent)]
        pub struct Semantic(pub i32);

        impl Semantic {
            /// `NONE`
            pub const NONE: Self = Self(0);
            /// `SET`
            pub const SET: Self = Self(1);
            /// `ALIAS`
            pub const ALIAS: Self = Self(2);
        }

        crate::__enum! {
            Semantic, true;
            (0 "NONE")
            (1 "SET")
            (2 "ALIAS")
        }
    }
}
