//! Settings: flag, environment, `.env`, `elite.toml`, default, in this order.

mod backends;
mod embedding;
mod plugins;
mod sources;
mod trust;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, bail};
use event_log::RepeatWindow;
use parsers::Plugin;

use self::sources::Sources;
pub(crate) use self::{
    backends::{BlobLocation, LogBackend},
    embedding::EmbedModel,
    trust::TrustedSource,
};

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
    pub(crate) log: LogBackend,
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: Option<String>,
    pub(crate) blobs: BlobLocation,
    /// Where backups go; none for beside the blobs.
    pub(crate) backups: Option<BlobLocation>,
    /// How long a worker that says nothing keeps its partitions and tasks, where others could take them.
    pub(crate) lease: Duration,
    pub(crate) partitions: u16,
    /// How old the oldest event may become that is not archived yet.
    pub(crate) archive_after: Duration,
    /// How many events of each partition a log that trims keeps, at least.
    pub(crate) keep_events: u64,
    /// Window in which a new log recognises repeats, in positions of a partition.
    pub(crate) repeats: u64,
    pub(crate) body_bytes_max: u64,
    pub(crate) listen: SocketAddr,
    pub(crate) ollama_base_url: Option<String>,
    pub(crate) chat_model: Option<String>,
    /// What makes vectors; without one search is by words.
    pub(crate) embed_model: Option<EmbedModel>,
    pub(crate) log_level: String,
    pub(crate) log_format: LogFormat,
    pub(crate) json: bool,
    /// Processors of documents that come before the built-in parsers.
    pub(crate) plugins: Vec<Plugin>,
    /// The sources that others are checked against; without one nothing is checked.
    pub(crate) trust: Vec<TrustedSource>,
    /// The model that judges what is checked, too.
    pub(crate) judge_model: Option<String>,
}

impl Config {
    /// Reads the settings for a command that runs in `directory`.
    pub(crate) fn load(flags: &Flags, directory: &Path) -> Result<Self> {
        Self::from_sources(flags, &Sources::read(directory)?)
    }

    fn from_sources(flags: &Flags, sources: &Sources) -> Result<Self> {
        let log = LogBackend::choose(sources)?;
        let data_dir = match &flags.data_dir {
            Some(directory) => directory.clone(),
            None => sources.parsed("ELITE_DATA_DIR", PathBuf::from(".elite"))?,
        };
        let blob_url = sources.get("ELITE_BLOB_URL")?;
        let database_url = match &flags.database_url {
            Some(url) => Some(url.clone()),
            None => sources.get("DATABASE_URL")?,
        };
        log.agrees_with(database_url.as_deref(), blob_url.as_deref())?;
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        let partitions = sources.parsed("ELITE_PARTITIONS", 16)?;
        if partitions == 0 || partitions > 1024 {
            bail!("ELITE_PARTITIONS is {partitions}; choose 1 to 1024");
        }
        let repeats = sources.parsed("ELITE_REPEAT_WINDOW", RepeatWindow::default().0)?;
        if repeats == 0 {
            bail!("ELITE_REPEAT_WINDOW is 0, so that no repeat would be recognised; choose 1 or more");
        }
        let log_format = match sources.get("LOG_FORMAT")?.as_deref() {
            None | Some("pretty") => LogFormat::Pretty,
            Some("json") => LogFormat::Json,
            Some(other) => bail!("LOG_FORMAT is `{other}`; choose `json` or `pretty`"),
        };
        Ok(Self {
            log,
            backups: match sources.get("ELITE_BACKUP_URL")? {
                Some(url) => Some(BlobLocation::choose(sources, "ELITE_BACKUP_URL", Some(url), &data_dir)?),
                None => None,
            },
            blobs: BlobLocation::choose(sources, "ELITE_BLOB_URL", blob_url, &data_dir)?,
            data_dir,
            database_url,
            lease: lease(sources)?,
            archive_after: archive_after(sources)?,
            keep_events: sources.parsed("ELITE_KEEP_EVENTS", 100_000)?,
            partitions,
            repeats,
            body_bytes_max: sources.parsed("ELITE_BODY_BYTES_MAX", 2 * 1024 * 1024 * 1024)?,
            listen: flags.listen.map_or_else(|| sources.parsed("ELITE_LISTEN", listen), Ok)?,
            ollama_base_url: sources.get("OLLAMA_BASE_URL")?,
            chat_model: sources.get("ELITE_CHAT_MODEL")?,
            embed_model: EmbedModel::choose(sources)?,
            log_level: sources.parsed("LOG_LEVEL", "info".to_owned())?.to_lowercase(),
            log_format,
            json: flags.json,
            plugins: plugins::declared(sources)?,
            trust: trust::declared(sources)?,
            judge_model: judge_model(sources)?,
        })
    }

    /// The socket of a node that runs on this data directory.
    pub(crate) fn admin_socket(&self) -> PathBuf {
        self.data_dir.join("admin.sock")
    }
}

fn judge_model(sources: &Sources) -> Result<Option<String>> {
    let named = sources.get("ELITE_JUDGE_MODEL")?;
    if named.as_ref().is_some_and(|name| name.trim().is_empty()) {
        bail!("ELITE_JUDGE_MODEL is empty; name a model of Ollama's, or unset it");
    }
    Ok(named)
}

fn lease(sources: &Sources) -> Result<Duration> {
    let seconds: f64 = sources.parsed("ELITE_LEASE_SECONDS", 5.0)?;
    if !(0.5..=300.0).contains(&seconds) {
        bail!("ELITE_LEASE_SECONDS is {seconds}; choose 0.5 to 300");
    }
    Ok(Duration::from_secs_f64(seconds))
}

fn archive_after(sources: &Sources) -> Result<Duration> {
    let seconds: f64 = sources.parsed("ELITE_ARCHIVE_AFTER_SECONDS", 60.0)?;
    if !(0.0..=86_400.0).contains(&seconds) {
        bail!("ELITE_ARCHIVE_AFTER_SECONDS is {seconds}; choose 0 to 86400");
    }
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, fs};

    use super::{sources::parse_dot_env, *};

    fn pairs(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn sources(env: &[(&str, &str)], dot_env: &str, toml: &str) -> Sources {
        Sources {
            env: pairs(env),
            dot_env: parse_dot_env(dot_env),
            toml: toml.parse().unwrap(),
            directory: PathBuf::from("/etc/elite"),
        }
    }

    fn load(flags: &Flags, sources: &Sources) -> Result<Config> {
        Config::from_sources(flags, sources)
    }

    #[test]
    fn plugins_are_declared_in_the_file() {
        let declared = "[[plugin]]\nname = \"letters\"\nextensions = [\"letter\"]\ncommand = [\"python3\", \"letters.py\"]\n";
        let config = load(&Flags::default(), &sources(&[], "", declared)).unwrap();
        let plugin = &config.plugins[0];
        assert_eq!((plugin.name.as_str(), plugin.version, plugin.seconds_max), ("letters", 1, 10.0));
        assert_eq!(plugin.directory, PathBuf::from("/etc/elite"));
        for (right, wrong, told) in
            [("[\"python3\", \"letters.py\"]", "[]", "no command"), ("command", "comand", "comand")]
        {
            let error =
                load(&Flags::default(), &sources(&[], "", &declared.replace(right, wrong))).unwrap_err();
            assert!(format!("{error:#}").contains(told), "{error:#}");
        }
        let twice = declared.repeat(2);
        let error = load(&Flags::default(), &sources(&[], "", &twice)).unwrap_err();
        assert!(error.to_string().contains("two plugins"), "{error}");
    }

    #[test]
    fn trusted_sources_are_declared_in_the_file() {
        let declared = "[[trust]]\nsource = \"/gateway/handbook\"\nlevel = \"trusted\"\n";
        let config = load(&Flags::default(), &sources(&[], "", declared)).unwrap();
        let trusted = &config.trust[0];
        assert_eq!((trusted.source.as_str(), trusted.level.as_str()), ("/gateway/handbook", "trusted"));
        assert_eq!(load(&Flags::default(), &sources(&[], "", "")).unwrap().trust, []);
        for (right, wrong, told) in [
            ("\"trusted\"", "\"true\"", "level `true`"),
            ("\"/gateway/handbook\"", "\" \"", "empty"),
            ("level", "levle", "levle"),
        ] {
            let error =
                load(&Flags::default(), &sources(&[], "", &declared.replace(right, wrong))).unwrap_err();
            assert!(format!("{error:#}").contains(told), "{error:#}");
        }
        let twice = format!("{declared}{}", declared.replace("handbook", "handbook/"));
        let error = load(&Flags::default(), &sources(&[], "", &twice)).unwrap_err();
        assert!(error.to_string().contains("twice"), "{error}");
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
            ("ELITE_ARCHIVE_AFTER_SECONDS", "-1"),
            ("ELITE_ARCHIVE_AFTER_SECONDS", "a minute"),
            ("ELITE_KEEP_EVENTS", "-1"),
            ("ELITE_LISTEN", "nowhere"),
            ("LOG_FORMAT", "xml"),
            ("ELITE_LOG", "redis"),
            ("REDIS_URL", "redis://localhost"),
            ("KAFKA_BROKERS", "localhost:9092"),
            ("ELITE_LEASE_SECONDS", "0"),
            ("ELITE_REPEAT_WINDOW", "0"),
            ("ELITE_BLOB_URL", "ftp://bucket"),
            ("DATABASE_URL_FILE", "/does/not/exist"),
            ("ELITE_EMBED_MODEL", "/does/not/exist"),
            ("ELITE_EMBED_MODEL", " "),
            ("ELITE_JUDGE_MODEL", " "),
        ] {
            let error = load(&Flags::default(), &sources(&[(name, value)], "", "")).unwrap_err();
            assert!(format!("{error:#}").contains(name), "{name}: {error:#}");
        }
    }

    #[test]
    fn a_model_for_vectors_is_a_directory_the_hubs_or_ollamas() {
        let model = |named: &str| {
            let sources = sources(&[("ELITE_EMBED_MODEL", named), ("HF_HOME", "/cache")], "", "");
            load(&Flags::default(), &sources).unwrap().embed_model.unwrap()
        };
        assert_eq!(model("maker/small:latest"), EmbedModel::Ollama("maker/small:latest".to_owned()));
        let (cache, name) = (PathBuf::from("/cache/hub"), "maker/small".to_owned());
        assert_eq!(model("hub:maker/small"), EmbedModel::Hub { cache, name });
        assert_eq!(model("/"), EmbedModel::Directory(PathBuf::from("/")));
        assert_eq!(load(&Flags::default(), &sources(&[], "", "")).unwrap().embed_model, None);
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

    #[test]
    fn a_shared_log_wants_a_shared_database_and_shared_blobs() {
        let redis = ("REDIS_URL", "redis://localhost");
        let (database, blobs) =
            (("DATABASE_URL", "postgres://localhost"), ("ELITE_BLOB_URL", "file:/mnt/blobs"));
        for (given, missing) in
            [(vec![redis, blobs], "DATABASE_URL"), (vec![redis, database], "ELITE_BLOB_URL")]
        {
            let error = load(&Flags::default(), &sources(&given, "", "")).unwrap_err();
            assert!(error.to_string().contains(missing), "{error}");
        }
        let config = load(&Flags::default(), &sources(&[redis, database, blobs], "", "")).unwrap();
        assert_eq!(config.log, LogBackend::Redis { url: "redis://localhost".to_owned() });
        let embedded =
            load(&Flags::default(), &sources(&[redis, ("ELITE_LOG", "embedded")], "", "")).unwrap();
        assert_eq!(embedded.log, LogBackend::Embedded);
    }
}
