//! Getters: what is set, or else the default that the `.proto` file says.
#![forbid(unsafe_code)]

#[allow(dead_code)]
mod generated {
    include!("gen/legacy.rs");
}

use ferrpc_proto::{Bytes, Message};
use generated::ferrpc::test::{Color, Defaults, DefaultsView};

#[test]
fn what_is_unset_reads_as_its_default() {
    let message = Defaults::default();
    assert_eq!(message.text(), "a\"\\\nü");
    assert_eq!(message.raw(), b"\0\xff'x");
    assert_eq!((message.small(), message.large(), message.largest()), (i32::MIN, i64::MIN, u64::MAX));
    assert_eq!(
        (message.third(), message.huge(), message.infinite()),
        (0.333_333_34, 1e300, f64::NEG_INFINITY)
    );
    assert!(message.none().is_nan());
    assert!(message.yes());
    assert_eq!((message.color(), message.first()), (Color::BLUE, Color::RED));
    assert_eq!((message.plain(), message.bare(), message.zero(), message.whole()), ("", &b""[..], 0, 2.0));
}

#[test]
fn what_is_set_reads_as_it_is() {
    let message = Defaults {
        text: Some("x".into()),
        raw: Some(Bytes::from_static(b"y")),
        small: Some(0),
        yes: Some(false),
        color: Some(Color::RED),
        ..Default::default()
    };
    assert_eq!((message.text(), message.raw(), message.small()), ("x", &b"y"[..], 0));
    assert_eq!((message.yes(), message.color()), (false, Color::RED));
}

#[test]
fn a_view_reads_the_same_defaults() {
    let (owned, view) = (Defaults::default(), DefaultsView::default());
    assert_eq!((view.text(), view.raw(), view.small()), (owned.text(), owned.raw(), owned.small()));
    assert_eq!((view.color(), view.yes(), view.plain()), (Color::BLUE, true, ""));
    let view = DefaultsView { text: Some("x"), small: Some(0), ..view };
    assert_eq!((view.text(), view.small()), ("x", 0));
}

#[test]
fn a_default_is_not_sent() {
    let message = Defaults { whole: Some(2.0), ..Default::default() };
    assert_eq!(message.encode_to_vec().unwrap(), b"\x81\x01\0\0\0\0\0\0\0\x40");
    assert_eq!(Defaults::decode(b"\x81\x01\0\0\0\0\0\0\0\x40").unwrap().text, None);
}

#[test]
fn an_unset_message_reads_as_the_default_one() {
    let mut message = Defaults::default();
    assert_eq!(message.inner.get().inner.get().text(), message.text());
    assert!(std::ptr::eq(message.inner.get(), Defaults::default().inner.get()));
    message.inner.get_or_insert_default().text = Some("set".into());
    assert_eq!(message.inner.get().text(), "set");
}

#[test]
fn threads_that_ask_at_once_read_the_same_default() {
    use generated::ferrpc::test::{Legacy, legacy::Data};
    let address = || std::ptr::from_ref::<Data>(Legacy::default().data.get()).addr();
    let barrier = std::sync::Barrier::new(4);
    let addresses: Vec<usize> = std::thread::scope(|scope| {
        let ask = || {
            barrier.wait();
            address()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(addresses.iter().all(|found| *found == addresses[0]));
}
