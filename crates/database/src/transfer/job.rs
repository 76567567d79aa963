//! What exports and imports have in common, and all of a kind.

use super::arn;
pub(super) use super::arn::id as arn_id;
use crate::caller::Caller;
use crate::descriptor::TableDescriptor;
use crate::objects::ObjectError;
use environment::Random;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use wire::ApiError;

/// How long a client token stands for the request that it came with first.
const TOKEN_LIFETIME_MS: u64 = 8 * 60 * 60 * 1000;

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    InProgress,
    Completed,
    Failed,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

/// Why one failed, or what is wrong with one that did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    pub(super) fn interrupted() -> Self {
        Self::new("InternalServerError", "The server was stopped while this was under way")
    }
}

impl From<ObjectError> for Failure {
    fn from(error: ObjectError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::new(error.code().name(), error.message().unwrap_or("the server failed"))
    }
}

/// An export or an import, as far as they are the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) arn: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) table_arn: String,
    pub(crate) table_uuid: String,
    pub(crate) status: Status,
    pub(crate) started_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// The hash of the request without its token.
    pub(crate) fingerprint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Failure>,
}

impl Job {
    /// A new one, which begins now.
    pub(crate) fn begin(
        kind: &str,
        table: &TableDescriptor,
        asked: Asked,
        now_ms: u64,
        random: &Random,
    ) -> Job {
        let table_arn = table.arn();
        Job {
            arn: arn::make(&table_arn, kind, now_ms, random),
            account: table.account.clone(),
            region: table.region.clone(),
            table_arn,
            table_uuid: table.uuid.clone(),
            status: Status::InProgress,
            started_ms: now_ms,
            ended_ms: None,
            token: asked.token,
            fingerprint: asked.fingerprint,
            failure: None,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.status == Status::InProgress
    }

    /// The same, ended well.
    pub(crate) fn completed(&self, now_ms: u64) -> Job {
        Job { status: Status::Completed, ended_ms: Some(now_ms), ..self.clone() }
    }

    /// The same, failed.
    pub(crate) fn failed(&self, failure: &Failure, now_ms: u64) -> Job {
        Job { status: Status::Failed, ended_ms: Some(now_ms), failure: Some(failure.clone()), ..self.clone() }
    }
}

/// What of a request tells whether it is the same as another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) token: Option<String>,
    pub(crate) fingerprint: String,
}

impl Asked {
    /// Of a request that was decoded already.
    pub(crate) fn of(body: &[u8], token: Option<&str>, hasher: crate::keys::Hasher) -> Asked {
        let mut request: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        if let Some(members) = request.as_object_mut() {
            members.remove("ClientToken");
        }
        // Members are in order of name, so that their order in the request does not count.
        let fingerprint = format!("{:032x}", hasher.hash(request.to_string().as_bytes()));
        Asked { token: token.map(str::to_owned), fingerprint }
    }
}

/// An export or an import.
pub(crate) trait Transfer {
    /// What it has in common with the others.
    fn job(&self) -> &Job;
}

/// All exports, or all imports, by ARN.
#[derive(Debug)]
pub(crate) struct Jobs<T> {
    /// Whether all accounts and regions see the same ones.
    shared: bool,
    all: RwLock<BTreeMap<String, Arc<T>>>,
}

impl<T: Transfer> Jobs<T> {
    pub(crate) fn new(shared: bool) -> Self {
        Self { shared, all: RwLock::default() }
    }

    /// Puts one in, in the place of what was known of it.
    pub(crate) fn install(&self, one: T) -> Arc<T> {
        let one = Arc::new(one);
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(one.job().arn.clone(), Arc::clone(&one));
        one
    }

    /// Takes one out.
    pub(crate) fn remove(&self, arn: &str) {
        self.all.write().unwrap_or_else(PoisonError::into_inner).remove(arn);
    }

    /// All of everybody.
    pub(crate) fn all(&self) -> Vec<Arc<T>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The caller's one of this ARN.
    pub(crate) fn get(&self, caller: &Caller, arn: &str) -> Option<Arc<T>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.get(arn).filter(|one| self.sees(caller, one)).cloned()
    }

    /// The caller's, the oldest first.
    pub(crate) fn of(&self, caller: &Caller) -> Vec<Arc<T>> {
        let mut seen: Vec<_> = self.all().into_iter().filter(|one| self.sees(caller, one)).collect();
        seen.sort_by(|one, other| place(one).cmp(&place(other)));
        seen
    }

    /// How many of the caller's are under way.
    pub(crate) fn running(&self, caller: &Caller) -> usize {
        self.of(caller).iter().filter(|one| one.job().is_running()).count()
    }

    /// The one that was asked for with the same token; whether by the same request, is for the caller to see.
    pub(crate) fn of_token(&self, caller: &Caller, asked: &Asked, now_ms: u64) -> Option<Arc<T>> {
        let token = asked.token.as_deref()?;
        let is_meant = |one: &Arc<T>| {
            let job = one.job();
            let over_ms = job.ended_ms.unwrap_or(now_ms).saturating_add(TOKEN_LIFETIME_MS);
            job.token.as_deref() == Some(token) && now_ms < over_ms
        };
        self.of(caller).into_iter().rev().find(is_meant)
    }

    fn sees(&self, caller: &Caller, one: &Arc<T>) -> bool {
        let job = one.job();
        self.shared || (caller.account == job.account && caller.region == job.region)
    }
}

/// Its place among the others: by time, then by what tells those of one millisecond apart.
fn place<T: Transfer>(one: &Arc<T>) -> (&str, &str) {
    let arn = &one.job().arn;
    (arn::id(arn), arn)
}

/// The most that are answered at once where nobody says how many.
const PAGE: usize = 25;

/// A page of those of a table, or of all, and the token of the next page.
///
/// # Errors
/// When the token is none that was answered.
pub(crate) fn page<T: Transfer>(
    mut all: Vec<Arc<T>>,
    table_arn: Option<&str>,
    limit: Option<i32>,
    token: Option<&str>,
) -> Result<(Vec<Arc<T>>, Option<String>), ApiError> {
    let start = token.map(|token| of_token(token).ok_or_else(|| ApiError::validation("Invalid NextToken")));
    let start = start.transpose()?;
    all.retain(|one| {
        let is_after = start.as_deref().is_none_or(|start| place(one) > (arn::id(start), start));
        is_after && table_arn.is_none_or(|table| arn::table(&one.job().arn) == table)
    });
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE);
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(|last| to_token(&last.job().arn));
    Ok((all, next))
}

/// The token of the page after this ARN: hexadecimal digits, a multiple of 16, at least 112, as the model says.
fn to_token(arn: &str) -> String {
    let mut bytes = arn.as_bytes().to_vec();
    bytes.resize(bytes.len().next_multiple_of(8).max(56), 0);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn of_token(token: &str) -> Option<String> {
    if !token.len().is_multiple_of(16) || !token.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = token.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    let bytes = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>()?;
    let arn = String::from_utf8(bytes).ok()?.trim_end_matches('\0').to_owned();
    arn.starts_with("arn:").then_some(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_form_of_the_model_and_come_back() {
        for table in ["dogs", &"d".repeat(255)] {
            let arn = format!(
                "arn:aws:dynamodb:us-east-1:123456789012:table/{table}/import/01600000000000-0123abcd"
            );
            let token = to_token(&arn);
            assert!((112..=1024).contains(&token.len()) && token.len().is_multiple_of(16), "{token}");
            assert_eq!(of_token(&token), Some(arn));
        }
        for wrong in ["", "0123", "zz".repeat(56).as_str(), "ff".repeat(56).as_str(), "ä".repeat(8).as_str()]
        {
            assert_eq!(of_token(wrong), None, "{wrong}");
        }
    }
}
