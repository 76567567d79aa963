//! The pseudo parameters.

use crate::Value;

/// What the pseudo parameters of a stack are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pseudo {
    /// `AWS::AccountId`.
    pub account: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::StackId`.
    pub stack_id: String,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::NotificationARNs`.
    pub notification_arns: Vec<String>,
}

impl Pseudo {
    /// What stands for nothing.
    pub const NO_VALUE: &'static str = "AWS::NoValue";

    const NAMES: [&'static str; 8] = [
        "AWS::AccountId",
        "AWS::NotificationARNs",
        Self::NO_VALUE,
        "AWS::Partition",
        "AWS::Region",
        "AWS::StackId",
        "AWS::StackName",
        "AWS::URLSuffix",
    ];

    /// Whether a name is a pseudo parameter's.
    #[must_use]
    pub fn is_one(name: &str) -> bool {
        Self::NAMES.contains(&name)
    }

    /// The value of a pseudo parameter; none for other names, and for `AWS::NoValue`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value> {
        Some(Value::string(match name {
            "AWS::AccountId" => &self.account,
            "AWS::Region" => &self.region,
            "AWS::StackId" => &self.stack_id,
            "AWS::StackName" => &self.stack_name,
            "AWS::Partition" if self.region.starts_with("cn-") => "aws-cn",
            "AWS::Partition" if self.region.starts_with("us-gov-") => "aws-us-gov",
            "AWS::Partition" => "aws",
            "AWS::URLSuffix" if self.region.starts_with("cn-") => "amazonaws.com.cn",
            "AWS::URLSuffix" => "amazonaws.com",
            "AWS::NotificationARNs" => {
                return Some(Value::List(self.notification_arns.iter().map(Value::string).collect()));
            }
            _ => return None,
        }))
    }
}
