//! Asking the running daemon: where it listens, what it answers, and why it does not.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::chain::Chain;
use crate::cli::{Exit, Global, Terminal, load};
use crate::config::Environment;

/// Answers are made from memory, or from one look into the store; a daemon that takes
/// longer is not well.
const PATIENCE: Duration = Duration::from_secs(10);

/// More than ten thousand organizations need.
const BODY_BYTES_MAX: usize = 64 << 20;

/// Where the daemon is, and what it is shown.
#[derive(Clone, Debug)]
pub(super) struct Daemon {
    url: String,
    token: Option<SecretString>,
}

/// Why the daemon could not be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error("`{url}` is no address")]
    Url { url: String },
    #[error("no daemon answers at {url}")]
    Unreachable { url: String, source: reqwest::Error },
    #[error("{url} answered HTTP {status}")]
    Refused { url: String, status: u16 },
    #[error("{message}")]
    Explained { status: u16, message: String },
    #[error("the answer of {url} is larger than a status can be")]
    TooLarge { url: String },
    #[error("{url} did not answer with a status")]
    Unreadable { url: String, source: serde_json::Error },
}

impl AskError {
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Url { .. } | Self::Explained { status: 400, .. } => Exit::Usage,
            Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::Explained { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable { .. } => Exit::No,
        }
    }

    /// What to do about it; what the daemon explained itself needs nothing more.
    pub(super) const fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::Url { .. } => "write it as http://127.0.0.1:9185",
            Self::Unreachable { .. } => {
                "is the daemon running? `--url` or $USAGEWARDEN_URL name another address"
            }
            Self::Refused { status: 421, .. } => {
                "the daemon does not know itself by this name: use the address in [http] `listen`, or set `external_url`"
            }
            Self::Refused { .. } | Self::TooLarge { .. } | Self::Unreadable { .. } => {
                "is it a usagewarden of this version that listens there?"
            }
            Self::Explained { status: 401, .. } => {
                "give it with --token or $USAGEWARDEN_TOKEN; [http] `tokens` has those that the daemon knows"
            }
            Self::Explained { .. } => return None,
        })
    }

    /// Says it, and what to do about it.
    pub(super) fn tell(&self, terminal: &mut Terminal) -> Exit {
        terminal.error(Chain(self));
        if let Some(advice) = self.advice() {
            terminal.hint(advice);
        }
        self.exit()
    }
}

impl Daemon {
    /// Where the daemon listens: as asked for, else as the configuration says.
    pub(super) fn find(
        global: &Global,
        environment: &Environment,
        terminal: &mut Terminal,
    ) -> Result<Self, Exit> {
        let named = global.url.clone().or_else(|| environment.daemon_url().map(str::to_owned));
        let url = match named {
            Some(url) => url,
            None => format!("http://{}/", load(global, environment, terminal)?.config.http.listen),
        };
        let token = global.token.clone().or_else(|| environment.daemon_token().map(Into::into));
        Ok(Self { token, ..Self::at(&url) })
    }

    /// One that is shown no token.
    pub(super) fn at(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), token: None }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, AskError> {
        let url = self.full(path)?;
        let client = client(&url).map_err(|source| self.unreachable(source))?;
        self.answer(client.get(url)).await
    }

    /// The parts of an answer that are shown.
    pub(super) fn understood<T: DeserializeOwned>(&self, value: &Value) -> Result<T, AskError> {
        let unreadable = |source| AskError::Unreadable { url: self.url.clone(), source };
        T::deserialize(value).map_err(unreadable)
    }

    /// Asks for something that needs a token.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, AskError> {
        let url = self.full(path)?;
        let client = client(&url).map_err(|source| self.unreachable(source))?;
        let request = client.post(url).header("content-type", "application/json");
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        };
        self.answer(request.body(body.to_string())).await
    }

    /// `path` below the daemon's address, which may have parameters.
    fn full(&self, path: &str) -> Result<reqwest::Url, AskError> {
        let wrong = |_| AskError::Url { url: self.url.clone() };
        format!("{}{path}", self.url).parse().map_err(wrong)
    }

    fn unreachable(&self, source: reqwest::Error) -> AskError {
        AskError::Unreachable { url: self.url.clone(), source: source.without_url() }
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value, AskError> {
        let unreachable = |source| self.unreachable(source);
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(AskError::TooLarge { url: self.url.clone() });
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            let unreadable = |source| AskError::Unreadable { url: self.url.clone(), source };
            return serde_json::from_slice(&body).map_err(unreadable);
        }
        Err(self.refused(status.as_u16(), &body))
    }

    /// In the daemon's own words, where it is the daemon that answers.
    fn refused(&self, status: u16, body: &[u8]) -> AskError {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = &value["error"];
        // The simulator, and the Claude API, have a type beside the message.
        match error["message"].as_str().filter(|_| error["type"].is_null()) {
            Some(message) => AskError::Explained { status, message: message.to_owned() },
            None => AskError::Refused { url: self.url.clone(), status },
        }
    }
}

/// Plain HTTP, as on this machine, needs no certificates, and there may be none.
fn client(url: &reqwest::Url) -> reqwest::Result<reqwest::Client> {
    let builder =
        reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    if url.scheme() == "http" {
        builder.no_proxy().tls_certs_only(std::iter::empty()).build()
    } else {
        builder.build()
    }
}
