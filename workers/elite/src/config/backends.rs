//! Which log, and where the blobs are: choices that the other settings must agree with.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::sources::Sources;

/// The log that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LogBackend {
    /// In the data directory, of one process.
    Embedded,
    /// Redis Streams, shared by any number of processes.
    Redis {
        /// Of a server, or of several nodes of a cluster.
        url: String,
    },
}

impl LogBackend {
    /// What `ELITE_LOG` names; otherwise what is configured.
    pub(super) fn choose(sources: &Sources) -> Result<Self> {
        let redis = sources.get("REDIS_URL")?;
        match (sources.get("ELITE_LOG")?.as_deref(), redis) {
            (Some("redis"), None) => {
                bail!("ELITE_LOG is `redis`, but REDIS_URL is not set; name the server with it")
            }
            (Some("embedded"), _) => Ok(Self::Embedded),
            (None | Some("redis"), Some(url)) => Ok(Self::Redis { url }),
            (Some("kafka"), _) => {
                bail!("ELITE_LOG is `kafka`, which this build does not have; use `redis` or `embedded`")
            }
            (Some(other), _) => bail!("ELITE_LOG is `{other}`; choose `embedded` or `redis`"),
            (None, None) if sources.get("KAFKA_BROKERS")?.is_some() => {
                bail!(
                    "KAFKA_BROKERS is set, but this build has no Kafka; unset it, set REDIS_URL, or set ELITE_LOG=embedded"
                )
            }
            (None, None) => Ok(Self::Embedded),
        }
    }

    /// Whether other processes use it at the same time.
    pub(crate) fn is_shared(&self) -> bool {
        *self != Self::Embedded
    }

    /// Processes that share a log share database and blobs, too: what one of them keeps for itself the others do not see.
    pub(super) fn agrees_with(&self, database_url: Option<&str>, blob_url: Option<&str>) -> Result<()> {
        if !self.is_shared() {
            return Ok(());
        }
        if database_url.is_none() {
            bail!(
                "REDIS_URL is set, but DATABASE_URL is not; processes that share a log share a PostgreSQL server"
            )
        }
        if blob_url.is_none() {
            bail!(
                "REDIS_URL is set, but ELITE_BLOB_URL is not; name a place that every process sees, as `file:/mnt/blobs`"
            )
        }
        Ok(())
    }
}

/// Where the blobs are.
#[derive(Clone, Debug)]
pub(crate) enum BlobLocation {
    /// A directory, of this machine or mounted.
    Directory(PathBuf),
    /// A bucket of S3 or of what speaks its protocol.
    #[cfg(feature = "s3")]
    Bucket {
        /// `s3://bucket/prefix`.
        url: String,
        /// Where it is and who asks.
        options: blob_store::S3Options,
    },
}

impl BlobLocation {
    /// What `name` says, which is `url`.
    pub(super) fn choose(
        sources: &Sources,
        name: &str,
        url: Option<String>,
        data_dir: &Path,
    ) -> Result<Self> {
        let Some(url) = url else { return Ok(Self::Directory(data_dir.join("blobs"))) };
        if let Some(path) = url.strip_prefix("file:") {
            return Ok(Self::Directory(PathBuf::from(path.strip_prefix("//").unwrap_or(path))));
        }
        if url.starts_with("s3:") {
            return Self::bucket(sources, name, url);
        }
        bail!("{name} is `{url}`; choose `file:PATH` or `s3://BUCKET/PREFIX`")
    }

    #[cfg(feature = "s3")]
    fn bucket(sources: &Sources, _: &str, url: String) -> Result<Self> {
        let options = blob_store::S3Options {
            endpoint: sources.get("AWS_ENDPOINT_URL")?,
            region: sources.get("AWS_REGION")?,
            access_key_id: sources.get("AWS_ACCESS_KEY_ID")?,
            secret_access_key: sources.get("AWS_SECRET_ACCESS_KEY")?,
            session_token: sources.get("AWS_SESSION_TOKEN")?,
            allow_http: sources.parsed("AWS_ALLOW_HTTP", false)?,
        };
        Ok(Self::Bucket { url, options })
    }

    #[cfg(not(feature = "s3"))]
    #[expect(clippy::needless_pass_by_value, reason = "as with the feature")]
    fn bucket(_: &Sources, name: &str, url: String) -> Result<Self> {
        bail!("{name} is `{url}`; build with `--features s3` for that, or use `file:PATH`")
    }
}
