//! Finding out which files the gateway has: their bytes are hashed as they stream by, and asked about many at a time, while others
//! are sent.

use std::{
    collections::{HashMap, HashSet},
    io::{self, Read},
    thread::available_parallelism,
};

use event_model::BlobRef;
use futures::{StreamExt, stream};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{
    Push,
    files::{Content, File},
    patience::Patience,
};

/// Most files in one question.
pub(super) const ASKED_MAX: usize = 1000;
const READ_BYTES: usize = 256 * 1024;

/// A file, and what its bytes are if that is to be asked about.
type Hashed = (File, Option<BlobRef>);

/// A file, and the document that the gateway has of it, if it has.
pub(super) type Judged = (File, Option<Value>);

impl Push<'_> {
    /// Hashes `files`, in no particular order. One that cannot be read is not asked about; sending it will say why.
    pub(super) async fn hash(&self, files: Vec<File>, hashed: mpsc::Sender<Hashed>) {
        let repeated = repeated_names(&files);
        let at_once = available_parallelism().map_or(1, usize::from);
        let hashing = files.into_iter().map(|file| {
            // Of several files of one name, the last one sent is the newest version: which are known changes on the way.
            let asks = self.asks() && !repeated.contains(&file.name);
            async move {
                if !asks {
                    return (file, None);
                }
                let content = file.content.clone();
                let hash = spawn_blocking(move || hash_of(&content)).await;
                (file, hash.ok().and_then(Result::ok))
            }
        });
        let mut hashing = stream::iter(hashing).buffer_unordered(at_once);
        while let Some(one) = hashing.next().await {
            if hashed.send(one).await.is_err() {
                return;
            }
        }
    }

    /// Asks about what is hashed, as many files at a time as there are.
    pub(super) async fn judge(&self, mut hashed: mpsc::Receiver<Hashed>, judged: mpsc::Sender<Judged>) {
        let mut batch = Vec::with_capacity(ASKED_MAX);
        while hashed.recv_many(&mut batch, ASKED_MAX).await > 0 {
            let known = self.known(&batch).await;
            for (index, (file, _)) in batch.drain(..).enumerate() {
                if judged.send((file, known.get(&index).cloned())).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Which of a batch are known, by their place in it. If the gateway does not say, none is, and all are sent.
    async fn known(&self, batch: &[Hashed]) -> HashMap<usize, Value> {
        let asked = batch.iter().enumerate().filter_map(|(index, (file, hash))| {
            let question = json!({ "name": file.name, "sha256": hash.as_ref()?.hex() });
            Some((index, question))
        });
        let (places, questions): (Vec<usize>, Vec<Value>) = asked.unzip();
        if questions.is_empty() || !self.asks() {
            return HashMap::new();
        }
        let answers = self.ask(&json!({ "documents": questions })).await;
        let known = places.into_iter().zip(answers).filter(|(_, answer)| answer["known"] == true);
        known.collect()
    }

    async fn ask(&self, question: &Value) -> Vec<Value> {
        let mut patience = Patience::default();
        loop {
            let request = self.client.post(format!("{}/documents/known", self.gateway)).json(question);
            let asked = match request.send().await {
                Ok(response) if response.status() == StatusCode::SERVICE_UNAVAILABLE => None,
                Ok(response) => {
                    let status = response.status();
                    let answer: Value = response.json().await.unwrap_or_default();
                    if let Some(answers) = answer["documents"].as_array().filter(|_| status.is_success()) {
                        return answers.clone();
                    }
                    self.stop_asking(match status {
                        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                            "the gateway is of a release that cannot say what it has".to_owned()
                        }
                        _ => format!("the gateway does not say what it has ({status}): {}", answer["detail"]),
                    });
                    return Vec::new();
                }
                Err(_) => None,
            };
            if !patience.wait(asked).await {
                // Sending finds out why.
                return Vec::new();
            }
        }
    }
}

fn repeated_names(files: &[File]) -> HashSet<String> {
    let mut seen = HashSet::new();
    files.iter().filter(|file| !seen.insert(&file.name)).map(|file| file.name.clone()).collect()
}

fn hash_of(content: &Content) -> io::Result<BlobRef> {
    let path = match content {
        Content::InMemory(bytes) => return Ok(BlobRef::of(bytes)),
        Content::OnDisk(path) => path,
    };
    let (mut file, mut hash, mut piece) = (std::fs::File::open(path)?, Sha256::new(), vec![0; READ_BYTES]);
    loop {
        let read = match file.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            return Ok(BlobRef::from_digest(hash.finalize().into()));
        }
        hash.update(&piece[..read]);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn bytes_are_hashed_piece_by_piece_to_what_their_blob_will_be_called() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        for size in [0, 1, READ_BYTES, 3 * READ_BYTES + 17] {
            let bytes: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
            fs::write(&path, &bytes).unwrap();
            assert_eq!(hash_of(&Content::OnDisk(path.clone())).unwrap(), BlobRef::of(&bytes), "{size} bytes");
        }
        assert!(hash_of(&Content::OnDisk(folder.path().join("none"))).is_err());
    }

    #[test]
    fn files_of_one_name_are_noticed() {
        let files = ["b", "a", "b", "c", "b"].map(|name| File::in_memory(name, b""));
        assert_eq!(repeated_names(&files), HashSet::from(["b".to_owned()]));
    }
}
