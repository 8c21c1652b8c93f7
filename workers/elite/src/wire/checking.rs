//! What texts are checked against, and by whom.

use std::time::Duration;

use inference::{Judge, Ollama};
use read_models::query::Trust;
use roles::CheckScope;

use super::OLLAMA_DEFAULT;
use crate::config::Config;

/// How long a model may take for all it says of one text.
const JUDGING_TIME_MAX: Duration = Duration::from_secs(90);

/// The trust of the settings.
pub(crate) fn trust(config: &Config) -> Trust {
    Trust::new(config.trust.iter().map(|trusted| (trusted.source.clone(), trusted.level)))
}

/// The trusted sources and the judge of the settings; none where no source is trusted, so that nothing is checked.
pub(crate) fn check_scope(config: &Config, vectors: Option<&str>) -> Option<CheckScope> {
    let trust = trust(config);
    let judge = config.judge_model.as_ref().map(|model| {
        let url = config.ollama_base_url.as_deref().unwrap_or(OLLAMA_DEFAULT);
        let server = Ollama::new(url, Some(model.clone()), JUDGING_TIME_MAX);
        Judge::new(server, model.clone(), JUDGING_TIME_MAX)
    });
    (!trust.is_empty()).then(|| CheckScope::new(trust, judge, vectors.map(str::to_owned)))
}
