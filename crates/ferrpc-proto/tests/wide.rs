//! A message of more fields than are looked at one by one: what is written is what its table writes.
#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub, unnameable_types)]

use ferrpc_proto::{EncodeError, Message, Sub, UnknownFields, wkt::Duration};

macro_rules! wide {
    ($($number:literal $name:literal $field:ident)*) => {
        #[derive(Clone, Default, PartialEq)]
        pub struct Wide {
            $(pub $field: Sub<Duration>,)*
            pub _unknown: UnknownFields,
        }

        ferrpc_proto::__message! {
            Wide, "test.Wide", boxed, required(20) within();
            $(($number $name $field sub message))*
        }

        impl Wide {
            fn parts(&mut self) -> impl Iterator<Item = &mut Sub<Duration>> {
                [$(&mut self.$field),*].into_iter()
            }
        }
    };
}

wide! {
    1 "a" a  2 "b" b  3 "c" c  4 "d" d  5 "e" e  6 "f" f  7 "g" g  8 "h" h  9 "i" i  10 "j" j  11 "k" k  12 "l" l
    13 "m" m  14 "n" n  15 "o" o  16 "p" p  17 "q" q  18 "r" r  19 "s" s  20 "t" t  21 "u" u  22 "v" v  23 "w" w
    24 "x" x  25 "y" y  26 "z" z  27 "aa" aa  28 "bb" bb  29 "cc" cc  30 "dd" dd  31 "ee" ee  32 "ff" ff  33 "gg" gg
}

/// With the required field, and these by their index.
fn with(set: &[usize]) -> Wide {
    let mut wide = Wide::default();
    let parts = wide.parts().zip(1..).enumerate().filter(|(at, _)| *at == 19 || set.contains(at));
    for (_, (part, seconds)) in parts {
        part.set(Duration { seconds, ..Duration::default() });
    }
    wide
}

#[test]
fn of_many_messages_those_that_are_set_are_written_in_order() {
    for one in 0..33 {
        for other in 0..33 {
            let wide = with(&[one, other]);
            let bytes = wide.encode_to_vec().unwrap();
            assert_eq!(bytes, ferrpc_proto::__private::encode_all_by_table(&wide).unwrap());
            assert!(Wide::decode(&bytes).unwrap() == wide);
        }
    }
    let all = with(&Vec::from_iter(0..33));
    assert_eq!(all.encode_to_vec().unwrap(), ferrpc_proto::__private::encode_all_by_table(&all).unwrap());
}

#[test]
fn of_many_messages_one_that_is_required_is_missed_also_where_no_other_is_set() {
    for set in [&[][..], &[0], &[17, 18], &[20], &[32]] {
        let mut wide = with(set);
        wide.t.clear();
        let Err(EncodeError::Uninitialized(missing)) = wide.encode_to_vec() else {
            panic!("encoded without a required field: {set:?}")
        };
        assert!(missing.paths().eq(["t"]), "{missing}");
    }
}
