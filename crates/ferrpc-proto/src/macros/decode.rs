//! The part of `__message!` that decodes, and how lists of any length are cut into groups.

/// Hands the fields of a message on to a macro in braces of sixteen; what is left over comes first.
///
/// In one step, since macros may not nest without end: an arm for each number that may be left over.
#[doc(hidden)]
#[macro_export]
macro_rules! __in_groups {
    ($then:ident $with:tt  $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $ee:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd $ee} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $ee:tt $ff:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd $ee $ff} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $ee:tt $ff:tt $gg:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd $ee $ff $gg} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $ee:tt $ff:tt $gg:tt $hh:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd $ee $ff $gg $hh} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $ee:tt $ff:tt $gg:tt $hh:tt $ii:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd $ee $ff $gg $hh $ii} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $ee:tt $ff:tt $gg:tt $hh:tt $ii:tt $jj:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd $ee $ff $gg $hh $ii $jj} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $ee:tt $ff:tt $gg:tt $hh:tt $ii:tt $jj:tt $kk:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd $ee $ff $gg $hh $ii $jj $kk} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $ee:tt $ff:tt $gg:tt $hh:tt $ii:tt $jj:tt $kk:tt $ll:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd $ee $ff $gg $hh $ii $jj $kk $ll} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $ee:tt $ff:tt $gg:tt $hh:tt $ii:tt $jj:tt $kk:tt $ll:tt $mm:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd $ee $ff $gg $hh $ii $jj $kk $ll $mm} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $ee:tt $ff:tt $gg:tt $hh:tt $ii:tt $jj:tt $kk:tt $ll:tt $mm:tt $nn:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd $ee $ff $gg $hh $ii $jj $kk $ll $mm $nn} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };
    ($then:ident $with:tt $aa:tt $bb:tt $cc:tt $dd:tt $ee:tt $ff:tt $gg:tt $hh:tt $ii:tt $jj:tt $kk:tt $ll:tt $mm:tt $nn:tt $oo:tt $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $i:tt $j:tt $k:tt $l:tt $m:tt $n:tt $o:tt $p:tt)*) => {
        $crate::$then! { $with {$aa $bb $cc $dd $ee $ff $gg $hh $ii $jj $kk $ll $mm $nn $oo} $({$a $b $c $d $e $f $g $h $i $j $k $l $m $n $o $p})* }
    };

}

/// The function of a message that reads usual records, with its attributes. `PARTS` are the message's.
#[doc(hidden)]
#[macro_export]
macro_rules! __decode_known {
    ([$(#[$attribute:meta])*] $message:ty; $($part:tt)*) => {
        $(#[$attribute])*
        #[allow(unused)] // Of a message without fields.
        unsafe fn decode_known(
            &mut self,
            mut p: p::absorb::At,
            end: p::absorb::At,
            d: &mut p::Decoding<'i>,
        ) -> p::absorb::At {
            let limit = d.limit(end);
            $crate::__in_groups! { __decode ($message, self p end limit d) $($part)* }
            p
        }
    };
}

/// Reads records from `p` on, as long as they are usual ones.
///
/// Fields are tested in their order, each behind the one before it, so that what comes in order costs one
/// test a record. In a message of more than sixteen fields that holds for groups of sixteen; the group of
/// the next record is looked up.
#[doc(hidden)]
#[macro_export]
macro_rules! __decode {
    (($message:ty, $($state:ident)*) {$($part:tt)*}) => {
        $crate::__decode! { @ ($($state)*) $($part)* }
    };
    (($message:ty, $($state:ident)*) {} {$($part:tt)*}) => {
        $crate::__decode! { @ ($($state)*) $($part)* }
    };
    (@ ($self:ident $p:ident $end:ident $limit:ident $d:ident) $($part:tt)*) => {
        while $p < $limit {
            let first = $p;
            $($crate::__absorb! { $self $p $end $limit $d $part })*
            if $p == first {
                break;
            }
        }
    };
    (($message:ty, $($state:ident)*) {} $({$($part:tt)*})*) => {
        $crate::__decode! { @ $message, ($($state)*) ($($state)*) $({$($part)*})* }
    };
    (($message:ty, $($state:ident)*) $({$($part:tt)*})*) => {
        $crate::__decode! { @ $message, ($($state)*) ($($state)*) $({$($part)*})* }
    };
    (@ $message:ty, ($self:ident $p:ident $end:ident $limit:ident $d:ident) $state:tt $({$first:tt $($part:tt)*})*) => {
        static GROUPS: p::absorb::Groups<{ p::Part::count(PARTS) }, { p::Part::low(PARTS) }> =
            p::Part::groups(PARTS);
        while $p < $limit {
            let first = $p;
            // SAFETY: a record begins at `p`, before the limit.
            match unsafe { GROUPS.at($p) } {
                $(group if group == {
                    const GROUP: u16 = $crate::__group!($message, $first);
                    GROUP
                } => {
                    $crate::__decode! { + $state $first $($part)* }
                })*
                _ => {}
            }
            if $p == first {
                break;
            }
        }
    };
    (+ ($self:ident $p:ident $end:ident $limit:ident $d:ident) $($part:tt)*) => {
        $($crate::__absorb! { $self $p $end $limit $d $part })*
    };
}

/// The number of the group that begins with a field, given as `__part!` takes it.
#[doc(hidden)]
#[macro_export]
macro_rules! __group {
    ($message:ty, (oneof $field:ident)) => {
        p::Part::group(PARTS, ::core::mem::offset_of!($message, $field))
    };
    ($message:ty, ($number:literal $name:literal $field:ident $($how:tt)*)) => {
        p::Part::group(PARTS, ::core::mem::offset_of!($message, $field))
    };
}

/// Reads the record at `p` into a field, given as `__part!` takes it, if it is for that one.
#[doc(hidden)]
#[macro_export]
macro_rules! __absorb {
    ($self:tt $p:ident $end:ident $limit:ident $d:ident (oneof $field:ident)) => {
        // SAFETY: a record begins at `p`, before the limit.
        let behind = unsafe { p::absorb::Variants::absorb(&mut $self.$field, $p, $end, $d) };
        if behind != $p {
            $crate::__absorb! { @ behind $p $end $limit }
        }
    };
    ($self:tt $p:ident $end:ident $limit:ident $d:ident
        ($number:literal $name:literal $field:ident map $key:ident $value:ident)) => {
        $crate::__absorb! { @ ($number, p::absorb::LEN) $p $end $limit
            |p, tag| p::absorb::map::<p::kind::$key, p::kind::$value, _>(&mut $self.$field, tag, p, $end, $d)
        }
    };
    ($self:tt $p:ident $end:ident $limit:ident $d:ident
        ($number:literal $name:literal $field:ident repeated $kind:ident)) => {
        $crate::__absorb! { @ ($number, p::absorb::wire_type::<p::kind::$kind>()) $p $end $limit
            |p, tag| p::absorb::elements::<p::kind::$kind, _>(&mut $self.$field, tag, p, $end, $d)
        }
        if p::absorb::is_packable::<p::kind::$kind>() {
            $crate::__absorb! { @ ($number, p::absorb::LEN) $p $end $limit
                |p, _tag| p::absorb::values::<p::kind::$kind, _>(&mut $self.$field, p, $end, $d)
            }
        }
    };
    ($self:tt $p:ident $end:ident $limit:ident $d:ident
        ($number:literal $name:literal $field:ident packed $kind:ident)) => {
        $crate::__absorb! { @ ($number, p::absorb::LEN) $p $end $limit
            |p, _tag| p::absorb::values::<p::kind::$kind, _>(&mut $self.$field, p, $end, $d)
        }
        $crate::__absorb! { @ ($number, p::absorb::wire_type::<p::kind::$kind>()) $p $end $limit
            |p, tag| p::absorb::elements::<p::kind::$kind, _>(&mut $self.$field, tag, p, $end, $d)
        }
    };
    ($self:tt $p:ident $end:ident $limit:ident $d:ident
        ($number:literal $name:literal $field:ident $how:ident $kind:ident $($get:tt)?)) => {
        $crate::__absorb! { @ ($number, p::absorb::wire_type::<p::kind::$kind>()) $p $end $limit
            |p, tag| p::absorb::$how::<p::kind::$kind, _>(&mut $self.$field, tag, p, $end, $d)
        }
    };
    (@ ($number:literal, $wire_type:expr) $p:ident $end:ident $limit:ident
        |$behind_tag:ident, $tag:ident| $read:expr) => {{
        // An item, not an inline constant: of those hundreds in one function take minutes to compile.
        const TAG: p::absorb::Tag = p::absorb::Tag::new($number, $wire_type);
        // SAFETY: a record begins at `p`, before the limit, and this function may read up to `end`.
        if unsafe { TAG.begins($p) } {
            let behind = unsafe {
                let ($behind_tag, $tag) = ($p.add(TAG.width()), TAG);
                $read
            };
            $crate::__absorb! { @ behind $p $end $limit }
        }
    }};
    (@ $behind:ident $p:ident $end:ident $limit:ident) => {
        if $behind >= $limit {
            return p::absorb::stop($p, $behind, $end);
        }
        $p = $behind;
    };
}
