//! The part of `__message!` that encodes.

/// How a message, or the view of one, is written, from the list of its fields and the numbers of those that are
/// required.
#[doc(hidden)]
#[macro_export]
macro_rules! __bounded {
    ([$(#[$attribute:meta])*] $message:ty, $required:expr; $($part:tt)*) => {
        const REQUIRED: &[u32] = $required;
        /// The number of each field, and how many bytes it takes at most.
        const BOUNDS: &[(u32, usize)] = &[$($crate::__bound!($part)),*];

        impl p::emit::Bounded for $message {
            const BYTES_MAX: usize = p::emit::bytes_max(BOUNDS);

            $(#[$attribute])*
            unsafe fn encode_within<'w, 'a>(&'a self, mut w: p::RevWriter<'w, 'a>) -> p::RevWriter<'w, 'a> {
                let bytes_max = <Self as p::emit::Bounded>::BYTES_MAX;
                w = p::emit::unknown(w, bytes_max, self._unknown.as_bytes());
                $crate::__in_groups! { __encode (self w) $($part)* }
                w
            }
        }
    };
}

/// A field's number and bound, given as `__part!` takes it.
#[doc(hidden)]
#[macro_export]
macro_rules! __bound {
    ((oneof $field:ident)) => {
        (0, p::emit::UNBOUNDED)
    };
    (($number:literal $name:literal $field:ident implicit $kind:ident)) => {
        ($number, p::emit::bound::<p::kind::$kind>($number))
    };
    (($number:literal $name:literal $field:ident optional $kind:ident $($get:tt)?)) => {
        ($number, p::emit::bound::<p::kind::$kind>($number))
    };
    (($number:literal $($other:tt)*)) => {
        ($number, p::emit::UNBOUNDED)
    };
}

/// How a message that may lack something is asked for that.
#[doc(hidden)]
#[macro_export]
macro_rules! __missing {
    () => {};
    ($($number:literal)+) => {
        fn missing(&self) -> ::core::option::Option<p::Uninitialized> {
            p::missing(self)
        }
    };
}

/// Writes groups of fields, as `__in_groups!` gives them, the last one first. In steps of sixteen, since
/// macros may not nest without end. Of several groups, one of singular messages of which none is set is passed
/// over at once.
#[doc(hidden)]
#[macro_export]
macro_rules! __encode {
    (@ $state:tt {}) => {};
    (@ ($self:tt $w:ident) {$a:tt $($rest:tt)*}) => {
        $crate::__encode! { @ ($self $w) {$($rest)*} }
        $crate::__emit! { $self $w $a }
    };
    (+ ($self:tt $w:ident) {$(($number:literal $name:literal $field:ident sub $kind:ident))+}) => {
        if !(true $(& p::emit::Single::single(&$self.$field).is_none())+) {
            $w = p::emit::apart($w, |mut w| {
                $crate::__encode! { - ($self w) {$(($number $field $kind))+} }
                w
            });
        }
        $({
            const IS_REQUIRED: bool = p::emit::contains(REQUIRED, $number);
            if IS_REQUIRED && p::emit::Single::single(&$self.$field).is_none() {
                $w = p::emit::lacks($w);
            }
        })+
    };
    (- $state:tt {}) => {};
    (- ($self:tt $w:ident) {($number:literal $field:ident $kind:ident) $($rest:tt)*}) => {
        $crate::__encode! { - ($self $w) {$($rest)*} }
        $w = p::emit::sub_apart::<p::kind::$kind, _>($w, $number, &$self.$field);
    };
    (+ $state:tt $group:tt) => {
        $crate::__encode! { @ $state $group }
    };
    (# $state:tt) => {};
    (# $state:tt $a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt
        $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt $($rest:tt)*) => {
        $crate::__encode! { # $state $($rest)* }
        $crate::__encode! { + $state $p }
        $crate::__encode! { + $state $o }
        $crate::__encode! { + $state $n }
        $crate::__encode! { + $state $m }
        $crate::__encode! { + $state $l }
        $crate::__encode! { + $state $k }
        $crate::__encode! { + $state $j }
        $crate::__encode! { + $state $i }
        $crate::__encode! { + $state $h }
        $crate::__encode! { + $state $g }
        $crate::__encode! { + $state $f }
        $crate::__encode! { + $state $e }
        $crate::__encode! { + $state $d }
        $crate::__encode! { + $state $c }
        $crate::__encode! { + $state $b }
        $crate::__encode! { + $state $a }
    };
    (# $state:tt $a:tt $($rest:tt)*) => {
        $crate::__encode! { # $state $($rest)* }
        $crate::__encode! { + $state $a }
    };
    ($state:tt $only:tt) => {
        $crate::__encode! { @ $state $only }
    };
    ($state:tt {} $only:tt) => {
        $crate::__encode! { @ $state $only }
    };
    ($state:tt $($group:tt)*) => {
        $crate::__encode! { # $state $($group)* }
    };
}

/// Writes one field, given as `__part!` takes it.
#[doc(hidden)]
#[macro_export]
macro_rules! __emit {
    ($self:tt $w:ident (oneof $field:ident)) => {
        $w = p::emit::oneof($w, &$self.$field);
    };
    ($self:tt $w:ident ($number:literal $name:literal $field:ident map $key:ident $value:ident)) => {
        $w = p::emit::map::<p::kind::$key, p::kind::$value, _, _>($w, $number, &$self.$field);
    };
    ($self:tt $w:ident ($number:literal $name:literal $field:ident implicit $kind:ident)) => {{
        const ROOM: usize = p::emit::room(BOUNDS, $number);
        // SAFETY: what `room` says of the fields of this message, all of which are written here.
        $w = unsafe { p::emit::implicit::<p::kind::$kind, _>($w, ROOM, $number, &$self.$field) };
    }};
    ($self:tt $w:ident ($number:literal $name:literal $field:ident optional $kind:ident $($get:tt)?)) => {{
        const ROOM: usize = p::emit::room(BOUNDS, $number);
        const IS_REQUIRED: bool = p::emit::contains(REQUIRED, $number);
        // SAFETY: as above.
        $w = unsafe { p::emit::optional::<p::kind::$kind, _>($w, ROOM, $number, &$self.$field, IS_REQUIRED) };
    }};
    ($self:tt $w:ident ($number:literal $name:literal $field:ident sub $kind:ident)) => {{
        const IS_REQUIRED: bool = p::emit::contains(REQUIRED, $number);
        $w = p::emit::sub::<p::kind::$kind, _>($w, $number, &$self.$field, IS_REQUIRED);
    }};
    ($self:tt $w:ident ($number:literal $name:literal $field:ident $how:ident $kind:ident)) => {
        $w = p::emit::$how::<p::kind::$kind, _>($w, $number, &$self.$field);
    };
}
