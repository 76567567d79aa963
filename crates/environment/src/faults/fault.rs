//! What a fault is: its kind, what it is limited to, and when it is to happen.

use std::fmt;

/// The longest name in a scope.
const NAME_LENGTH_MAX: usize = 256;

/// The longest delay: ten minutes.
const MS_MAX: u64 = 600_000;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $ms:ident [$($scope:ident)*];)*) => {
        /// What goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant),*];

            /// Its name, as on the command line.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$variant => $name,)*
                }
            }

            /// The kind of this name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().find(|kind| kind.name() == name).copied()
            }

            /// What it can be limited to, besides an account and a region.
            #[must_use]
            pub fn scopes(self) -> &'static [Scopes] {
                match self {
                    $(Kind::$variant => &[$(Scopes::$scope),*],)*
                }
            }

            /// Whether it takes milliseconds.
            #[must_use]
            pub fn milliseconds(self) -> Milliseconds {
                match self {
                    $(Kind::$variant => Milliseconds::$ms,)*
                }
            }
        }
    };
}

kinds! {
    /// GetRecords, or a mapping, gives a batch again.
    DuplicateBatch "duplicate-batch" No [Operation Table Shard Function Mapping];
    /// The iterator of a GetRecords has expired.
    ExpireIterators "expire-iterators" No [Table Shard];
    /// What a reader would have read next has been trimmed.
    Trim "trim" No [Operation Table Shard Function Mapping];
    /// GetRecords gives no records, though there are some.
    EmptyPage "empty-page" No [Table Shard];
    /// DescribeStream answers what was so before the shards changed last.
    StaleShards "stale-shards" No [Table];
    /// A request is throttled.
    Throttle "throttle" No [Operation Table Shard];
    /// A write fails, and was not done.
    FailWrite "fail-write" No [Operation Table];
    /// A write was done, and its answer says that it failed.
    LoseAnswer "lose-answer" No [Operation Table];
    /// A request is answered later.
    Delay "delay" Needed [Operation Table Shard];
    /// The process of a function is killed in the middle of a call.
    KillFunction "kill-function" Possible [Function Mapping];
    /// A mapping goes on as after a crash between the end of an invocation and its checkpoint.
    CrashAfterInvoke "crash-after-invoke" No [Table Shard Function Mapping];
}

/// Whether a kind takes milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milliseconds {
    /// It does not.
    No,
    /// It may be given some.
    Possible,
    /// It needs some.
    Needed,
}

/// What a fault can be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scopes {
    /// An operation.
    Operation,
    /// A table.
    Table,
    /// A shard.
    Shard,
    /// A function.
    Function,
    /// An event source mapping.
    Mapping,
    /// An account.
    Account,
    /// A region.
    Region,
}

impl Scopes {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Operation,
        Self::Table,
        Self::Shard,
        Self::Function,
        Self::Mapping,
        Self::Account,
        Self::Region,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Table => "table",
            Self::Shard => "shard",
            Self::Function => "function",
            Self::Mapping => "mapping",
            Self::Account => "account",
            Self::Region => "region",
        }
    }
}

/// What a fault is limited to; everything where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The name of an operation.
    pub operation: Option<String>,
    /// The name of a table.
    pub table: Option<String>,
    /// The id of a shard.
    pub shard: Option<String>,
    /// The name of a function.
    pub function: Option<String>,
    /// The UUID of a mapping, or the beginning of it.
    pub mapping: Option<String>,
    /// The account in which it happens.
    pub account: Option<String>,
    /// The region in which it happens.
    pub region: Option<String>,
}

impl Scope {
    /// What it says of one of them.
    #[must_use]
    pub fn get(&self, which: Scopes) -> Option<&str> {
        match which {
            Scopes::Operation => self.operation.as_deref(),
            Scopes::Table => self.table.as_deref(),
            Scopes::Shard => self.shard.as_deref(),
            Scopes::Function => self.function.as_deref(),
            Scopes::Mapping => self.mapping.as_deref(),
            Scopes::Account => self.account.as_deref(),
            Scopes::Region => self.region.as_deref(),
        }
    }

    /// The place in which that is said.
    pub fn get_mut(&mut self, which: Scopes) -> &mut Option<String> {
        match which {
            Scopes::Operation => &mut self.operation,
            Scopes::Table => &mut self.table,
            Scopes::Shard => &mut self.shard,
            Scopes::Function => &mut self.function,
            Scopes::Mapping => &mut self.mapping,
            Scopes::Account => &mut self.account,
            Scopes::Region => &mut self.region,
        }
    }

    /// Whether this place is one of those that are meant. What it is limited to and the place has none of does not match.
    pub(super) fn holds(&self, place: &Place<'_>) -> bool {
        let is =
            |wanted: Option<&str>, found: Option<&str>| wanted.is_none_or(|wanted| found == Some(wanted));
        is(self.operation.as_deref(), place.operation)
            && self.table.as_deref().is_none_or(|table| place.tables.contains(&table))
            && is(self.shard.as_deref(), place.shard)
            && is(self.function.as_deref(), place.function)
            && is(self.account.as_deref(), place.account)
            && is(self.region.as_deref(), place.region)
            && self
                .mapping
                .as_deref()
                .is_none_or(|begin| place.mapping.is_some_and(|id| id.starts_with(begin)))
    }
}

/// Where a fault may happen: what is known there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// The operation that is asked for.
    pub operation: Option<&'a str>,
    /// The tables that it is about.
    pub tables: &'a [&'a str],
    /// The shard.
    pub shard: Option<&'a str>,
    /// The name of the function.
    pub function: Option<&'a str>,
    /// The UUID of the mapping.
    pub mapping: Option<&'a str>,
    /// The account that asks, or whose stream, function or mapping it is.
    pub account: Option<&'a str>,
    /// The region of that.
    pub region: Option<&'a str>,
}

/// When a fault happens; with the default, each time that it can.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct When {
    /// So many times at most.
    pub times: Option<u64>,
    /// Not at the first so many matches.
    pub after: u64,
    /// With this chance, above 0 and at most 1.
    pub probability: Option<f64>,
    /// What chance follows from.
    pub seed: u64,
    /// For so long, in service time.
    pub for_ms: Option<u64>,
}

/// A fault that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// The milliseconds of a kind that takes some.
    pub ms: u64,
    /// What it is limited to.
    pub scope: Scope,
    /// When it happens.
    pub when: When,
}

/// Why a fault makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFault(String);

impl fmt::Display for InvalidFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidFault {}

impl Fault {
    /// One of this kind, everywhere and always.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self { kind, ms: 0, scope: Scope::default(), when: When::default() }
    }

    /// Refuses what could never happen, so that nobody waits for it.
    ///
    /// # Errors
    /// When it makes no sense; the text says why.
    pub fn check(&self) -> Result<(), InvalidFault> {
        let refused = |text: String| Err(InvalidFault(text));
        let name = self.kind.name();
        for which in Scopes::ALL {
            let Some(text) = self.scope.get(which) else { continue };
            let is_anywhere = matches!(which, Scopes::Account | Scopes::Region);
            if !is_anywhere && !self.kind.scopes().contains(&which) {
                let possible: Vec<&str> = self.kind.scopes().iter().map(|scope| scope.name()).collect();
                let (which, possible) = (which.name(), possible.join(", "));
                return refused(format!("{name} cannot be limited to a {which}, but to: {possible}"));
            }
            if text.is_empty() || text.len() > NAME_LENGTH_MAX {
                return refused(format!("{} must have 1 to {NAME_LENGTH_MAX} bytes", which.name()));
            }
        }
        let of_mapping = self.scope.function.is_some() || self.scope.mapping.is_some();
        if of_mapping && self.scope.operation.is_some() {
            return refused(
                "an operation is a client's, and no function's or mapping's: say one of them".into(),
            );
        }
        match (self.kind.milliseconds(), self.ms) {
            (Milliseconds::No, 1..) => return refused(format!("{name} takes no milliseconds")),
            (Milliseconds::Needed, 0) => return refused(format!("{name} needs milliseconds")),
            (_, ms) if ms > MS_MAX => return refused(format!("at most {MS_MAX} milliseconds")),
            _ => {}
        }
        if self.when.times == Some(0) || self.when.for_ms == Some(0) {
            return refused("it would never happen".into());
        }
        if self.when.probability.is_some_and(|chance| !(chance > 0.0 && chance <= 1.0)) {
            return refused("the probability must be above 0 and at most 1".into());
        }
        if self.when.seed != 0 && self.when.probability.is_none() {
            return refused("a seed is of a probability: say both".into());
        }
        Ok(())
    }
}
