//! Who did something, as the activity log of each API tells it.

use serde_json::{Value, json};

/// A person in the Console, or whoever holds a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Actor {
    pub(crate) kind: ActorKind,
    pub(crate) id: String,
    /// Of the person, or of the one who answers for the key.
    pub(crate) email: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActorKind {
    Person,
    AdminKey,
    Key,
}

impl Actor {
    /// In the words of the Admin API, where only a person has an address.
    pub(crate) fn admin(&self) -> Value {
        match self.kind {
            ActorKind::Person => json!({
                "type": "user_actor", "user_id": self.id, "email_address": self.email,
                "ip_address": "192.0.2.10", "user_agent": "ExampleBrowser/1.0",
            }),
            ActorKind::AdminKey => {
                json!({ "type": "admin_api_key_actor", "admin_api_key_id": self.id })
            }
            ActorKind::Key => json!({ "type": "api_actor", "api_key_id": self.id }),
        }
    }

    pub(crate) fn company(&self) -> Value {
        json!({ "email": self.email })
    }

    /// Whether it is the person of this id; keys have none.
    pub(crate) fn is_person(&self, id: &str) -> bool {
        self.kind == ActorKind::Person && self.id == id
    }
}
