//! AssumeRole and GetSessionToken.

use super::{Identity, answer};
use crate::query::{Failure, check_length, integer, required};
use wire::query::{Answer, Members};

/// How long the credentials of a role live, usually and at most, and those of a session.
const ROLE_SECONDS: (u64, u64) = (3_600, 43_200);
const SESSION_SECONDS: (u64, u64) = (43_200, 129_600);

/// The shortest time that credentials live.
const SECONDS_MIN: u64 = 900;

/// How long an ARN is, and the name of a session.
const ARN_LENGTHS: (usize, usize) = (20, 2_048);
const NAME_LENGTHS: (usize, usize) = (2, 64);

/// What a session's name may be, as AWS tells it.
const NAME_PATTERN: &str = "Member must satisfy regular expression pattern: [\\w+=,.@-]*";

impl Identity {
    /// Every role can be assumed: nobody's rights are checked here.
    pub(super) fn assume_role(&self, members: &Members) -> Result<Answer, Failure> {
        let arn = required(members, "RoleArn")?;
        let session = required(members, "RoleSessionName")?;
        check_length("RoleArn", arn, ARN_LENGTHS)?;
        check_length("RoleSessionName", session, NAME_LENGTHS)?;
        let allowed = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
        if !session.chars().all(allowed) {
            return Err(Failure::constraint(Some(session), "roleSessionName", NAME_PATTERN));
        }
        let (account, role) =
            read(arn).ok_or_else(|| Failure::new("ValidationError", format!("{arn} is invalid")))?;
        let seconds = duration_seconds(members, ROLE_SECONDS)?;
        self.may_give_credentials()?;
        let mut answer = answer("AssumeRole");
        answer.open("AssumedRoleUser").element("AssumedRoleId", format!("AROA{account}0000:{session}"));
        answer.element("Arn", format!("arn:aws:sts::{account}:assumed-role/{role}/{session}")).close();
        self.write_credentials(&mut answer, account, seconds);
        Ok(answer)
    }

    /// Credentials for the account that asks.
    pub(super) fn session_token(&self, account: &str, members: &Members) -> Result<Answer, Failure> {
        let seconds = duration_seconds(members, SESSION_SECONDS)?;
        self.may_give_credentials()?;
        let mut answer = answer("GetSessionToken");
        self.write_credentials(&mut answer, account, seconds);
        Ok(answer)
    }
}

/// How long credentials shall live, in seconds.
fn duration_seconds(members: &Members, (usual, longest): (u64, u64)) -> Result<u64, Failure> {
    Ok(integer(members, "DurationSeconds", (SECONDS_MIN, longest))?.unwrap_or(usual))
}

/// The account and the name, without its path, in the ARN of a role.
fn read(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let is_role = parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("");
    let account = parts.next()?;
    let name = parts.next()?.strip_prefix("role/")?.rsplit('/').next()?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_role && is_account && !name.is_empty()).then_some((account, name))
}
