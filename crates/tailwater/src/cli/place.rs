//! Where a table is: what the command line says, or else the environment, as AWS's own tools read it.

use super::keys::Keys;
use anyhow::{Context, bail};
use clap::Args;
use hyper::Uri;
use hyper::http::uri::Authority;
use std::path::PathBuf;

/// Where the server is, and where on it. Helps show these flags behind those of the verb.
#[derive(Args, Clone, Debug)]
pub(crate) struct Where {
    /// Where the server is. [default: AWS_ENDPOINT_URL, or http://localhost:4566]
    #[arg(long, global = true, value_name = "URL", display_order = 900)]
    endpoint: Option<Uri>,
    /// The region that the table is in. [default: that of an endpoint of AWS, AWS_REGION, AWS_DEFAULT_REGION, or us-east-1]
    #[arg(long, global = true, value_name = "NAME", display_order = 901)]
    region: Option<String>,
    /// The account that the table is in. [default: AWS_ACCESS_KEY_ID where that is 12 digits, or 000000000000]
    #[arg(long, global = true, value_name = "DIGITS", display_order = 902)]
    account: Option<String>,
}

/// Where a table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) endpoint: Uri,
    pub(crate) region: String,
    pub(crate) account: String,
    /// What requests are signed with; without them, nobody verifies who signed.
    pub(crate) keys: Option<Keys>,
    /// The file of the authorities that are trusted instead of the machine's, where the server speaks TLS.
    pub(crate) authorities: Option<PathBuf>,
}

impl Where {
    /// The account, if the command line names one.
    pub(crate) fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The region, if the command line names one.
    pub(crate) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// A table made with AWS's tools is looked for where they made it. An empty variable is as none.
    pub(crate) fn resolve(&self, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Place> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let endpoint = match (&self.endpoint, set("AWS_ENDPOINT_URL")) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Some(text)) => text.parse().with_context(|| format!("AWS_ENDPOINT_URL is {text}"))?,
            (None, None) => Uri::from_static("http://localhost:4566"),
        };
        let of_host = endpoint.host().and_then(of_aws).map(|host| host.region.to_owned());
        let region = self.region.clone().or(of_host);
        let region = region.or_else(|| set("AWS_REGION")).or_else(|| set("AWS_DEFAULT_REGION"));
        let is_account = |key: &String| key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
        let account = self.account.clone().or_else(|| set("AWS_ACCESS_KEY_ID").filter(is_account));
        // Where an account is named, it is what the server reads out of the access key.
        let keys = if self.account.is_some() { None } else { Keys::of(set) };
        Ok(Place {
            endpoint,
            region: region.unwrap_or_else(|| "us-east-1".to_owned()),
            account: account.unwrap_or_else(|| "000000000000".to_owned()),
            keys,
            authorities: set("AWS_CA_BUNDLE").map(PathBuf::from),
        })
    }
}

/// How the names of AWS's hosts end.
const HOSTS_OF_AWS: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];

/// A host of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HostOfAws<'a> {
    region: &'a str,
    /// From the region on, which is the same for all services.
    rest: &'a str,
}

/// The parts of a host `SERVICE.REGION.amazonaws.com`, where it is one.
fn of_aws(host: &str) -> Option<HostOfAws<'_>> {
    let end = HOSTS_OF_AWS.iter().find(|end| host.ends_with(**end))?;
    let before = host.strip_suffix(end)?;
    let region = before.rsplit('.').next().unwrap_or(before);
    Some(HostOfAws { region, rest: &host[before.len() - region.len()..] })
}

impl Place {
    /// Host and port of the server.
    pub(crate) fn authority(&self) -> anyhow::Result<&Authority> {
        let endpoint = &self.endpoint;
        match endpoint.authority().filter(|_| matches!(endpoint.scheme_str(), Some("http" | "https"))) {
            Some(authority) => Ok(authority),
            None => bail!("{endpoint} is not a URL of a server: write http://HOST:PORT, or https://HOST"),
        }
    }

    /// Whether the server is spoken to by TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.endpoint.scheme_str() == Some("https")
    }

    /// Whether that is AWS, which is asked less often.
    pub(crate) fn is_aws(&self) -> bool {
        self.endpoint.host().is_some_and(|host| of_aws(host).is_some())
    }

    /// Where another service of the same provider is: AWS has each at a host of its own.
    pub(crate) fn at(&self, service: &str) -> anyhow::Result<Self> {
        let endpoint = match self.endpoint.host().and_then(of_aws) {
            Some(HostOfAws { rest, .. }) => {
                let scheme = if self.is_secure() { "https" } else { "http" };
                format!("{scheme}://{service}.{rest}").parse()?
            }
            None => self.endpoint.clone(),
        };
        Ok(Self { endpoint, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        place: Where,
    }

    fn place(arguments: &[&str], variables: &[(&str, &str)]) -> (String, String, String) {
        let line = ["tailwater"].iter().chain(arguments);
        let place = <Arguments as clap::Parser>::try_parse_from(line).unwrap().place;
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let place = place.resolve(variable).unwrap();
        (place.endpoint.to_string(), place.region, place.account)
    }

    #[test]
    fn a_table_is_looked_for_where_the_tools_of_aws_would() {
        let told = |endpoint: &str, region: &str, account: &str| {
            (endpoint.to_owned(), region.to_owned(), account.to_owned())
        };
        let (home, zeros) = ("http://localhost:4566/", "000000000000");
        assert_eq!(place(&[], &[]), told(home, "us-east-1", zeros));
        let empty = ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID"].map(|name| (name, ""));
        assert_eq!(place(&[], &empty), told(home, "us-east-1", zeros));
        let default = ("AWS_DEFAULT_REGION", "eu-west-1");
        assert_eq!(place(&[], &[default]), told(home, "eu-west-1", zeros));
        let set = [
            default,
            ("AWS_REGION", "eu-west-2"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:8000"),
            ("AWS_ACCESS_KEY_ID", "123456789012"),
        ];
        assert_eq!(place(&[], &set), told("http://127.0.0.1:8000/", "eu-west-2", "123456789012"));
        let said = ["--endpoint", "http://[::1]:1", "--region", "x", "--account", "2"];
        assert_eq!(place(&said, &set), told("http://[::1]:1/", "x", "2"));
        assert_eq!(place(&[], &[("AWS_ACCESS_KEY_ID", "local")]).2, zeros);
    }

    #[test]
    fn aws_has_each_service_at_a_host_of_its_own() {
        for (endpoint, streams) in [
            ("http://localhost:4566", "http://localhost:4566/"),
            ("https://dynamodb.eu-west-1.amazonaws.com", "https://streams.dynamodb.eu-west-1.amazonaws.com/"),
            (
                "https://lambda.cn-north-1.amazonaws.com.cn",
                "https://streams.dynamodb.cn-north-1.amazonaws.com.cn/",
            ),
            ("http://dynamodb.localhost:1", "http://dynamodb.localhost:1/"),
        ] {
            let endpoint: Uri = endpoint.parse().unwrap();
            let (region, account) = ("r".to_owned(), "a".to_owned());
            let place = Place { endpoint, region, account, keys: None, authorities: None };
            assert_eq!(place.at("streams.dynamodb").unwrap().endpoint.to_string(), streams);
        }
    }

    #[test]
    fn a_host_of_aws_names_its_region() {
        let aws = ["--endpoint", "https://dynamodb.eu-west-1.amazonaws.com"];
        assert_eq!(place(&aws, &[("AWS_REGION", "us-west-2")]).1, "eu-west-1");
        assert_eq!(place(&[&aws[..], &["--region", "x"]].concat(), &[]).1, "x");
    }
}
