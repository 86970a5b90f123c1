//! The messages of the tests of ferrpc-proto.

mod everything {
    include!("../../crates/ferrpc-proto/tests/gen/everything.rs");
}
mod legacy {
    include!("../../crates/ferrpc-proto/tests/gen/legacy.rs");
}

pub(crate) use everything::ferrpc::test::everything::Deep;
pub(crate) use everything::ferrpc::test::{Everything, Node, Point};
pub(crate) use legacy::ferrpc::test::{Bag, Defaults, Legacy, Open, Order};
