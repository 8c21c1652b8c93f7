//! Torn and altered files: always found, never a panic, and what is before the damage is read.

use std::{fs, path::Path};

use event_log::{Position, Recorded};

use crate::given::{Ground, P0, events};

/// How many events there are, in segments that end at these.
const ENDS: [u64; 3] = [1_500, 3_000, 4_500];
/// The file is cut off at each of its last bytes.
const CUTS: usize = 4_096;
const FLIPS: usize = 1_000;

/// What came of the damaged archives.
#[derive(Debug, Default)]
struct Tally {
    damaged: u32,
    found_by_reading: u32,
    found_by_verifying: u32,
    intact_events: u64,
}

/// Everything that can be read before the first error, and whether there was one.
async fn read_on(ground: &Ground) -> (Vec<Recorded>, bool) {
    let archive = ground.another();
    let mut all: Vec<Recorded> = Vec::new();
    let (chain, damage) = archive.intact_chain(P0).await.unwrap();
    loop {
        let next = Position(all.len() as u64 + 1);
        match archive.read_in(&chain, next, 1_000).await {
            Ok(events) if events.is_empty() => return (all, damage.is_some()),
            Ok(events) => all.extend(events),
            Err(_) => return (all, true),
        }
    }
}

impl Tally {
    /// Looks at an archive that is damaged in what `first` and later events need.
    async fn add(&mut self, ground: &Ground, all: &[Recorded], unharmed: u64, what: &str) {
        self.damaged += 1;
        let (read, found) = read_on(ground).await;
        assert!(found, "{what} was not found by reading");
        assert_eq!(read, all[..read.len()], "{what}: what is read is what was written");
        assert!(read.len() as u64 >= unharmed, "{what}: {} events are left of {unharmed}", read.len());
        self.found_by_reading += 1;
        self.intact_events += read.len() as u64;
        if self.damaged.is_multiple_of(16) {
            let report = ground.another().verify(P0, false, &|_, _| {}).await.unwrap();
            let bad = report.bad.unwrap_or_else(|| panic!("{what} was not found by verifying"));
            assert_eq!(bad.position.0, read.len() as u64 + 1, "{what}: {bad:?}");
            self.found_by_verifying += 1;
        }
    }
}

fn file(ground: &Ground, index: usize, extension: &str) -> std::path::PathBuf {
    let mut files = ground.files();
    files.retain(|file| file.extension().is_some_and(|it| it == extension));
    files.swap_remove(index)
}

/// A different bit each time, spread over the file.
fn bits(bytes: usize, count: usize) -> impl Iterator<Item = (usize, u8)> {
    (0..count).map(move |flip| {
        let bit = flip * (bytes * 8) / count;
        (bit / 8, 1 << (bit % 8))
    })
}

async fn with_each(path: &Path, damaged: impl Iterator<Item = Vec<u8>>, mut look: impl AsyncFnMut(usize)) {
    let sound = fs::read(path).unwrap();
    for (at, bytes) in damaged.enumerate() {
        fs::write(path, bytes).unwrap();
        look(at).await;
    }
    fs::write(path, sound).unwrap();
}

#[tokio::test]
async fn a_torn_or_altered_segment_is_found_and_what_is_before_it_is_read() {
    let ground = Ground::new();
    ground.with_segments(&ENDS).await;
    let all = events(1..=ENDS[2], 0);
    let (middle, last) = (file(&ground, 1, "seg"), file(&ground, 2, "seg"));
    let bytes = fs::read(&last).unwrap();
    assert!(bytes.len() > CUTS * 2, "the segment has {} bytes", bytes.len());
    let (step, flips) = if servers::full() { (1, FLIPS) } else { (64, 60) };
    let mut torn = Tally::default();
    let cuts = (1..=CUTS).step_by(step).map(|cut| bytes[..bytes.len() - cut].to_vec());
    with_each(&last, cuts, async |at| torn.add(&ground, &all, ENDS[1], &format!("cut {at}")).await).await;
    let mut altered = Tally::default();
    let bytes = fs::read(&middle).unwrap();
    let flipped = bits(bytes.len(), flips).map(|(at, bit)| {
        let mut bytes = bytes.clone();
        bytes[at] ^= bit;
        bytes
    });
    with_each(&middle, flipped, async |at| altered.add(&ground, &all, ENDS[0], &format!("flip {at}")).await)
        .await;
    println!("segments torn: {torn:?}; bits flipped in one of {} bytes: {altered:?}", bytes.len());
    let keeps = |tally: &Tally, events: u64| tally.intact_events > u64::from(tally.damaged) * events;
    assert!(keeps(&torn, ENDS[1] + 1_000), "a torn end takes its block along and no more");
    assert!(
        keeps(&altered, ENDS[0] + 400),
        "what is before a bad block is read, of a third of the segment on average"
    );
    assert_eq!(torn.damaged, torn.found_by_reading);
    assert_eq!(altered.damaged, altered.found_by_reading);
    assert_eq!(ground.another().verify(P0, true, &|_, _| {}).await.unwrap().bad, None, "it is sound again");
}

#[tokio::test]
async fn a_torn_or_altered_link_is_found_and_what_is_before_it_is_read() {
    let ground = Ground::new();
    ground.with_segments(&[100, 200, 300]).await;
    let all = events(1..=300, 0);
    let mut tally = Tally::default();
    for (index, unharmed) in [(0, 0), (1, 100), (2, 200)] {
        let path = file(&ground, index, "json");
        let bytes = fs::read(&path).unwrap();
        let (step, flips) = if servers::full() { (1, FLIPS) } else { (7, 100) };
        let cuts = (0..bytes.len()).step_by(step).map(|length| bytes[..length].to_vec());
        let flipped = bits(bytes.len(), flips).map(|(at, bit)| {
            let mut bytes = bytes.clone();
            bytes[at] ^= bit;
            bytes
        });
        // The same said in other words.
        let longer = [bytes.clone(), b"\n".to_vec()].concat();
        let spaced = String::from_utf8(bytes.clone()).unwrap().replacen("\"version\":", "\"version\": ", 1);
        let rewritten = [longer, spaced.into_bytes()];
        let look = async |at| tally.add(&ground, &all, unharmed, &format!("link {index}, {at}")).await;
        with_each(&path, cuts.chain(flipped).chain(rewritten), look).await;
    }
    println!("links torn or altered: {tally:?}");
    assert_eq!(tally.damaged, tally.found_by_reading);
    assert_eq!(ground.another().verify(P0, true, &|_, _| {}).await.unwrap().bad, None, "it is sound again");
}

#[tokio::test]
async fn a_link_or_segment_that_is_gone_or_another_s_is_found() {
    let ground = Ground::new();
    ground.with_segments(&[100, 200, 300]).await;
    let all = events(1..=300, 0);
    let mut tally = Tally::default();
    for (index, extension) in [(0, "json"), (1, "json"), (0, "seg"), (1, "seg"), (2, "seg")] {
        let path = file(&ground, index, extension);
        let other = fs::read(file(&ground, (index + 1) % 3, extension)).unwrap();
        let sound = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        tally.add(&ground, &all, index as u64 * 100, &format!("{extension} {index} gone")).await;
        fs::write(&path, other).unwrap();
        tally.add(&ground, &all, index as u64 * 100, &format!("{extension} {index} another's")).await;
        fs::write(&path, sound).unwrap();
    }
    assert_eq!(tally.damaged, 10);
}

#[tokio::test]
async fn a_segment_that_was_rewritten_with_sums_that_fit_is_refused_whole() {
    let (ground, other) = (Ground::new(), Ground::new());
    ground.with_segments(&[100, 200]).await;
    // The same partition, positions and log, and another history.
    let forged = event_archive::Archive::new(&other.blobs, &ground.creation);
    let chain = forged.chain(P0).await.unwrap();
    let chain = forged.append(P0, &chain, &events(1..=100, 0)).await.unwrap();
    forged.append(P0, &chain, &events(101..=200, 9)).await.unwrap();
    let other = Ground { creation: ground.creation.clone(), archive: forged, ..other };
    fs::copy(file(&other, 1, "seg"), file(&ground, 1, "seg")).unwrap();
    let (read, found) = read_on(&ground).await;
    assert!(found);
    assert_eq!(read, events(1..=100, 0), "nothing of the forged segment is read");
    let bad = ground.another().verify(P0, false, &|_, _| {}).await.unwrap().bad.unwrap();
    assert!(bad.reason.contains("altered"), "{bad:?}");
}

#[tokio::test]
async fn a_link_that_describes_other_events_than_it_names_is_found_by_looking_at_every_event() {
    let ground = Ground::new();
    let chain = ground.with_segments(&[100]).await;
    let path = file(&ground, 0, "json");
    let text = fs::read_to_string(&path).unwrap();
    let (_, link) = text.split_once("\"link\":").unwrap();
    let forged = link.strip_suffix('}').unwrap().replace(&chain.digest().to_string(), &"0".repeat(64));
    let name = event_model::BlobRef::of(forged.as_bytes());
    fs::write(&path, format!("{{\"version\":1,\"sha256\":\"{name}\",\"link\":{forged}}}")).unwrap();
    let verify = async |deep| ground.another().verify(P0, deep, &|_, _| {}).await.unwrap().bad;
    assert_eq!(verify(false).await, None, "every hash is right");
    let bad = verify(true).await.unwrap();
    assert_eq!(bad.position, Position(1));
    assert!(bad.object.contains(".seg") && bad.reason.contains("describes"), "{bad:?}");
}
