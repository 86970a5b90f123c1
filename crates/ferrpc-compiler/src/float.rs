//! Floats as descriptors spell them: the shortest of two lengths that reads back as the same value, in
//! the manner of C's `%g`.

/// A `double` default.
pub(crate) fn double(value: f64) -> String {
    if let Some(word) = special(value) {
        return word;
    }
    let short = general(value, 15);
    if short.parse() == Ok(value) { short } else { general(value, 17) }
}

/// A `float` default.
pub(crate) fn single(value: f32) -> String {
    if let Some(word) = special(f64::from(value)) {
        return word;
    }
    let short = general(f64::from(value), 6);
    // protoc reads back with a function that fails on subnormal numbers.
    if short.parse() == Ok(value) && !value.is_subnormal() { short } else { general(f64::from(value), 9) }
}

fn special(value: f64) -> Option<String> {
    if value.is_nan() {
        return Some("nan".into());
    }
    value.is_infinite().then(|| if value > 0.0 { "inf".into() } else { "-inf".into() })
}

/// `%.{digits}g`.
fn general(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return if value.is_sign_negative() { "-0".into() } else { "0".into() };
    }
    // One digit before the point, `digits - 1` behind it, rounded.
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let wide = i32::try_from(digits).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= wide {
        let mantissa = trim(mantissa);
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let behind = usize::try_from(wide - 1 - exponent).unwrap_or(0);
    trim(&format!("{value:.behind$}")).to_owned()
}

fn trim(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_spelled_as_c_does() {
        assert_eq!(double(1.0), "1");
        assert_eq!(double(0.1), "0.1");
        assert_eq!(double(1e30), "1e+30");
        assert_eq!(double(1.5e-7), "1.5e-07");
        assert_eq!(double(1.0 / 3.0), "0.33333333333333331");
        assert_eq!(double(-0.0), "-0");
        assert_eq!(double(1e15), "1e+15");
        assert_eq!(double(123_456_789.0), "123456789");
        assert_eq!(single(0.1), "0.1");
        assert_eq!(single(1.0 / 3.0), "0.333333343");
        assert_eq!(single(1.4e-45), "1.40129846e-45");
        assert_eq!(single(f32::MIN_POSITIVE), "1.17549435e-38");
        assert_eq!(single(1e-37), "1e-37");
        assert_eq!(double(f64::NEG_INFINITY), "-inf");
    }
}
