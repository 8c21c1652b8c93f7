//! Gaps between columns that are as narrow as those between words: what runs through many lines, one under the other, is no space.

use super::segment::Segment;

/// How wide the gap is that all lines share, in sizes of the font.
const WIDTH_MIN: f32 = 0.45;
/// Rivers in justified text run through three or four lines.
const LINES_MIN: usize = 5;
/// Lines that follow each other are not farther apart, in sizes of the font.
const LINE_GAP: f32 = 1.2;
/// Gaps that may go on; of more than these the oldest is given up.
const OPEN_MAX: usize = 64;

/// A gap that goes on from line to line: where it is, where the last line ends, and the lines with their seams.
struct Gutter {
    from: f32,
    to: f32,
    bottom: f32,
    members: Vec<(usize, usize)>,
}

/// Parts lines, given from top to bottom, where a gutter runs through them.
pub(super) fn part(lines: Vec<Segment>) -> Vec<Segment> {
    let mut cuts: Vec<Vec<usize>> = vec![Vec::new(); lines.len()];
    for gutter in gutters(&lines).into_iter().filter(|gutter| gutter.members.len() >= LINES_MIN) {
        for (line, seam) in gutter.members {
            cuts[line].push(seam);
        }
    }
    let mut parted = Vec::with_capacity(lines.len());
    for (mut line, mut seams) in lines.into_iter().zip(cuts) {
        seams.sort_unstable();
        seams.dedup();
        let mut behind = Vec::new();
        for seam in seams.into_iter().rev() {
            behind.extend(line.split_off(seam));
        }
        parted.push(line);
        parted.extend(behind.into_iter().rev());
    }
    parted
}

fn gutters(lines: &[Segment]) -> Vec<Gutter> {
    let (mut open, mut closed): (Vec<Gutter>, Vec<Gutter>) = (Vec::new(), Vec::new());
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.turn == 0) {
        let width_min = WIDTH_MIN * line.size;
        for (number, seam) in
            line.seams.iter().enumerate().filter(|(_, seam)| seam.to - seam.from >= width_min)
        {
            let goes_on = |gutter: &&mut Gutter| {
                let shared = gutter.to.min(seam.to) - gutter.from.max(seam.from);
                shared >= width_min
                    && (-line.size..LINE_GAP * line.size).contains(&(line.bounds.top - gutter.bottom))
            };
            match open.iter_mut().rev().find(goes_on) {
                Some(gutter) => {
                    (gutter.from, gutter.to) = (gutter.from.max(seam.from), gutter.to.min(seam.to));
                    gutter.bottom = line.bounds.bottom;
                    gutter.members.push((at, number));
                }
                None => open.push(Gutter {
                    from: seam.from,
                    to: seam.to,
                    bottom: line.bounds.bottom,
                    members: vec![(at, number)],
                }),
            }
        }
        if open.len() > OPEN_MAX {
            closed.extend(open.drain(..open.len() - OPEN_MAX));
        }
    }
    closed.extend(open);
    closed
}

#[cfg(test)]
mod tests {
    use event_model::Bounds;

    use super::*;
    use crate::format::pdf::segment::Seam;

    fn line(row: u8, gap: (f32, f32)) -> Segment {
        let top = f32::from(row) * 12.0;
        let bounds = Bounds { left: 10.0, top, right: 200.0, bottom: top + 10.0 };
        let seams = vec![Seam { at: 5, from: gap.0, to: gap.1 }];
        Segment { text: "left right".into(), bounds, size: 10.0, seams, ..Segment::default() }
    }

    #[test]
    fn a_gap_through_five_lines_parts_them_and_one_through_four_does_not() {
        let texts = |rows: u8| {
            let lines = (0..rows).map(|row| line(row, (99.0 + f32::from(row % 2), 106.0))).collect();
            part(lines).into_iter().map(|line| line.text).collect::<Vec<_>>()
        };
        assert_eq!(texts(5)[..2], ["left", "right"]);
        assert_eq!(texts(4), ["left right"; 4]);
        let wandering =
            (0..9).map(|row| line(row, (99.0 + f32::from(row) * 3.0, 106.0 + f32::from(row) * 3.0)));
        assert_eq!(part(wandering.collect()).len(), 9);
    }
}
