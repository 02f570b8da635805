//! The body of a request, read strictly: JSON of the shape asked for and nothing beside it.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::refusal::Refusal;

/// What was sent.
#[derive(Debug)]
pub(crate) struct Sent<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Refusal::invalid("The body could not be read"))?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| Refusal::invalid(format!("The body is not as expected: {error}")))
    }
}
