//! What a token lets its bearer do.
//!
//! Invariant: whoever may write may read the same, and whoever is admin may do everything; [`Scopes::allow`] says so once.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// One thing that a token may let its bearer do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub enum Scope {
    #[serde(rename = "notebooks:read")]
    NotebooksRead,
    #[serde(rename = "notebooks:write")]
    NotebooksWrite,
    /// Code and questions run on the server, and cost.
    #[serde(rename = "runs:execute")]
    RunsExecute,
    #[serde(rename = "tasks:read")]
    TasksRead,
    #[serde(rename = "tasks:write")]
    TasksWrite,
    #[serde(rename = "events:read")]
    EventsRead,
    #[serde(rename = "widgets:drive")]
    WidgetsDrive,
    /// Everything: tokens, webhooks, providers, backups too.
    #[serde(rename = "admin")]
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NotebooksRead,
        Self::NotebooksWrite,
        Self::RunsExecute,
        Self::TasksRead,
        Self::TasksWrite,
        Self::EventsRead,
        Self::WidgetsDrive,
        Self::Admin,
    ];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotebooksRead => "notebooks:read",
            Self::NotebooksWrite => "notebooks:write",
            Self::RunsExecute => "runs:execute",
            Self::TasksRead => "tasks:read",
            Self::TasksWrite => "tasks:write",
            Self::EventsRead => "events:read",
            Self::WidgetsDrive => "widgets:drive",
            Self::Admin => "admin",
        }
    }

    /// The scope that holds this one, beside admin.
    fn wider(self) -> Option<Self> {
        match self {
            Self::NotebooksRead => Some(Self::NotebooksWrite),
            Self::TasksRead => Some(Self::TasksWrite),
            _ => None,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = String;

    /// The sentence tells which scopes there are.
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is none of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// What the bearer of a secret may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Those of the server's own token.
    pub fn all() -> Self {
        Self::from_iter([Scope::Admin])
    }

    /// Those of a viewer: everything is read and nothing changed.
    pub fn reading() -> Self {
        Self::from_iter([Scope::NotebooksRead, Scope::TasksRead, Scope::EventsRead])
    }

    /// Whether they let somebody do what needs `scope`.
    pub fn allow(&self, scope: Scope) -> bool {
        let Self(held) = self;
        [Some(scope), scope.wider(), Some(Scope::Admin)].into_iter().flatten().any(|enough| held.contains(&enough))
    }

    /// How many things they let somebody do.
    pub fn reach(&self) -> usize {
        Scope::ALL.into_iter().filter(|scope| self.allow(*scope)).count()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_write_may_read_the_same_and_nothing_else_and_an_admin_everything() {
        let writer = Scopes::from_iter([Scope::TasksWrite]);
        let allowed: Vec<_> = Scope::ALL.into_iter().filter(|scope| writer.allow(*scope)).collect();
        assert_eq!(allowed, [Scope::TasksRead, Scope::TasksWrite]);
        assert!(Scope::ALL.into_iter().all(|scope| Scopes::all().allow(scope)));
        assert!(!Scopes::default().allow(Scope::NotebooksRead));
        assert!(Scopes::all().reach() > Scopes::reading().reach());
    }

    #[test]
    fn a_scope_reads_back_as_it_is_written_in_json_and_on_the_command_line() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        assert!("notebooks".parse::<Scope>().unwrap_err().contains("notebooks:read, notebooks:write"));
    }
}
