//! The strongest of neighbouring borders, found in logarithmic time however a document is made.

/// How much a border wants to be one: first by what stands there, then by what follows it.
pub(super) type Strength = (u8, u64);

/// A tree over strengths.
pub(super) struct Strongest {
    strengths: Vec<Strength>,
    /// Of each inner node, the index of the strongest below it; leaves are at `strengths.len() + index`.
    nodes: Vec<usize>,
}

impl Strongest {
    pub(super) fn new(strengths: Vec<Strength>) -> Self {
        let len = strengths.len();
        let mut nodes = vec![0; len];
        nodes.extend(0..len);
        let mut tree = Self { strengths, nodes };
        for node in (1..len).rev() {
            tree.nodes[node] = tree.stronger(tree.nodes[2 * node], tree.nodes[2 * node + 1]);
        }
        tree
    }

    pub(super) fn strength(&self, index: usize) -> Strength {
        self.strengths[index]
    }

    /// The strongest in a range, the first among equals.
    pub(super) fn within(&self, range: std::ops::Range<usize>) -> Option<usize> {
        if range.start >= range.end {
            return None;
        }
        let (mut left, mut right) = (range.start + self.strengths.len(), range.end + self.strengths.len());
        let mut best = range.start;
        while left < right {
            if left % 2 == 1 {
                best = self.stronger(best, self.nodes[left]);
                left += 1;
            }
            if right % 2 == 1 {
                right -= 1;
                best = self.stronger(best, self.nodes[right]);
            }
            (left, right) = (left / 2, right / 2);
        }
        Some(best)
    }

    fn stronger(&self, one: usize, other: usize) -> usize {
        let rank = |index: usize| (self.strengths[index], std::cmp::Reverse(index));
        if rank(one) >= rank(other) { one } else { other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_strongest_is_found_in_every_range() {
        let strengths: Vec<Strength> = (0..37_u64).map(|at| (u8::from(at % 9 == 4), at * 7 % 5)).collect();
        let tree = Strongest::new(strengths.clone());
        for start in 0..strengths.len() {
            for end in start..=strengths.len() {
                let most = strengths[start..end].iter().max();
                let first = most.and_then(|most| strengths[start..end].iter().position(|one| one == most));
                assert_eq!(tree.within(start..end), first.map(|at| start + at));
            }
        }
    }
}
