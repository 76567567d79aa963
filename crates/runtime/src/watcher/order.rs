//! What the server tells a watcher, and what a watcher tells the server.

use rustix::process::WaitStatus;
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Bytes of an order at most: variables have 4 KiB, the rest are paths.
pub(super) const BYTES_MAX: u64 = 1 << 20;

/// What to start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    /// The program, by its full path.
    pub(crate) program: OsString,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Its whole environment.
    pub(crate) variables: Vec<(OsString, OsString)>,
    /// Where it starts.
    pub(crate) directory: PathBuf,
    /// How much memory it may have for data.
    pub(crate) data_bytes_max: Option<u64>,
    /// The control group that it is started in.
    pub(crate) cgroup: Option<PathBuf>,
}

impl Order {
    /// As it is sent: texts behind their lengths, how many at the start.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let limit = self.data_bytes_max.map_or(String::new(), |bytes| bytes.to_string());
        let count = self.arguments.len().to_string();
        let cgroup = self.cgroup.as_deref().unwrap_or(Path::new("")).as_os_str();
        let mut texts = vec![self.directory.as_os_str().as_bytes(), limit.as_bytes(), cgroup.as_bytes()];
        texts.push(count.as_bytes());
        texts.push(self.program.as_bytes());
        texts.extend(self.arguments.iter().map(|text| text.as_bytes()));
        texts.extend(self.variables.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]));
        let mut bytes = (texts.len() as u64).to_le_bytes().to_vec();
        for text in texts {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text);
        }
        bytes
    }

    /// Reads an order; the reader bounds its size.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Self> {
        let broken = || io::Error::new(io::ErrorKind::InvalidData, "this is no order to start a process");
        let count = number(from)?;
        let mut texts = Vec::new();
        for _ in 0..count {
            let length = number(from)?;
            let mut text = Vec::new();
            let read = from.take(length).read_to_end(&mut text)?;
            if read as u64 != length {
                return Err(broken());
            }
            texts.push(OsString::from_vec(text));
        }
        let mut texts = texts.into_iter();
        let mut next = || texts.next().ok_or_else(broken);
        let directory = PathBuf::from(next()?);
        let data_bytes_max = next()?.to_str().and_then(|text| text.parse().ok());
        let cgroup = Some(PathBuf::from(next()?)).filter(|path| !path.as_os_str().is_empty());
        let arguments: usize = next()?.to_str().and_then(|text| text.parse().ok()).ok_or_else(broken)?;
        let program = next()?;
        let arguments = (0..arguments).map(|_| next()).collect::<io::Result<_>>()?;
        let mut variables = Vec::new();
        while let Some(name) = texts.next() {
            variables.push((name, texts.next().ok_or_else(broken)?));
        }
        Ok(Self { program, arguments, variables, directory, data_bytes_max, cgroup })
    }
}

fn number(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

/// What a watcher tells, a line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// The process has this id.
    Started(i32),
    /// It could not be started.
    Refused(String),
    /// It has ended by itself, and nothing of it runs.
    Exited(i32),
    /// It was ended by a signal, and nothing of it runs.
    Killed(i32),
}

impl Report {
    pub(super) fn of(status: WaitStatus) -> Self {
        match status.terminating_signal() {
            Some(signal) => Self::Killed(signal),
            None => Self::Exited(status.exit_status().unwrap_or(0)),
        }
    }

    pub(super) fn line(&self) -> String {
        match self {
            Self::Started(pid) => format!("started {pid}\n"),
            Self::Refused(reason) => format!("refused {}\n", reason.replace('\n', " ")),
            Self::Exited(status) => format!("exited {status}\n"),
            Self::Killed(signal) => format!("killed {signal}\n"),
        }
    }

    /// Reads a line.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (word, rest) = line.trim_end().split_once(' ')?;
        match word {
            "started" => rest.parse().ok().map(Self::Started),
            "refused" => Some(Self::Refused(rest.to_owned())),
            "exited" => rest.parse().ok().map(Self::Exited),
            "killed" => rest.parse().ok().map(Self::Killed),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_arrives_as_it_was_sent() {
        let order = Order {
            program: "/usr/bin/node".into(),
            arguments: vec!["".into(), "a b\n".into(), OsString::from_vec(vec![0xff])],
            variables: vec![("A".into(), "1=2".into()), ("B".into(), "".into())],
            directory: "/code".into(),
            data_bytes_max: Some(1 << 30),
            cgroup: Some("/sys/fs/cgroup/x".into()),
        };
        for order in [order, Order::default()] {
            let bytes = order.bytes();
            assert_eq!(Order::read(&mut &bytes[..]).unwrap(), order);
            for length in 0..bytes.len() {
                assert!(Order::read(&mut &bytes[..length]).is_err(), "{length} bytes of it are no order");
            }
        }
    }

    #[test]
    fn lengths_are_not_believed() {
        let mut bytes = 1_u64.to_le_bytes().to_vec();
        bytes.extend_from_slice(&u64::MAX.to_le_bytes());
        assert!(Order::read(&mut &bytes[..]).is_err());
    }

    #[test]
    fn reports_are_lines() {
        let reports = [
            Report::Started(7),
            Report::Refused("No such file (os error 2)".to_owned()),
            Report::Exited(0),
            Report::Killed(9),
        ];
        for report in reports {
            assert_eq!(Report::parse(&report.line()), Some(report));
        }
        for line in ["", "started", "started x", "gone 1"] {
            assert_eq!(Report::parse(line), None);
        }
    }
}
