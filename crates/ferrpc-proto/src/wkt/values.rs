//! `Value` and its kin, and the wrappers, from what they stand for.

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use super::value::Kind;
use super::{
    BoolValue, BytesValue, DoubleValue, FieldMask, FloatValue, Int32Value, Int64Value, ListValue, NullValue,
    StringValue, Struct, UInt32Value, UInt64Value, Value,
};

impl Value {
    /// JSON's `null`.
    pub fn null() -> Self {
        Kind::NullValue(NullValue::NULL_VALUE).into()
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Some(Kind::NullValue(_)))
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<f64> {
        if let Some(Kind::NumberValue(number)) = self.kind { Some(number) } else { None }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Some(Kind::BoolValue(yes)) = self.kind { Some(yes) } else { None }
    }

    /// The text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Some(Kind::StringValue(text)) = &self.kind { Some(text) } else { None }
    }

    /// The object, if this is one.
    pub fn as_struct(&self) -> Option<&Struct> {
        if let Some(Kind::StructValue(object)) = &self.kind { Some(object) } else { None }
    }

    /// The values of the list, if this is one.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Some(Kind::ListValue(list)) = &self.kind { Some(&list.values) } else { None }
    }
}

impl Struct {
    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        f64::from(number).into()
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        f64::from(number).into()
    }
}

/// `None` is `null`.
impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::null, Into::into)
    }
}

impl<T: Into<Value>> FromIterator<T> for ListValue {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self { values: values.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

impl From<ListValue> for Value {
    fn from(list: ListValue) -> Self {
        Kind::ListValue(list.into()).into()
    }
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Kind::NumberValue(number).into()
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Kind::BoolValue(yes).into()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Kind::StringValue(text).into()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        String::from(text).into()
    }
}

impl From<Struct> for Value {
    fn from(object: Struct) -> Self {
        Kind::StructValue(object.into()).into()
    }
}

impl From<Vec<Self>> for Value {
    fn from(values: Vec<Self>) -> Self {
        Kind::ListValue(ListValue { values, ..Default::default() }.into()).into()
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Struct {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { fields, ..Self::default() }
    }
}

impl<P: Into<String>> FromIterator<P> for FieldMask {
    fn from_iter<I: IntoIterator<Item = P>>(paths: I) -> Self {
        Self { paths: paths.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

macro_rules! wrappers {
    ($($wrapper:ident $value:ty),*) => { $(
        impl From<$value> for $wrapper {
            fn from(value: $value) -> Self {
                Self { value, ..Self::default() }
            }
        }

        impl From<$wrapper> for $value {
            fn from(wrapper: $wrapper) -> Self {
                wrapper.value
            }
        }
    )* };
}

wrappers! {
    DoubleValue f64, FloatValue f32, Int64Value i64, UInt64Value u64, Int32Value i32, UInt32Value u32,
    BoolValue bool, StringValue String, BytesValue Bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    #[test]
    fn values_are_built_from_what_they_stand_for() {
        let object: Struct =
            [("a", Value::from(1.5)), ("b", vec![true.into(), "x".into(), Value::null()].into())]
                .into_iter()
                .collect();
        assert!(matches!(object.fields.get("a").unwrap().kind, Some(Kind::NumberValue(1.5))));
        assert_eq!(object.get("a").and_then(Value::as_number), Some(1.5));
        let list = object.get("b").unwrap().as_list().unwrap();
        assert_eq!((list[0].as_bool(), list[1].as_str(), list[2].is_null()), (Some(true), Some("x"), true));
        assert_eq!((list[0].as_str(), list[2].as_struct()), (None, None));
        let numbers: ListValue = [Some(1), None].into_iter().collect();
        assert_eq!(numbers.values, [Value::from(1), Value::null()]);
        assert!(Value::from(object).to_string().contains("string_value: \"x\""));
        assert_eq!(f64::from(DoubleValue::from(2.0)), 2.0);
        assert_eq!(["a.b", "c"].into_iter().collect::<FieldMask>().paths, ["a.b", "c"]);
    }
}
