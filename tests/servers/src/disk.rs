//! Disks that can be full, and disks that lose power: a tmpfs of a few megabytes, and ext4 in a file.

use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    process::Command,
};

use crate::{guard::directory, undo::Undo};

/// Unmounts `$1/disk` and removes `$1`; what still uses it is given a few seconds to end.
const UNMOUNT: &str = r#"
for try in 1 2 3 4 5 6 7 8 9 10; do
    mountpoint -q "$1/disk" || break
    umount "$1/disk" || sleep 0.5
done
mountpoint -q "$1/disk" && umount -l "$1/disk"
rm -rf "$1"
"#;
/// A file that takes the room of others.
const FILLER: &str = "filler";

/// A mounted disk; unmounted and gone when dropped.
#[derive(Debug)]
pub struct Disk {
    directory: PathBuf,
    _undo: Undo,
}

impl Disk {
    /// A disk of a few megabytes in memory, if this machine lets tests mount one.
    pub fn small(bytes: u64) -> Option<Self> {
        Self::mounted(directory(), &["-t", "tmpfs", "-o", &format!("size={bytes},mode=777"), "tmpfs"])
    }

    /// A disk in a file, if this machine has loop devices.
    pub fn image(mebibytes: u64) -> Option<Self> {
        let directory = directory();
        let image = directory.join("image");
        File::create(&image).and_then(|file| file.set_len(mebibytes << 20)).expect("an image can be made");
        let mut mkfs = Command::new("mkfs.ext4");
        let made =
            mkfs.args(["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"]).arg(&image).status();
        made.is_ok_and(|status| status.success()).then_some(())?;
        let disk = Self::mounted(directory, &["-o", "loop"])?;
        assert!(
            Command::new("chmod").arg("777").arg(disk.path()).status().is_ok_and(|status| status.success())
        );
        Some(disk)
    }

    fn mounted(directory: PathBuf, arguments: &[&str]) -> Option<Self> {
        let disk = directory.join("disk");
        fs::create_dir(&disk).expect("a directory can be made");
        let undo = Undo::later(UNMOUNT, &[directory.to_str().expect("a path of ours is text")]);
        let mut mount = Command::new("mount");
        mount.args(arguments);
        let image = directory.join("image");
        if image.exists() {
            mount.arg(image);
        }
        let mounted = mount.arg(&disk).output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self { directory, _undo: undo })
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.directory.join("disk")
    }

    /// The disk as it is after a power cut in this moment: what was not flushed to it is missing.
    #[must_use]
    pub fn after_a_power_cut(&self) -> Self {
        let copy = directory();
        let mut cp = Command::new("cp");
        cp.arg("--sparse=always").arg(self.directory.join("image")).arg(copy.join("image"));
        assert!(cp.status().is_ok_and(|status| status.success()), "the image can be copied");
        Self::mounted(copy, &["-o", "loop"]).expect("a second image can be mounted")
    }

    /// Takes all the room there is but so many bytes.
    pub fn fill(&self, left_bytes: u64) {
        let mut filler =
            File::options().create(true).append(true).open(self.filler()).expect("a file can be made");
        for piece in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![b'x'; piece]).is_ok() {}
        }
        let length = filler.metadata().expect("a file has a length").len();
        filler.set_len(length.saturating_sub(left_bytes)).expect("a file can be made shorter");
    }

    /// Gives the room back.
    pub fn make_room(&self) {
        fs::remove_file(self.filler()).expect("it was filled");
    }

    fn filler(&self) -> PathBuf {
        self.path().join(FILLER)
    }
}
