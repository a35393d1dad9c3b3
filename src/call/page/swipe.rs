//! [`is_swipe`]: which movements of a finger lead to the next partner.

/// How far a finger moves at least in a swipe, in CSS pixels: about a fifth of the width of a phone.
const MIN_SWIPE: i32 = 80;

/// Whether a finger that has moved this far, in CSS pixels, has swiped to the next partner: up, or to the side where
/// lines begin. A slanted movement means neither.
pub fn is_swipe((right, down): (i32, i32), is_rtl: bool) -> bool {
    let to_start = if is_rtl { right } else { -right };
    let is_straight = |along: i32, across: i32| along >= MIN_SWIPE && along >= 2 * across.abs();
    is_straight(-down, right) || is_straight(to_start, down)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swipe_is_long_straight_and_up_or_to_the_side_where_lines_begin() {
        for (moved, is_left_to_right, is_right_to_left) in [
            ((0, -80), true, true),
            ((40, -80), true, true),
            ((41, -80), false, false),
            ((0, -79), false, false),
            ((0, 80), false, false),
            ((-80, 0), true, false),
            ((80, 40), false, true),
            ((80, 0), false, true),
            ((-80, -80), false, false),
            ((0, 0), false, false),
        ] {
            assert_eq!(is_swipe(moved, false), is_left_to_right, "{moved:?}");
            assert_eq!(is_swipe(moved, true), is_right_to_left, "{moved:?}, from right to left");
        }
    }
}
