//! The passes of `lower`, one file each. They do not call one another.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod declarations;
pub(crate) mod editions;
pub(crate) mod enum_json;
pub(crate) mod features;
pub(crate) mod imports;
pub(crate) mod info;
pub(crate) mod json;
pub(crate) mod names;
pub(crate) mod numbers;
pub(crate) mod options;
pub(crate) mod style;
pub(crate) mod symbols;
pub(crate) mod visibility;
