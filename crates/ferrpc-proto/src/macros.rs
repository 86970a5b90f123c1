//! The macros generated code is made of. Not for use by hand.
//!
//! They hold the `unsafe` that generated code needs, so that it can live in crates that forbid it:
//! lints do not look into the macros of other crates. What they are given they check; no input makes
//! them unsound.

mod decode;
mod encode;
mod view;

/// Fails to compile where the generated code is not for this runtime.
///
/// ```
/// ferrpc_proto::__generated_for! { 1 }
/// ```
/// ```compile_fail
/// ferrpc_proto::__generated_for! { 0 }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __generated_for {
    (1) => {};
    ($other:literal) => {
        ::core::compile_error!(
            "this file was generated for another version of ferrpc: use the same version of ferrpc and ferrpc-build, and generate it again"
        );
    };
}

/// The traits of a message, from the list of its fields.
///
/// ```
/// #[derive(Clone, Default, PartialEq)]
/// pub struct Id { pub value: i32, pub _unknown: ferrpc_proto::UnknownFields }
/// ferrpc_proto::__message! { Id, "Id", inline; (1 "value" value implicit sint32) }
/// ```
/// A list that does not fit the types does not compile, so that it cannot lead anything astray: another
/// number type, another container, a field number twice.
/// ```compile_fail,E0277
/// # #[derive(Clone, Default, PartialEq)]
/// # pub struct Id { pub value: i32, pub _unknown: ferrpc_proto::UnknownFields }
/// ferrpc_proto::__message! { Id, "Id", inline; (1 "value" value implicit sint64) }
/// ```
/// ```compile_fail,E0308
/// # #[derive(Clone, Default, PartialEq)]
/// # pub struct Id { pub value: i32, pub _unknown: ferrpc_proto::UnknownFields }
/// ferrpc_proto::__message! { Id, "Id", inline; (1 "value" value optional sint32) }
/// ```
/// ```compile_fail,E0080
/// # #[derive(Clone, Default, PartialEq)]
/// # pub struct Id { pub value: i32, pub _unknown: ferrpc_proto::UnknownFields }
/// ferrpc_proto::__message! {
///     Id, "Id", inline;
///     (1 "value" value implicit sint32)
///     (1 "again" value implicit sint32)
/// }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __message {
    ($message:ident, $name:literal, $slot:ident, $view:ident
        $(, required($($required:literal)*) within($($within:literal)*))?; $($part:tt)*) => {
        $crate::__message! {
            $message, $name, $slot $(, required($($required)*) within($($within)*))?; $($part)*
        }
        $crate::__view! { $message, $view, [$($($required),*)?]; $($part)* }
    };
    ($message:ty, $name:literal, $slot:ident
        $(, required($($required:literal)*) within($($within:literal)*))?; $($part:tt)*) => {
        const _: () = {
            use $crate::__private as p;

            const CHECKS: p::Checks = p::Checks::NONE $(.with(&[$($required),*], &[$($within),*]))?;

            impl p::InSub for $message {
                type Slot = $crate::__slot!($slot);

                #[inline]
                fn default_instance() -> &'static Self {
                    static DEFAULT: p::DefaultInstance<$message> = p::DefaultInstance::new();
                    DEFAULT.get()
                }
            }

            impl $message {
                $($crate::__getter! { $part })*
            }

            const PARTS: &[p::Part] = &[$($crate::__part!($message, $part)),*];

            // SAFETY: the table below is made of this type's fields.
            unsafe impl p::Layout for $message {
                const PARTS: &'static [p::Part] = PARTS;
                const CHECKED: bool = CHECKS.any();

                fn table() -> &'static p::Table {
                    static FIELDS: [p::Field; p::Part::count(PARTS)] = p::Part::collect(PARTS);
                    // SAFETY: `FIELDS` come from parts of this type, each made below; the offset and
                    // the function name the same field.
                    static TABLE: p::Table = unsafe {
                        p::Table::new(
                            $name,
                            &FIELDS,
                            ::core::mem::offset_of!($message, _unknown),
                            |message: &$message| &message._unknown,
                            CHECKS,
                        )
                    };
                    &TABLE
                }

                $crate::__seems_whole! { [$($($required)*)?] [$($($within)*)?]; $($part)* }
            }

            impl p::emit::Encode for $message {
                fn encode_rev<'w, 'a>(&'a self, w: p::RevWriter<'w, 'a>) -> p::RevWriter<'w, 'a> {
                    if const { p::Part::in_order(PARTS) } {
                        p::emit::whole(w, self)
                    } else {
                        p::encode_by_table(self, w)
                    }
                }

                #[inline]
                fn is_bare(&self) -> bool {
                    PARTS.is_empty() && self._unknown.is_empty()
                }

                $crate::__missing! { $($($required)* $($within)*)? }
            }

            $crate::__bounded! { [#[inline(always)]] $message, &[$($($required),*)?]; $($part)* }

            // SAFETY: the positions are those the functions of `absorb` return, held against `end`.
            unsafe impl<'i> p::absorb::Known<'i> for $message {
                $crate::__decode_known! { [] $message; $($part)* }

                unsafe fn decode_rest(
                    &mut self,
                    at: p::absorb::At,
                    end: p::absorb::At,
                    d: &mut p::Decoding<'i>,
                ) -> p::absorb::At {
                    // SAFETY: the caller's promise.
                    unsafe { p::absorb::rest_of_owned(self, at, end, d) }
                }

                unsafe fn decode_rest_of_group(
                    &mut self,
                    tag: p::absorb::Tag,
                    at: p::absorb::At,
                    end: p::absorb::At,
                    d: &mut p::Decoding<'i>,
                ) -> p::absorb::At {
                    // SAFETY: the caller's promise.
                    unsafe { p::absorb::rest_of_owned_group(self, tag, at, end, d) }
                }
            }

            impl $crate::Message for $message {
                const FULL_NAME: &'static str = $name;
            }

            impl ::core::fmt::Debug for $message {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    p::debug_message(self, f)
                }
            }

            impl ::core::fmt::Display for $message {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    p::display_message(self, f)
                }
            }
        };
    };
}

/// How a message that may lack something is asked whether it does, from the numbers of the fields that are required,
/// and of those whose messages may lack something in turn.
#[doc(hidden)]
#[macro_export]
macro_rules! __seems_whole {
    ([] []; $($part:tt)*) => {};
    ([$($required:literal)*] [$($within:literal)*]; $($part:tt)*) => {
        fn seems_whole(&self) -> bool {
            const WITHIN: &[u32] = &[$($within),*];
            // Those of oneofs are left to the table.
            const ARE_LISTED: bool = p::emit::are_listed(WITHIN, BOUNDS);
            $($crate::__seems_whole! { @ self $part })*
            ARE_LISTED
        }
    };
    (@ $self:tt ($number:literal $name:literal $field:ident optional $kind:ident $($get:tt)?)) => {{
        const IS_REQUIRED: bool = p::emit::contains(REQUIRED, $number);
        if IS_REQUIRED && $self.$field.is_none() {
            return false;
        }
    }};
    (@ $self:tt ($number:literal $name:literal $field:ident sub $kind:ident)) => {{
        const IS_REQUIRED: bool = p::emit::contains(REQUIRED, $number);
        const IS_WITHIN: bool = p::emit::contains(WITHIN, $number);
        if IS_REQUIRED && $self.$field.is_none()
            || IS_WITHIN && !$self.$field.as_ref().is_none_or(p::Layout::seems_whole)
        {
            return false;
        }
    }};
    (@ $self:tt ($number:literal $name:literal $field:ident repeated message)) => {
        $crate::__seems_whole! { @ all $number $self.$field.iter() }
    };
    (@ $self:tt ($number:literal $name:literal $field:ident repeated group)) => {
        $crate::__seems_whole! { @ all $number $self.$field.iter() }
    };
    (@ $self:tt ($number:literal $name:literal $field:ident map $key:ident message)) => {
        $crate::__seems_whole! { @ all $number $self.$field.values() }
    };
    (@ all $number:literal $messages:expr) => {{
        const IS_WITHIN: bool = p::emit::contains(WITHIN, $number);
        if IS_WITHIN && !$messages.all(p::Layout::seems_whole) {
            return false;
        }
    }};
    (@ $self:tt $other:tt) => {};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __slot {
    (inline) => { ::core::option::Option<Self> };
    (boxed) => { ::core::option::Option<p::Box<Self>> };
}

/// One field, as `(number "name" field how kind)`, or a oneof, as `(oneof field)`. A field that is `optional`
/// may have `[deprecated fn getter: Enum = default]` behind it, or a part of that: whether its getter is, how it is
/// called if not like the field, what type an enum is of, and what is read where it is unset, of an enum the number.
#[doc(hidden)]
#[macro_export]
macro_rules! __part {
    ($message:ty, (oneof $field:ident)) => {
        // SAFETY: the offset and the function name the same field.
        unsafe {
            p::Part::oneof(::core::mem::offset_of!($message, $field), |message: &$message| &message.$field)
        }
    };
    ($message:ty, ($number:literal $name:literal $field:ident map $key:ident $value:ident)) => {
        // SAFETY: the offset and the function name the same field.
        unsafe {
            p::Part::map::<_, p::kind::$key, p::kind::$value, _, _>(
                $number,
                $name,
                ::core::mem::offset_of!($message, $field),
                |message: &$message| &message.$field,
            )
        }
    };
    ($message:ty, ($number:literal $name:literal $field:ident $how:ident $kind:ident $($get:tt)?)) => {
        // SAFETY: the offset and the function name the same field.
        unsafe {
            p::Part::$how::<_, p::kind::$kind, _>(
                $number,
                $name,
                ::core::mem::offset_of!($message, $field),
                |message: &$message| &message.$field,
            )
        }
    };
}

/// The getter of a field that knows whether it is set, given as `__part!` takes it.
#[doc(hidden)]
#[macro_export]
macro_rules! __getter {
    (($number:literal $name:literal $field:ident optional open)) => {};
    (($number:literal $name:literal $field:ident optional $kind:ident)) => {
        $crate::__getter! { @ $kind [] $name $field $field }
    };
    (($number:literal $name:literal $field:ident optional $kind:ident [deprecated $($rest:tt)*])) => {
        $crate::__getter! { named $kind [#[deprecated]] $name $field $($rest)* }
    };
    (($number:literal $name:literal $field:ident optional $kind:ident [$($rest:tt)*])) => {
        $crate::__getter! { named $kind [] $name $field $($rest)* }
    };
    (($($other:tt)*)) => {};
    (named $kind:ident $attributes:tt $name:literal $field:ident fn $getter:ident $($rest:tt)*) => {
        $crate::__getter! { @ $kind $attributes $name $field $getter $($rest)* }
    };
    (named $kind:ident $attributes:tt $name:literal $field:ident $($rest:tt)*) => {
        $crate::__getter! { @ $kind $attributes $name $field $field $($rest)* }
    };
    (@ string [$($attribute:tt)*] $name:literal $field:ident $getter:ident $(= $default:expr)?) => {
        #[doc = ::core::concat!("`", $name, "`, or its default where it is unset.")]
        $($attribute)*
        #[inline]
        pub fn $getter(&self) -> &str {
            match &self.$field {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => $crate::__or!([$($default)?] ""),
            }
        }
    };
    (@ bytes [$($attribute:tt)*] $name:literal $field:ident $getter:ident $(= $default:expr)?) => {
        #[doc = ::core::concat!("`", $name, "`, or its default where it is unset.")]
        $($attribute)*
        #[inline]
        pub fn $getter(&self) -> &[u8] {
            match &self.$field {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => $crate::__or!([$($default)?] b""),
            }
        }
    };
    (@ open [$($attribute:tt)*] $name:literal $field:ident $getter:ident : $enum:ty $(= $default:expr)?) => {
        #[doc = ::core::concat!("`", $name, "`, or its default where it is unset.")]
        $($attribute)*
        #[inline]
        pub fn $getter(&self) -> $enum {
            match self.$field {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => {
                    $crate::__or!([$(<$enum as ::core::convert::From<i32>>::from($default))?] ::core::default::Default::default())
                }
            }
        }
    };
    (@ $kind:ident [$($attribute:tt)*] $name:literal $field:ident $getter:ident $(= $default:expr)?) => {
        #[doc = ::core::concat!("`", $name, "`, or its default where it is unset.")]
        $($attribute)*
        #[inline]
        pub fn $getter(&self) -> $crate::__number!($kind) {
            match self.$field {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => {
                    $crate::__or!([$($default)?] ::core::default::Default::default())
                }
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __or {
    ([] $other:expr) => {
        $other
    };
    ([$value:expr] $other:expr) => {
        $value
    };
}

/// The Rust type of a kind of number.
#[doc(hidden)]
#[macro_export]
macro_rules! __number {
    (int32) => {
        i32
    };
    (sint32) => {
        i32
    };
    (sfixed32) => {
        i32
    };
    (int64) => {
        i64
    };
    (sint64) => {
        i64
    };
    (sfixed64) => {
        i64
    };
    (uint32) => {
        u32
    };
    (fixed32) => {
        u32
    };
    (uint64) => {
        u64
    };
    (fixed64) => {
        u64
    };
    (float) => {
        f32
    };
    (double) => {
        f64
    };
    (bool) => {
        bool
    };
}

/// An extension, as a static: what it extends, what it holds, and the field as `__part!` takes it, without a name
/// in Rust. `item` behind that says that what it extends is a message set.
#[doc(hidden)]
#[macro_export]
macro_rules! __extension {
    ($(#[$attribute:meta])* pub $extension:ident: $extends:ty, $holds:ty;
        ($number:literal $name:literal $how:ident $kind:ident $(= $default:expr)?) $($item:ident)?) => {
        $(#[$attribute])*
        pub static $extension: $crate::Extension<$extends, $holds> = {
            use $crate::__private as p;

            const PARTS: &[p::Part] = &[
                // SAFETY: the offset and the function name the same field.
                unsafe {
                    p::Part::$how::<_, p::kind::$kind, _>(
                        $number,
                        ::core::concat!("[", $name, "]"),
                        ::core::mem::offset_of!(p::Holder<$holds>, field),
                        |holder: &p::Holder<$holds>| &holder.field,
                    )
                }
            ];
            static FIELDS: [p::Field; 1] = p::Part::collect(PARTS);
            // SAFETY: `FIELDS` come from parts of this type; the offset and the function name the same field.
            static TABLE: p::Table = unsafe {
                p::Table::new(
                    <$extends as $crate::Message>::FULL_NAME,
                    &FIELDS,
                    ::core::mem::offset_of!(p::Holder<$holds>, _unknown),
                    |holder: &p::Holder<$holds>| &holder._unknown,
                    p::Checks::NONE.with(&[], &[$number]),
                )
            };
            // SAFETY: made of the one part above.
            let table = unsafe { p::HolderTable::new(&TABLE) };
            let default = || $crate::__or!([$($crate::__some!($kind $default))?] ::core::default::Default::default());
            p::Extension::new(table, $name, $crate::__form!($($item)?), default)
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __form {
    () => {
        p::Form::Field
    };
    (item) => {
        p::Form::Item
    };
}

/// A default that is said, as an owned value.
#[doc(hidden)]
#[macro_export]
macro_rules! __some {
    (string $default:expr) => {
        ::core::option::Option::Some(p::String::from($default))
    };
    (bytes $default:expr) => {
        ::core::option::Option::Some($crate::Bytes::from_static($default))
    };
    (open $default:expr) => {
        ::core::option::Option::Some(::core::convert::From::<i32>::from($default))
    };
    ($kind:ident $default:expr) => {
        ::core::option::Option::Some($default)
    };
}

/// The traits of a oneof's enum, from the list of its variants.
#[doc(hidden)]
#[macro_export]
macro_rules! __oneof {
    ($oneof:ident, itself; $(($number:literal $name:literal $variant:ident $kind:ident))*) => {
        $crate::__oneof! { $oneof; $(($number $name $variant $kind))* }

        impl $crate::__private::view::Choice for $oneof {}

        impl $crate::__private::view::Own<$oneof> for $oneof {
            #[inline]
            fn own(&self) -> $oneof {
                *self
            }
        }
    };
    ($oneof:ident, $view:ident; $(($number:literal $name:literal $variant:ident $kind:ident))*) => {
        $crate::__oneof! { $oneof; $(($number $name $variant $kind))* }
        $crate::__variants! { [view $view<'i>] $(($number $variant $kind))* }

        impl $crate::__private::view::Choice for $view<'_> {
            #[allow(unused)]
            #[inline]
            fn is_whole(&self) -> bool {
                match self {
                    $(Self::$variant(payload) => $crate::__whole_payload!($kind payload),)*
                }
            }
        }

        impl $crate::__private::view::Own<$oneof> for $view<'_> {
            #[inline]
            fn own(&self) -> $oneof {
                match self {
                    $(Self::$variant(payload) => $oneof::$variant($crate::__own_payload!($kind)(payload)),)*
                }
            }
        }
    };
    ($oneof:ty; $(($number:literal $name:literal $variant:ident $kind:ident))*) => {
        const _: () = {
            use $crate::__private as p;

            // SAFETY: `get` and `put` go by the same list as `FIELDS`, and reach each variant's payload
            // by the trait its field was made with.
            unsafe impl p::Oneof for $oneof {
                const FIELDS: &'static [p::Field] = &[$(
                    // SAFETY: `get` and `put` of this implementation keep to what `Oneof` asks.
                    unsafe { p::Part::variant::<Self, p::kind::$kind, _>($number, $name, Self::$variant) }
                ),*];

                fn get(&self) -> (u32, *const u8) {
                    match self {
                        $(Self::$variant(payload) => {
                            ($number, p::Payload::<p::kind::$kind>::pointer(payload))
                        })*
                    }
                }

                fn put(oneof: &mut ::core::option::Option<Self>, number: u32) -> *mut u8 {
                    match number {
                        $($number => {
                            if !::core::matches!(oneof, ::core::option::Option::Some(Self::$variant(_))) {
                                *oneof = ::core::option::Option::Some(Self::$variant(
                                    ::core::default::Default::default(),
                                ));
                            }
                            if let ::core::option::Option::Some(Self::$variant(payload)) = oneof {
                                return p::Payload::<p::kind::$kind>::pointer_mut(payload);
                            }
                        })*
                        _ => {}
                    }
                    ::core::unreachable!("put is called with the numbers of FIELDS")
                }

            }
        };
        $crate::__variants! { [owned $oneof] $(($number $variant $kind))* }
    };
}

/// How a oneof's enum, owned or a view, is read and written.
#[doc(hidden)]
#[macro_export]
macro_rules! __variants {
    ([$family:ident $oneof:ty] $(($number:literal $variant:ident $kind:ident))*) => {
        const _: () = {
            use $crate::__private as p;

            impl<'i> p::emit::Encode for $oneof {
                #[inline]
                fn encode_rev<'w, 'a>(&'a self, w: p::RevWriter<'w, 'a>) -> p::RevWriter<'w, 'a> {
                    match self {
                        $(Self::$variant(payload) => {
                            p::emit::field::<p::kind::$kind, _>(w, $number, payload)
                        })*
                    }
                }
            }

            // SAFETY: the positions are those the functions of `absorb` return.
            unsafe impl<'i> p::absorb::Variants<'i> for $oneof {
                #[inline(always)]
                unsafe fn absorb(
                    oneof: &mut ::core::option::Option<Self>,
                    p: p::absorb::At,
                    end: p::absorb::At,
                    d: &mut p::Decoding<'i>,
                ) -> p::absorb::At {
                    // Few are tried one after the other, of many the right one is looked up.
                    const MANY: bool = [$($number),*].len() > 8;
                    // SAFETY: a record begins at `p`, as the caller promises.
                    let there = unsafe { p::absorb::Tag::at::<MANY>(p) };
                    $(
                        let tag = {
                            const TAG: p::absorb::Tag =
                                p::absorb::Tag::new($number, p::absorb::wire_type::<p::kind::$kind>());
                            TAG
                        };
                        // SAFETY: as above.
                        if unsafe { tag.is::<MANY>(there, p) } {
                            let there = match oneof {
                                ::core::option::Option::Some(Self::$variant(payload)) => {
                                    ::core::option::Option::Some(payload)
                                }
                                _ => ::core::option::Option::None,
                            };
                            // SAFETY: behind the tag, and up to the end the caller gave.
                            let (behind, new) = unsafe {
                                $crate::__variant!($family $kind)(there, tag, p.add(tag.width()), end, d)
                            };
                            if let ::core::option::Option::Some(new) = new {
                                *oneof = ::core::option::Option::Some(Self::$variant(new));
                            }
                            return behind;
                        }
                    )*
                    p
                }
            }
        };
    };
}

/// The function that reads a variant. Views refer to their messages, whether owned ones box them or not.
#[doc(hidden)]
#[macro_export]
macro_rules! __variant {
    (view message) => {
        p::view::variant::<p::kind::message, _>
    };
    (view boxed) => {
        p::view::variant::<p::kind::message, _>
    };
    (view group) => {
        p::view::variant::<p::kind::group, _>
    };
    (view boxed_group) => {
        p::view::variant::<p::kind::group, _>
    };
    ($family:ident $kind:ident) => {
        p::absorb::variant::<p::kind::$kind, _>
    };
}

/// The traits and methods of an enum, from the list of its values.
///
/// ```compile_fail,E0080
/// #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
/// #[repr(Rust, packed)]
/// pub struct Kind(pub i32); // Lies in memory as no `i32` may.
/// ferrpc_proto::__enum! { Kind, false; (0 "NONE") }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __enum {
    ($enum:ty, $closed:literal; $(($number:literal $name:literal))*) => {
        const _: () = {
            use $crate::__private as p;

            const {
                ::core::assert!(::core::mem::size_of::<$enum>() == 4, "an enum is its number");
                ::core::assert!(::core::mem::align_of::<$enum>() == ::core::mem::align_of::<i32>());
            }

            // SAFETY: built from its number alone (`from_number`), of the size and alignment of that.
            unsafe impl $crate::Enum for $enum {
                const VALUES: &'static [(i32, &'static str)] = &[$(($number, $name)),*];
                const CLOSED: bool = $closed;

                fn from_number(number: i32) -> Self {
                    Self(number)
                }

                fn number(self) -> i32 {
                    self.0
                }
            }

            impl p::view::Own<$enum> for $enum {
                #[inline]
                fn own(&self) -> $enum {
                    *self
                }
            }

            impl $enum {
                /// The name in the `.proto` file, or `None` for a number that has none.
                pub fn name(self) -> ::core::option::Option<&'static str> {
                    p::name_of(<Self as $crate::Enum>::VALUES, self.0)
                }

                /// The value with this name in the `.proto` file.
                pub fn from_name(name: &str) -> ::core::option::Option<Self> {
                    p::number_of(<Self as $crate::Enum>::VALUES, name).map(Self)
                }

                /// All values that have a name, in the order of the `.proto` file.
                pub fn values() -> impl ::core::iter::Iterator<Item = Self> {
                    <Self as $crate::Enum>::VALUES.iter().map(|(number, _)| Self(*number))
                }
            }

            impl ::core::fmt::Debug for $enum {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    p::debug_enum(<Self as $crate::Enum>::VALUES, self.0, f)
                }
            }

            impl ::core::convert::From<i32> for $enum {
                fn from(number: i32) -> Self {
                    Self(number)
                }
            }

            impl ::core::convert::From<$enum> for i32 {
                fn from(value: $enum) -> Self {
                    value.0
                }
            }
        };
    };
}
