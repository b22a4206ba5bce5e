//! `coscribe token …` and `coscribe audit`.

use clap::{Args, Subcommand};

use super::{
    client::{CliError, Client},
    output::{Output, moment, printable, table},
};
use crate::{
    ids::TokenId,
    vocabulary::Scope,
    wire::tokens::{AuditList, CreateToken, CreatedToken, TokenBody, TokenList},
};

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make a token for a program, an agent or a person; prints its secret, once
    Create {
        /// Who acts with it, as others will see it.
        name: String,
        /// What it lets its bearer do; several separated by commas or given one by one.
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
        scopes: Vec<Scope>,
        /// How long it is good: 12h, 30d [default: until it is revoked].
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        expires: Option<u64>,
    },
    /// List all tokens, newest first
    List,
    /// Refuse a token from now on, everywhere
    Revoke {
        /// Its id, as `list` shows it.
        id: TokenId,
    },
}

impl Action {
    /// Does it.
    pub fn run(self, client: &Client, output: Output) -> Result<(), CliError> {
        match self {
            Self::Create { name, scopes, expires: expires_in } => {
                let created: CreatedToken = client.post("/api/tokens", &CreateToken { name, scopes, expires_in })?;
                output.print(&created, created_token)
            }
            Self::List => output.print(&client.get::<TokenList>("/api/tokens")?, list),
            Self::Revoke { id } => {
                client.delete(&format!("/api/tokens/{id}"))?;
                output.print(&serde_json::json!({ "revoked": id }), |_| format!("✓ Token {id} is refused from now on"))
            }
        }
    }
}

/// A length of time in seconds: a number with s, m, h, d or w.
fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no length of time; write it as in 12h, 30d or 8w");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let each = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        'w' => 7 * 24 * 3600,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    count.checked_mul(each).ok_or_else(wrong)
}

fn created_token(created: &CreatedToken) -> String {
    let CreatedToken { token, secret } = created;
    let until = token.expires_at.map(|at| format!(", good until {} UTC", moment(at))).unwrap_or_default();
    let name = printable(&token.name, false);
    format!(
        "✓ Token created: {} · {name} ({}){until}\n  {secret}\n  Keep it: it is shown only now.",
        token.id,
        scopes(token)
    )
}

fn scopes(token: &TokenBody) -> String {
    token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",")
}

fn list(list: &TokenList) -> String {
    let head = ["ID", "CREATED (UTC)", "LAST USED", "EXPIRES", "SCOPES", "NAME"].map(str::to_owned).to_vec();
    let rows = list.tokens.iter().map(|token| {
        let or = |at: Option<i64>, never: &str| at.map_or_else(|| never.to_owned(), moment);
        let (used, expires) = (or(token.last_used, "never"), or(token.expires_at, "never"));
        let name = printable(&token.name, false);
        vec![token.id.to_string(), moment(token.created_at), used, expires, scopes(token), name]
    });
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

/// What to show of the audit log.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// How many at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

impl AuditArgs {
    /// Shows it.
    pub fn run(&self, client: &Client, output: Output) -> Result<(), CliError> {
        output.print(&client.get::<AuditList>(&format!("/api/audit?limit={}", self.limit))?, deeds)
    }
}

fn deeds(list: &AuditList) -> String {
    let head = ["WHEN (UTC)", "WHO", "FROM", "STATUS", "WHAT"].map(str::to_owned).to_vec();
    let rows = list.entries.iter().map(|entry| {
        let (who, what) = (printable(&entry.actor.name, false), printable(&entry.action, false));
        vec![moment(entry.at), who, printable(&entry.address, false), entry.status.to_string(), what]
    });
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_a_number_with_its_unit() {
        for (text, expected) in [("30d", 2_592_000), ("12h", 43_200), ("90m", 5_400), ("1w", 604_800), ("5s", 5)] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for wrong in ["", "30", "d", "-1d", "1y", "1.5h", "99999999999999999999d", "18446744073709551615w"] {
            assert!(seconds(wrong).unwrap_err().contains("30d"), "{wrong}");
        }
    }
}
