//! Every kind of problem there is: its status, its name, and what to do about it.

use axum::http::StatusCode;

macro_rules! kinds {
    ($($(#[$about:meta])* $kind:ident $status:ident $slug:literal $title:literal $advice:literal),+ $(,)?) => {
        /// What went wrong, as a class.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum ProblemKind {
            $($(#[$about])* $kind,)+
        }

        impl ProblemKind {
            /// All of them.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// The HTTP status it is answered with.
            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)+ }
            }

            /// The last part of its type's address.
            pub(crate) fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug,)+ }
            }

            /// Its name, the same for every occurrence.
            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)+ }
            }

            /// What the caller can do.
            pub(crate) fn advice(self) -> &'static str {
                match self { $(Self::$kind => $advice,)+ }
            }
        }
    };
}

kinds! {
    /// Input that cannot be understood.
    Malformed BAD_REQUEST "malformed" "The request is malformed"
        "Read `detail`: it names the part that is wrong and what to send instead.",
    /// An upload without bytes.
    Empty BAD_REQUEST "empty" "The upload is empty"
        "Send a file that holds at least one byte.",
    /// A page of another origin tried to change something.
    CrossOrigin FORBIDDEN "cross-origin" "The request comes from another origin"
        "Call the gateway from its own page or from a program, not from a page of another site.",
    /// Nothing there.
    NotFound NOT_FOUND "not-found" "There is no such thing"
        "Check the id or the path; `/openapi.json` lists every path.",
    /// The path is known, the method is not.
    MethodNotAllowed METHOD_NOT_ALLOWED "method-not-allowed" "The path does not take this method"
        "The `Allow` header lists the methods of this path.",
    /// Nothing that the caller accepts can be made.
    NotAcceptable NOT_ACCEPTABLE "not-acceptable" "No acceptable form exists"
        "Read `detail` for the forms there are.",
    /// The same key is being answered.
    InFlight CONFLICT "in-flight" "The same call is being answered"
        "Wait as long as `Retry-After` says and repeat the call with the same key.",
    /// The person's key was destroyed.
    SubjectErased CONFLICT "subject-erased" "The data subject was erased"
        "Nothing more can be stored for this data subject.",
    /// What was there was a person's, whose key was destroyed, or was made of it.
    Erased GONE "erased" "The data subject was erased"
        "It is gone for ever; what was built from it can be built again without it.",
    /// It is not there yet, or not any more, in this state.
    NotReady CONFLICT "not-ready" "It is not ready"
        "Look at its `status` and repeat the call when it has changed.",
    /// Too many bytes.
    TooLarge PAYLOAD_TOO_LARGE "too-large" "The body is too large"
        "Send less at once, or raise ELITE_BODY_BYTES_MAX.",
    /// A media type nobody here reads.
    UnknownType UNSUPPORTED_MEDIA_TYPE "unknown-type" "The media type is not supported"
        "Read `detail` for the media types that are taken.",
    /// A key for something else.
    KeyReused UNPROCESSABLE_ENTITY "key-reused" "The key belongs to another payload"
        "Use a new idempotency key or event id for a new payload.",
    /// A fault of ours.
    Internal INTERNAL_SERVER_ERROR "internal" "The gateway failed"
        "Report it with the `X-Request-Id` of the answer; repeating the call is safe with the same key.",
    /// The log takes nothing now.
    LogUnavailable SERVICE_UNAVAILABLE "log-unavailable" "The log cannot be written"
        "Repeat the call after `Retry-After` seconds; nothing was lost that had been acknowledged.",
    /// The database or the blob store does not answer now.
    StoreUnavailable SERVICE_UNAVAILABLE "store-unavailable" "A store does not answer"
        "Repeat the call after `Retry-After` seconds.",
    /// Starting, stopping, or halted.
    NotServing SERVICE_UNAVAILABLE "not-serving" "The gateway is not ready"
        "Look at `reasons`.",
}
