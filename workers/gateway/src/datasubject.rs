//! Whose data something is: the name a caller gives, the key behind it, and what is said once that key is gone.

use axum::http::HeaderMap;
use event_model::SubjectKey;
use read_models::query::subject_of;
use uuid::Uuid;

use crate::{
    extract::header_text,
    problem::{Answer, Problem, ProblemKind},
    state::App,
};

const BYTES_MAX: usize = 200;

/// The name of a data subject, if it can be one. It stands in the open beside what is sealed, so it should be an opaque id.
pub(crate) fn checked(name: &str) -> Answer<String> {
    if name.trim().is_empty() || name.len() > BYTES_MAX || name.chars().any(char::is_control) {
        let detail = format!("`datasubject` must have 1 to {BYTES_MAX} bytes and no control characters");
        return Err(Problem::malformed(detail).with("field", "datasubject"));
    }
    Ok(name.to_owned())
}

/// The data subject in the header `X-Data-Subject`.
pub(crate) fn in_headers(headers: &HeaderMap) -> Answer<Option<String>> {
    header_text(headers, "x-data-subject")?.map(checked).transpose()
}

impl App {
    /// The key of a data subject, made if there is none.
    pub(crate) async fn subject_key(&self, subject: &str) -> Answer<SubjectKey> {
        let key = self.keyring.create(&self.tenant, subject).await?;
        key.ok_or_else(|| {
            let detail = format!("data subject `{subject}` was erased; nothing is stored for it");
            Problem::new(ProblemKind::SubjectErased, detail)
        })
    }

    /// The key that opens what belongs to `subject`; none for what belongs to nobody.
    pub(crate) async fn opening_key(&self, subject: Option<&str>) -> Answer<Option<SubjectKey>> {
        let Some(subject) = subject else { return Ok(None) };
        let key = self.keyring.get(&self.tenant, subject).await?;
        key.map(Some).ok_or_else(|| erased("its bytes"))
    }

    /// Whether `id`, which is not there, was there and belonged to somebody who is erased; says so if it did.
    pub(crate) async fn refuse_erased(&self, what: &str, id: Uuid) -> Answer<()> {
        let client = self.store.client().await?;
        let subject = subject_of(&client, &self.tenant.0, id).await?;
        drop(client);
        let Some(subject) = subject else { return Ok(()) };
        match self.keyring.get(&self.tenant, &subject).await? {
            Some(_) => Ok(()),
            None => Err(erased(&format!("the {what} `{id}`"))),
        }
    }
}

/// What is said of something that was a person's.
pub(crate) fn erased(what: &str) -> Problem {
    let detail = format!("{what} belonged to a data subject who was erased; nobody can read it any more");
    Problem::new(ProblemKind::Erased, detail)
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn a_data_subject_is_an_opaque_id_of_bounded_length() {
        assert_eq!(checked("customer-17").unwrap(), "customer-17");
        for wrong in ["", " ", "a\nb", &"x".repeat(201)] {
            assert!(checked(wrong).is_err(), "{wrong:?}");
        }
    }
}
