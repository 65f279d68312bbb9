//! A number wide enough for the exact sum of any floats: fixed point from the least subnormal to beyond the greatest
//! float.
//!
//! It is the small superaccumulator of Neal (Fast Exact Summation Using Small and Large Superaccumulators, 2015): digits
//! of 32 bits in signed words of 64, so that 2^30 numbers can be added before carries have to be resolved.

/// Digits: 2098 bits from 2^-1074 to 2^1023, and room for 2^64 addends.
const DIGITS: usize = 70;

/// Additions between two resolutions of the carries. Each changes a digit by less than 2^32.
const MAX_PENDING: u32 = 1 << 30;

const DIGIT: i64 = 0xffff_ffff;

/// An exact sum.
#[allow(missing_debug_implementations, reason = "never leaves the crate")]
#[expect(unnameable_types, reason = "seen in the signatures of sealed traits only")]
#[derive(Clone)]
pub struct Superacc {
    /// The sum is that of `digits[i] * 2^(32 i - 1074)`.
    digits: [i64; DIGITS],
    /// No digit is larger than `(pending + 1) * 2^32` in size.
    pending: u32,
    nan: bool,
    infinite: bool,
    minus_infinite: bool,
}

/// How a format rounds: what is left of the point of a fixed-point number.
struct Format {
    /// Bits of the significand, the leading one included.
    precision: u32,
    /// Digits of [`Superacc`] below the least subnormal.
    lowest: u32,
    /// The biased exponent of infinity.
    infinity: u64,
}

const F64: Format = Format { precision: 53, lowest: 0, infinity: 0x7ff };
const F32: Format = Format { precision: 24, lowest: 1074 - 149, infinity: 0xff };

impl Superacc {
    pub(crate) fn new() -> Self {
        Self { digits: [0; DIGITS], pending: 0, nan: false, infinite: false, minus_infinite: false }
    }

    /// Adds `x`.
    #[inline]
    pub(crate) fn add(&mut self, x: f64) {
        let bits = x.to_bits();
        let (exponent, fraction) = ((bits >> 52) as usize & 0x7ff, bits & ((1 << 52) - 1));
        if exponent == 0x7ff {
            return self.add_special(x);
        }
        // A subnormal has the scale of the least normal numbers and no leading one.
        let (place, significand) = if exponent == 0 { (0, fraction) } else { (exponent - 1, fraction | 1 << 52) };
        let (digit, shift) = (place / 32, place % 32);
        let low = (significand << shift) as i64 & DIGIT;
        let rest = (significand >> (32 - shift)) as i64;
        let sign = if x.is_sign_negative() { -1 } else { 1 };
        self.digits[digit] += sign * low;
        self.digits[digit + 1] += sign * (rest & DIGIT);
        self.digits[digit + 2] += sign * (rest >> 32);
        self.pending += 1;
        if self.pending == MAX_PENDING {
            self.resolve();
        }
    }

    #[cold]
    fn add_special(&mut self, x: f64) {
        self.nan |= x.is_nan();
        self.infinite |= x == f64::INFINITY;
        self.minus_infinite |= x == f64::NEG_INFINITY;
    }

    /// Adds another exact sum.
    pub(crate) fn merge(mut self, mut other: Self) -> Self {
        self.resolve();
        other.resolve();
        self.digits.iter_mut().zip(other.digits).for_each(|(a, b)| *a += b);
        self.pending = 2;
        self.nan |= other.nan;
        self.infinite |= other.infinite;
        self.minus_infinite |= other.minus_infinite;
        self
    }

    /// Brings every digit but the last into `0..2^32`; the last has the sign of the whole.
    fn resolve(&mut self) {
        let mut carry = 0;
        for digit in &mut self.digits[..DIGITS - 1] {
            let value = *digit + carry;
            *digit = value & DIGIT;
            carry = value >> 32;
        }
        self.digits[DIGITS - 1] += carry;
        self.pending = 0;
    }

    /// The sum, rounded once to the nearest `f64`, ties to even. Zero is `0.0`.
    pub(crate) fn to_f64(&self) -> f64 {
        self.special().unwrap_or_else(|| {
            let (negative, bits) = self.round(&F64);
            let size = f64::from_bits(bits);
            if negative { -size } else { size }
        })
    }

    /// The sum, rounded once to the nearest `f32`, ties to even. Zero is `0.0`.
    pub(crate) fn to_f32(&self) -> f32 {
        self.special().map_or_else(
            || {
                let (negative, bits) = self.round(&F32);
                let size = f32::from_bits(bits as u32);
                if negative { -size } else { size }
            },
            |special| special as f32,
        )
    }

    /// What an infinity or a NaN among the inputs makes of the sum.
    fn special(&self) -> Option<f64> {
        match (self.nan, self.infinite, self.minus_infinite) {
            (true, ..) | (_, true, true) => Some(f64::NAN),
            (_, true, _) => Some(f64::INFINITY),
            (_, _, true) => Some(f64::NEG_INFINITY),
            _ => None,
        }
    }

    /// Sign, and the bits of the rounded size.
    fn round(&self, format: &Format) -> (bool, u64) {
        let mut sum = self.clone();
        sum.resolve();
        let negative = sum.digits[DIGITS - 1] < 0;
        if negative {
            sum.digits.iter_mut().for_each(|digit| *digit = -*digit);
            sum.resolve();
        }
        let Some(top) = sum.digits.iter().rposition(|&digit| digit != 0) else { return (false, 0) };
        let highest = 32 * top as u32 + sum.digits[top].ilog2();
        let shift = (highest + 1).saturating_sub(format.precision).max(format.lowest);
        let mut significand = sum.bits_from(shift);
        if shift > 0 {
            let half = sum.bits_from(shift - 1) & 1 == 1;
            let more = sum.any_below(shift - 1);
            significand += u64::from(half && (more || significand & 1 == 1));
        }
        // The leading one of a normal number raises the exponent by one; a subnormal has none. If rounding carried into
        // a further bit, the exponent is raised once more and the fraction is zero, as it should.
        let bits = (u64::from(shift - format.lowest) << (format.precision - 1)) + significand;
        let infinity = format.infinity << (format.precision - 1);
        (negative, bits.min(infinity))
    }

    /// The lowest 64 bits from bit `from` on. The digits are resolved and not negative.
    fn bits_from(&self, from: u32) -> u64 {
        let (digit, shift) = (from as usize / 32, from % 32);
        let at = |i: usize| u128::from(self.digits.get(i).map_or(0, |&digit| digit as u64));
        ((at(digit) | at(digit + 1) << 32 | at(digit + 2) << 64) >> shift) as u64
    }

    /// Whether any bit below `from` is set. The digits are resolved and not negative.
    fn any_below(&self, from: u32) -> bool {
        let (digit, shift) = (from as usize / 32, from % 32);
        self.digits[..digit].iter().any(|&digit| digit != 0) || self.digits[digit] & ((1 << shift) - 1) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(x: &[f64]) -> f64 {
        let mut sum = Superacc::new();
        x.iter().for_each(|&x| sum.add(x));
        sum.to_f64()
    }

    #[test]
    fn a_single_number_comes_back() {
        let tiny = f64::from_bits(1);
        for x in [1.0, -1.5, tiny, -tiny, f64::MIN_POSITIVE, f64::MIN_POSITIVE - tiny, f64::MAX, f64::MIN, 1e-300, 0.1]
        {
            assert_eq!(sum(&[x]).to_bits(), x.to_bits(), "{x:e}");
        }
    }

    #[test]
    fn ties_go_to_even() {
        let half_ulp = f64::EPSILON / 2.0;
        assert_eq!(sum(&[1.0, half_ulp]), 1.0);
        assert_eq!(sum(&[1.0 + f64::EPSILON, half_ulp]), 1.0 + 2.0 * f64::EPSILON);
        assert_eq!(sum(&[1.0, half_ulp, 1e-300]), 1.0 + f64::EPSILON);
        assert_eq!(sum(&[1.0, half_ulp, -1e-300]), 1.0);
    }

    #[test]
    fn overflow_is_judged_at_the_end() {
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]), f64::MAX);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[f64::MIN, f64::MIN]), f64::NEG_INFINITY);
        let half_ulp = 2.0_f64.powi(970);
        assert_eq!(sum(&[f64::MAX, half_ulp.next_down()]), f64::MAX);
        assert_eq!(sum(&[f64::MAX, half_ulp]), f64::INFINITY);
    }

    #[test]
    fn f32_is_rounded_once() {
        // To f64 first, the last term would vanish and the tie go to even.
        let mut sum = Superacc::new();
        [1.0, f64::from(f32::EPSILON) / 2.0, 1e-30].iter().for_each(|&x| sum.add(x));
        assert_eq!(sum.to_f32(), 1.0 + f32::EPSILON);
        let mut sum = Superacc::new();
        let tiny = f64::from(f32::from_bits(1));
        [tiny, tiny / 2.0].iter().for_each(|&x| sum.add(x));
        assert_eq!(sum.to_f32().to_bits(), 2);
    }
}
