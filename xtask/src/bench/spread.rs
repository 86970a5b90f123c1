//! Several runs of the same: the median, and how far they lie apart.

#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Spread {
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values = values.collect::<Vec<_>>();
        values.sort_by(f64::total_cmp);
        let [min, .., max] = values.as_slice() else {
            let one = values.first().copied().unwrap_or(f64::NAN);
            return Self { min: one, median: one, max: one };
        };
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[middle]
        } else {
            f64::midpoint(values[middle - 1], values[middle])
        };
        Self { min: *min, median, max: *max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_between_the_extremes() {
        let Spread { min, median, max } = Spread::of([3.0, 1.0, 2.0, 10.0].into_iter());
        assert_eq!([min, median, max], [1.0, 2.5, 10.0]);
    }
}
