//! Settings: flag, environment, `.env`, `elite.toml`, default, in this order. The only reader of the environment.

use std::{
    collections::HashMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// What every command can be told with flags.
#[expect(clippy::doc_markdown, reason = "these comments are help texts, where backticks would be seen")]
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Flags {
    /// Where the embedded log, database and blobs are kept [env: ELITE_DATA_DIR] [default: .elite]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// PostgreSQL to use instead of the embedded one [env: DATABASE_URL]
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    pub(crate) database_url: Option<String>,
    /// Address of the gateway [env: ELITE_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS", hide_short_help = true)]
    pub(crate) listen: Option<SocketAddr>,
    /// Print results as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// All settings.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: Option<String>,
    pub(crate) blob_dir: PathBuf,
    pub(crate) partitions: u16,
    pub(crate) body_bytes_max: u64,
    pub(crate) listen: SocketAddr,
    pub(crate) ollama_base_url: Option<String>,
    pub(crate) chat_model: Option<String>,
    pub(crate) log_level: String,
    pub(crate) log_format: LogFormat,
    pub(crate) json: bool,
}

/// Where one setting may come from besides flags.
struct Sources {
    env: HashMap<String, String>,
    dot_env: HashMap<String, String>,
    toml: toml::Table,
}

impl Sources {
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
    fn read(directory: &Path) -> Result<Self> {
        let env =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let file = directory.join("elite.toml");
        let toml = match fs::read_to_string(&file) {
            Ok(text) => text.parse().with_context(|| format!("failed to read `{}`", file.display()))?,
            Err(_) => toml::Table::new(),
        };
        let dot_env =
            fs::read_to_string(directory.join(".env")).map(|text| parse_dot_env(&text)).unwrap_or_default();
        Ok(Self { env: env.collect(), dot_env, toml })
    }

    /// The setting `NAME`: also `NAME_FILE`, whose content it is, and `name` in the file without the prefix `elite_`.
    fn get(&self, name: &str) -> Result<Option<String>> {
        let file = format!("{name}_FILE");
        for variables in [&self.env, &self.dot_env] {
            if let Some(value) = variables.get(name).filter(|value| !value.is_empty()) {
                return Ok(Some(value.clone()));
            }
            if let Some(path) = variables.get(&file).filter(|path| !path.is_empty()) {
                let value = fs::read_to_string(path)
                    .with_context(|| format!("failed to read `{path}`, named by {file}"))?;
                return Ok(Some(value.trim_end().to_owned()));
            }
        }
        let key = name.strip_prefix("ELITE_").unwrap_or(name).to_lowercase();
        Ok(self.toml.get(&key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str, default: T) -> Result<T>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        match self.get(name)? {
            Some(value) => {
                value.trim().parse().with_context(|| format!("{name} is `{value}`, which cannot be read"))
            }
            None => Ok(default),
        }
    }
}

/// `NAME=value` lines; quotes around a value are taken off, `#` lines are passed over.
fn parse_dot_env(text: &str) -> HashMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    let unquoted = |value: &str| value.trim().trim_matches(['"', '\'']).to_owned();
    pairs.map(|(name, value)| (name.trim().to_owned(), unquoted(value))).collect()
}

impl Config {
    /// Reads the settings for a command that runs in `directory`.
    pub(crate) fn load(flags: &Flags, directory: &Path) -> Result<Self> {
        Self::from_sources(flags, &Sources::read(directory)?)
    }

    fn from_sources(flags: &Flags, sources: &Sources) -> Result<Self> {
        refuse_absent_logs(sources)?;
        let data_dir = match &flags.data_dir {
            Some(directory) => directory.clone(),
            None => sources.parsed("ELITE_DATA_DIR", PathBuf::from(".elite"))?,
        };
        let blob_dir = match sources.get("ELITE_BLOB_URL")? {
            None => data_dir.join("blobs"),
            Some(url) => match url.strip_prefix("file:") {
                Some(path) => PathBuf::from(path.strip_prefix("//").unwrap_or(path)),
                None => {
                    bail!("ELITE_BLOB_URL is `{url}`; this build stores blobs in a directory, `file:PATH`")
                }
            },
        };
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        let partitions = sources.parsed("ELITE_PARTITIONS", 16)?;
        if partitions == 0 || partitions > 1024 {
            bail!("ELITE_PARTITIONS is {partitions}; choose 1 to 1024");
        }
        let log_format = match sources.get("LOG_FORMAT")?.as_deref() {
            None | Some("pretty") => LogFormat::Pretty,
            Some("json") => LogFormat::Json,
            Some(other) => bail!("LOG_FORMAT is `{other}`; choose `json` or `pretty`"),
        };
        Ok(Self {
            blob_dir,
            data_dir,
            database_url: flags
                .database_url
                .clone()
                .map_or_else(|| sources.get("DATABASE_URL"), |url| Ok(Some(url)))?,
            partitions,
            body_bytes_max: sources.parsed("ELITE_BODY_BYTES_MAX", 2 * 1024 * 1024 * 1024)?,
            listen: flags.listen.map_or_else(|| sources.parsed("ELITE_LISTEN", listen), Ok)?,
            ollama_base_url: sources.get("OLLAMA_BASE_URL")?,
            chat_model: sources.get("ELITE_CHAT_MODEL")?,
            log_level: sources.parsed("LOG_LEVEL", "info".to_owned())?.to_lowercase(),
            log_format,
            json: flags.json,
        })
    }

    /// The socket of a node that runs on this data directory.
    pub(crate) fn admin_socket(&self) -> PathBuf {
        self.data_dir.join("admin.sock")
    }
}

/// The embedded log is the only one this build has; asking for another must not be answered with it.
fn refuse_absent_logs(sources: &Sources) -> Result<()> {
    match sources.get("ELITE_LOG")?.as_deref() {
        Some("embedded") => return Ok(()),
        Some(other @ ("redis" | "kafka")) => {
            bail!("ELITE_LOG is `{other}`, which this build does not have; use `embedded`")
        }
        Some(other) => bail!("ELITE_LOG is `{other}`; choose `embedded`"),
        None => {}
    }
    for name in ["REDIS_URL", "KAFKA_BROKERS"] {
        if sources.get(name)?.is_some() {
            bail!(
                "{name} is set, but this build only has the embedded log; unset it, or set ELITE_LOG=embedded"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn sources(env: &[(&str, &str)], dot_env: &str, toml: &str) -> Sources {
        Sources { env: pairs(env), dot_env: parse_dot_env(dot_env), toml: toml.parse().unwrap() }
    }

    fn load(flags: &Flags, sources: &Sources) -> Result<Config> {
        Config::from_sources(flags, sources)
    }

    #[test]
    fn a_flag_beats_the_environment_beats_dot_env_beats_the_file_beats_the_default() {
        let toml = "partitions = 4\nlisten = \"127.0.0.1:4\"\ndata_dir = \"four\"\nbody_bytes_max = 4";
        let dot_env =
            "# settings\nexport ELITE_LISTEN='127.0.0.1:3'\nELITE_DATA_DIR=\"three\"\nELITE_BODY_BYTES_MAX=3";
        let sources = sources(&[("ELITE_LISTEN", "127.0.0.1:2"), ("ELITE_DATA_DIR", "two")], dot_env, toml);
        let flags = Flags { data_dir: Some("one".into()), ..Flags::default() };
        let config = load(&flags, &sources).unwrap();
        assert_eq!(config.data_dir, PathBuf::from("one"));
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.body_bytes_max, 3);
        assert_eq!(config.partitions, 4);
        assert_eq!(config.log_level, "info");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (name, value) in [
            ("ELITE_PARTITIONS", "many"),
            ("ELITE_PARTITIONS", "0"),
            ("ELITE_LISTEN", "nowhere"),
            ("LOG_FORMAT", "xml"),
            ("ELITE_LOG", "redis"),
            ("REDIS_URL", "redis://localhost"),
            ("ELITE_BLOB_URL", "s3://bucket"),
            ("DATABASE_URL_FILE", "/does/not/exist"),
        ] {
            let error = load(&Flags::default(), &sources(&[(name, value)], "", "")).unwrap_err();
            assert!(format!("{error:#}").contains(name), "{name}: {error:#}");
        }
    }

    #[test]
    fn a_secret_may_be_in_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("url");
        fs::write(&file, "postgres://secret\n").unwrap();
        let sources = sources(&[("DATABASE_URL_FILE", file.to_str().unwrap())], "", "");
        let config = load(&Flags::default(), &sources).unwrap();
        assert_eq!(config.database_url.as_deref(), Some("postgres://secret"));
    }
}
