//! A storm: workers that are killed and frozen at moments that dice choose, and replaced at once.

use std::{sync::Mutex, time::Duration};

use futures::future::join_all;

use crate::{Coverage, Dice, Fleet, Process, pass};

/// Most time between new events and a kill, in milliseconds: half of the kills fall while these are folded, half of them on a
/// worker that has had its partitions for longer.
const KILL_MS_MAX: [u64; 2] = [300, 2_500];
/// The same for a freeze, which tries a fence only if it falls into a fold.
const FREEZE_MS_MAX: u64 = 100;
/// Most time a process that is killed while it starts has had for it, in milliseconds.
const START_MS_MAX: u64 = 600;
/// One replacement in so many is killed while it starts, before the one that stays.
const EARLY_DEATHS_IN: u64 = 6;

/// What happens to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    /// SIGKILL.
    Kill,
    /// SIGSTOP, longer than a lease, then SIGCONT.
    Freeze,
}

/// A worker, and whoever replaces it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What it does.
    pub roles: &'a [&'a str],
    /// Variables that only it is told.
    pub environment: &'a [(&'a str, &'a str)],
}

/// A storm to come.
pub struct Storm<'a> {
    /// Whom it hits.
    pub fleet: &'a Fleet,
    /// Who looks on; it begins when every partition has an owner.
    pub coverage: &'a Coverage,
    /// What each worker is.
    pub workers: &'a [Place<'a>],
    /// How often one of them is killed.
    pub kills: usize,
    /// How often one of them is frozen.
    pub freezes: usize,
    /// Longer than this it is frozen.
    pub lease: Duration,
    /// What the dice are made with.
    pub seed: u64,
}

/// A storm that is over.
pub struct Raged {
    /// The workers that are left, one for each that there was.
    pub workers: Vec<Process>,
    /// Further processes that were killed while they started.
    pub early_deaths: usize,
    /// The slowest start, as workers say.
    pub slowest_start_seconds: f64,
    /// The most memory that a worker had in use, in bytes, of those that lived to the end.
    pub memory_bytes_max: u64,
}

/// What happened to one worker and its successors.
struct Fate {
    worker: Process,
    early_deaths: usize,
    slowest_start_seconds: f64,
}

impl Storm<'_> {
    /// How many blows there are.
    pub fn blows(&self) -> usize {
        self.kills + self.freezes
    }

    /// Rages until every blow has fallen. `before` is told the number of each, from 1, shortly before it falls.
    pub async fn rage(&self, before: impl Fn(usize)) -> Raged {
        let blows = Mutex::new(self.shuffled());
        let next = || {
            let mut left = blows.lock().expect("nobody panics with it");
            let blow = left.pop()?;
            before(self.blows() - left.len());
            Some(blow)
        };
        let workers = join_all((0..self.workers.len()).map(|place| self.start(place))).await;
        self.coverage.full().await;
        let places = workers.into_iter().enumerate();
        let fates = join_all(places.map(|(place, worker)| self.follow(place, worker, &next))).await;
        let slowest = fates.iter().map(|fate| fate.slowest_start_seconds).fold(0.0, f64::max);
        Raged {
            early_deaths: fates.iter().map(|fate| fate.early_deaths).sum(),
            slowest_start_seconds: slowest,
            memory_bytes_max: fates.iter().map(|fate| fate.worker.memory_bytes_max()).max().unwrap_or(0),
            workers: fates.into_iter().map(|fate| fate.worker).collect(),
        }
    }

    fn shuffled(&self) -> Vec<Blow> {
        let mut dice = Dice::new(self.seed);
        let blow = |number| if number < self.kills { Blow::Kill } else { Blow::Freeze };
        let mut blows: Vec<(u64, Blow)> =
            (0..self.blows()).map(|number| (dice.roll(), blow(number))).collect();
        blows.sort_by_key(|(place, _)| *place);
        blows.into_iter().map(|(_, blow)| blow).collect()
    }

    /// One worker after the other in the same place.
    async fn follow(&self, place: usize, worker: Process, next: &impl Fn() -> Option<Blow>) -> Fate {
        let mut dice = Dice::new(self.seed.wrapping_add(1 + place as u64));
        let mut fate = Fate { slowest_start_seconds: worker.start_seconds(), worker, early_deaths: 0 };
        while let Some(blow) = next() {
            let moment = match blow {
                Blow::Freeze => FREEZE_MS_MAX,
                Blow::Kill => KILL_MS_MAX[usize::from(dice.below(2) == 0)],
            };
            pass(Duration::from_millis(dice.below(moment))).await;
            match blow {
                Blow::Freeze => self.freeze(&fate.worker, &mut dice).await,
                Blow::Kill => fate = self.replace(place, fate, &mut dice).await,
            }
        }
        fate
    }

    async fn replace(&self, place: usize, mut fate: Fate, dice: &mut Dice) -> Fate {
        fate.worker.kill().await;
        if dice.below(EARLY_DEATHS_IN) == 0 {
            let Place { roles, environment } = self.workers[place];
            let unready = self.fleet.launch(roles, environment);
            pass(Duration::from_millis(dice.below(START_MS_MAX))).await;
            drop(unready);
            fate.early_deaths += 1;
        }
        fate.worker = self.start(place).await;
        fate.slowest_start_seconds = fate.worker.start_seconds().max(fate.slowest_start_seconds);
        fate
    }

    async fn start(&self, place: usize) -> Process {
        let Place { roles, environment } = self.workers[place];
        self.fleet.launch(roles, environment).ready().await
    }

    async fn freeze(&self, worker: &Process, dice: &mut Dice) {
        let hundredths = u32::try_from(120 + dice.below(130)).expect("it is small");
        worker.signal("STOP").await;
        pass(self.lease * hundredths / 100).await;
        worker.signal("CONT").await;
    }
}
