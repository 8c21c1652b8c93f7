//! Units and what they measure.

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    /// Seconds.
    Time,
    /// Bytes.
    Data,
    /// Metres.
    Length,
    /// Grams.
    Mass,
    /// Parts of a hundred.
    Percent,
    /// Money of some currency; amounts in others are not converted, so they are other dimensions.
    Dollars,
    Euros,
    Pounds,
    /// Degrees Celsius; Fahrenheit is not converted.
    Celsius,
    Fahrenheit,
    /// Hertz.
    Frequency,
    /// Picture elements.
    Pixels,
}

use Dimension::{
    Celsius, Data, Dollars, Euros, Fahrenheit, Frequency, Length, Mass, Percent, Pixels, Pounds, Time,
};

/// Names as written (case matters for symbols), what they measure, and how many base units they are.
#[rustfmt::skip]
const UNITS: &[(&str, Dimension, f64)] = &[
    ("ns", Time, 1e-9), ("µs", Time, 1e-6), ("us", Time, 1e-6), ("ms", Time, 1e-3), ("s", Time, 1.0), ("sec", Time, 1.0), ("secs", Time, 1.0),
    ("min", Time, 60.0), ("mins", Time, 60.0), ("h", Time, 3600.0), ("hr", Time, 3600.0), ("hrs", Time, 3600.0),
    ("nanosecond", Time, 1e-9), ("microsecond", Time, 1e-6), ("millisecond", Time, 1e-3), ("second", Time, 1.0), ("minute", Time, 60.0),
    ("hour", Time, 3600.0), ("day", Time, 86_400.0), ("week", Time, 604_800.0), ("month", Time, 2_629_746.0), ("year", Time, 31_556_952.0),
    ("B", Data, 1.0), ("kB", Data, 1e3), ("KB", Data, 1e3), ("MB", Data, 1e6), ("GB", Data, 1e9), ("TB", Data, 1e12),
    ("KiB", Data, 1024.0), ("MiB", Data, 1_048_576.0), ("GiB", Data, 1_073_741_824.0), ("TiB", Data, 1_099_511_627_776.0),
    ("byte", Data, 1.0), ("kilobyte", Data, 1e3), ("megabyte", Data, 1e6), ("gigabyte", Data, 1e9), ("terabyte", Data, 1e12),
    ("kibibyte", Data, 1024.0), ("mebibyte", Data, 1_048_576.0), ("gibibyte", Data, 1_073_741_824.0),
    ("mm", Length, 1e-3), ("cm", Length, 1e-2), ("m", Length, 1.0), ("km", Length, 1e3), ("ft", Length, 0.3048), ("mi", Length, 1609.344),
    ("millimetre", Length, 1e-3), ("centimetre", Length, 1e-2), ("metre", Length, 1.0), ("kilometre", Length, 1e3),
    ("millimeter", Length, 1e-3), ("centimeter", Length, 1e-2), ("meter", Length, 1.0), ("kilometer", Length, 1e3), ("inch", Length, 0.0254),
    ("foot", Length, 0.3048), ("feet", Length, 0.3048), ("yard", Length, 0.9144), ("mile", Length, 1609.344),
    ("mg", Mass, 1e-3), ("g", Mass, 1.0), ("kg", Mass, 1e3), ("lb", Mass, 453.592_37), ("lbs", Mass, 453.592_37), ("gram", Mass, 1.0),
    ("kilogram", Mass, 1e3), ("tonne", Mass, 1e6), ("ounce", Mass, 28.349_523_125),
    ("%", Percent, 1.0), ("percent", Percent, 1.0), ("percentage", Percent, 1.0),
    ("$", Dollars, 1.0), ("dollar", Dollars, 1.0), ("USD", Dollars, 1.0), ("€", Euros, 1.0), ("euro", Euros, 1.0), ("EUR", Euros, 1.0),
    ("£", Pounds, 1.0), ("GBP", Pounds, 1.0), ("°C", Celsius, 1.0), ("celsius", Celsius, 1.0), ("°F", Fahrenheit, 1.0),
    ("fahrenheit", Fahrenheit, 1.0), ("Hz", Frequency, 1.0), ("kHz", Frequency, 1e3), ("MHz", Frequency, 1e6), ("GHz", Frequency, 1e9),
    ("px", Pixels, 1.0), ("pixel", Pixels, 1.0),
];

/// The unit that a word is, in one or many.
pub(super) fn unit(word: &str) -> Option<(Dimension, f64)> {
    let exact = |word: &str| {
        UNITS.iter().find(|(name, ..)| *name == word).map(|(_, dimension, factor)| (*dimension, *factor))
    };
    let lower = || word.to_lowercase();
    // Symbols are case-sensitive; long names are not, and may be many.
    exact(word).or_else(|| {
        let lower = lower();
        let one = lower.strip_suffix('s').unwrap_or(&lower);
        let one = if lower == "inches" { "inch" } else { one };
        if one.len() >= 4 { exact(one) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_mind_their_case_and_names_do_not() {
        assert_eq!(unit("MB"), Some((Data, 1e6)));
        assert_eq!(unit("Minutes"), unit("min"));
        assert_eq!((unit("mb"), unit("as"), unit("S")), (None, None, None));
        assert_eq!(unit("inches"), unit("inch"));
    }
}
