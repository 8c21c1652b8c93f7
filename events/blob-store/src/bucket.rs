//! The store over a bucket of S3, or of anything that speaks its protocol. Only how it is reached: what is kept in it is the
//! same as in a directory.

use std::{fmt, sync::Arc};

use object_store::{
    ClientOptions, Error, ObjectStore,
    aws::{AmazonS3Builder, S3ConditionalPut},
    path::Path,
    prefix::PrefixStore,
};

use crate::{BlobError, BlobStore, store::failed};

/// How a bucket is reached. What is not said is what Amazon's own tools take: its servers, `us-east-1`, and the role of the
/// machine.
#[derive(Clone, Default)]
pub struct S3Options {
    /// The server, `https://host[:port]`; none for Amazon's.
    pub endpoint: Option<String>,
    /// The region of the bucket.
    pub region: Option<String>,
    /// Who asks.
    pub access_key_id: Option<String>,
    /// What proves it.
    pub secret_access_key: Option<String>,
    /// The third part of keys that expire.
    pub session_token: Option<String>,
    /// Whether an endpoint without TLS will do.
    pub allow_http: bool,
}

impl fmt::Debug for S3Options {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Options")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .field("allow_http", &self.allow_http)
            .finish_non_exhaustive()
    }
}

fn refused(url: &str, reason: &str) -> BlobError {
    let told = format!("`{url}` is not the address of a bucket: {reason}; write `s3://bucket[/prefix]`");
    failed("open its bucket")(Error::Generic { store: "bucket", source: told.into() })
}

/// The bucket and the prefix of `s3://bucket/prefix`.
fn parts(url: &str) -> Result<(&str, Path), BlobError> {
    let rest = url.strip_prefix("s3://").ok_or_else(|| refused(url, "it does not begin with `s3://`"))?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(refused(url, "it names no bucket"));
    }
    let prefix = Path::parse(prefix).map_err(|error| refused(url, &error.to_string()))?;
    Ok((bucket, prefix))
}

impl BlobStore {
    /// Opens the store in a bucket that exists, `s3://bucket/prefix`. Connects on first use.
    pub fn in_bucket(url: &str, options: &S3Options) -> Result<Self, BlobError> {
        let (bucket, prefix) = parts(url)?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(options.region.as_deref().unwrap_or("us-east-1"))
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_client_options(ClientOptions::new().with_allow_http(options.allow_http));
        if let Some(endpoint) = &options.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        if let Some(id) = &options.access_key_id {
            builder = builder.with_access_key_id(id);
        }
        if let Some(secret) = &options.secret_access_key {
            builder = builder.with_secret_access_key(secret);
        }
        if let Some(token) = &options.session_token {
            builder = builder.with_token(token);
        }
        let bucket = builder.build().map_err(failed("open its bucket"))?;
        let store: Arc<dyn ObjectStore> = if prefix.as_ref().is_empty() {
            Arc::new(bucket)
        } else {
            Arc::new(PrefixStore::new(bucket, prefix))
        };
        Ok(Self::elsewhere(store))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_bucket_and_a_prefix() {
        assert_eq!(parts("s3://bucket").unwrap(), ("bucket", Path::default()));
        assert_eq!(parts("s3://bucket/").unwrap(), ("bucket", Path::default()));
        assert_eq!(parts("s3://bucket/a/b").unwrap(), ("bucket", Path::from("a/b")));
        for wrong in ["bucket/a", "s3://", "s3:///a", "s3://bucket/a//b"] {
            assert!(BlobStore::in_bucket(wrong, &S3Options::default()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let options = S3Options {
            secret_access_key: Some("hidden".into()),
            session_token: Some("hidden".into()),
            ..S3Options::default()
        };
        assert!(!format!("{options:?}").contains("hidden"));
    }
}
