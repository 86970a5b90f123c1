//! The part of `__message!` and `__oneof!` that makes views.

/// The view of a message, from the list of the message's fields.
///
/// All that works on it is `#[inline]`: what nobody calls becomes no code.
#[doc(hidden)]
#[macro_export]
macro_rules! __view {
    ($message:ident, $view:ident, [$($required:literal),*]; $($part:tt)*) => {
        const _: () = {
            use $crate::__private as p;

            const PARTS: &[p::Part] = <$message as p::Layout>::PARTS;

            // SAFETY: the positions are those the functions of `absorb` return, held against `end`.
            unsafe impl<'i> p::absorb::Known<'i> for $view<'i> {
                $crate::__decode_known! { [#[inline]] $message; $($part)* }

                #[inline]
                unsafe fn decode_rest(
                    &mut self,
                    at: p::absorb::At,
                    end: p::absorb::At,
                    d: &mut p::Decoding<'i>,
                ) -> p::absorb::At {
                    // SAFETY: the caller's promise.
                    unsafe { p::view::rest_of(self, ::core::option::Option::None, at, end, d) }
                }

                #[inline]
                unsafe fn decode_rest_of_group(
                    &mut self,
                    tag: p::absorb::Tag,
                    at: p::absorb::At,
                    end: p::absorb::At,
                    d: &mut p::Decoding<'i>,
                ) -> p::absorb::At {
                    // SAFETY: the caller's promise.
                    unsafe { p::view::rest_of(self, ::core::option::Option::Some(tag), at, end, d) }
                }
            }

            impl p::emit::Encode for $view<'_> {
                #[inline]
                fn encode_rev<'w, 'a>(&'a self, w: p::RevWriter<'w, 'a>) -> p::RevWriter<'w, 'a> {
                    p::emit::whole(w, self)
                }

                #[inline]
                fn missing(&self) -> ::core::option::Option<p::Uninitialized> {
                    p::view::missing(self)
                }
            }

            $crate::__bounded! { [#[inline(always)]] $view<'_>, &[$($required),*]; $($part)* }

            impl $view<'_> {
                $($crate::__getter! { $part })*
            }

            $crate::__own! { $message, $view; $($part)* }

            impl<'a> $crate::view::View<'a> for $view<'a> {
                type Owned = $message;

                #[inline]
                fn is_whole(&self) -> bool {
                    $($crate::__whole! { self $part })*
                    true
                }

                #[inline]
                fn unset() -> &'a Self {
                    static UNSET: p::DefaultInstance<$view<'static>> = p::DefaultInstance::new();
                    UNSET.get()
                }

                #[inline]
                fn unknown_mut(&mut self) -> &mut $crate::view::UnknownView<'a> {
                    &mut self._unknown
                }
            }

            impl $crate::view::Viewable for $message {
                type View<'a> = $view<'a>;

                #[inline]
                fn shorten<'short>(view: &'short $view<'static>) -> &'short $view<'short> {
                    view
                }
            }

            impl ::core::fmt::Debug for $view<'_> {
                #[inline]
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    p::debug_message(&p::view::Own::<$message>::own(self), f)
                }
            }

            impl ::core::fmt::Display for $view<'_> {
                #[inline]
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    p::display_message(&p::view::Own::<$message>::own(self), f)
                }
            }
        };
    };
}

/// Returns `false` if a field is required and unset, or something is missing in one of its messages.
#[doc(hidden)]
#[macro_export]
macro_rules! __whole {
    ($self:tt (oneof $field:ident)) => {
        if let ::core::option::Option::Some(oneof) = &$self.$field
            && !p::view::Choice::is_whole(oneof)
        {
            return false;
        }
    };
    ($self:tt ($number:literal $name:literal $field:ident optional $kind:ident $($get:tt)?)) => {{
        const SET: bool = p::emit::contains(REQUIRED, $number);
        if SET && $self.$field.is_none() {
            return false;
        }
    }};
    ($self:tt ($number:literal $name:literal $field:ident sub $kind:ident)) => {{
        const SET: bool = p::emit::contains(REQUIRED, $number);
        if SET && $self.$field.is_none() || !p::view::all_whole($self.$field) {
            return false;
        }
    }};
    ($self:tt ($number:literal $name:literal $field:ident repeated message)) => {
        if !p::view::all_whole($self.$field) {
            return false;
        }
    };
    ($self:tt ($number:literal $name:literal $field:ident repeated group)) => {
        if !p::view::all_whole($self.$field) {
            return false;
        }
    };
    ($self:tt ($number:literal $name:literal $field:ident map $key:ident message)) => {
        if !p::view::all_whole($self.$field.values()) {
            return false;
        }
    };
    ($($other:tt)*) => {};
}

/// Whether a oneof's payload is whole, if it is a message.
#[doc(hidden)]
#[macro_export]
macro_rules! __whole_payload {
    (message $payload:ident) => {
        $crate::__private::view::all_whole([*$payload])
    };
    (group $payload:ident) => {
        $crate::__private::view::all_whole([*$payload])
    };
    (boxed $payload:ident) => {
        $crate::__private::view::all_whole([*$payload])
    };
    (boxed_group $payload:ident) => {
        $crate::__private::view::all_whole([*$payload])
    };
    ($kind:ident $payload:ident) => {
        true
    };
}

/// From a view to its owned message: only the fields' names matter.
#[doc(hidden)]
#[macro_export]
macro_rules! __own {
    ($message:ident, $view:ident; $(($first:tt $($name:literal)? $field:ident $($how:ident)* $([$($get:tt)*])?))*) => {
        impl p::view::Own<$message> for $view<'_> {
            #[inline]
            fn own(&self) -> $message {
                $message {
                    $($field: p::view::Own::own(&self.$field),)*
                    _unknown: p::view::Own::own(&self._unknown),
                }
            }
        }
    };
}

/// The function that makes a view's payload an owned one.
#[doc(hidden)]
#[macro_export]
macro_rules! __own_payload {
    (boxed) => {
        $crate::__private::view::boxed
    };
    (boxed_group) => {
        $crate::__private::view::boxed
    };
    ($kind:ident) => {
        $crate::__private::view::Own::own
    };
}
