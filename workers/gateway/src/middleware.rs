//! What happens around every request, from the outside in.

mod around;
mod headers;
mod leaving;
mod measure;
mod origin;
mod unread;

pub(crate) use around::around;
pub(crate) use headers::secure;
pub(crate) use leaving::close_when_leaving;
pub(crate) use measure::measure;
pub(crate) use origin::refuse_other_origins;
pub(crate) use unread::close_when_unread;
