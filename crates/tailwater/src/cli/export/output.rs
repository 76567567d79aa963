//! Where an export is written to: a file that has its name only when it is whole, or standard output.

use anyhow::bail;
use flate2::write::GzEncoder;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use transfer::{Compression, Format};

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Standard output.
    Standard,
    /// A file, which has another name until it is whole.
    File { path: PathBuf, partial: PathBuf, is_compressed: bool },
}

impl Target {
    /// What the command line says: a file, a directory for a file that is named after the table, or `-`.
    pub(super) fn of(out: &str, table: &str, format: Format) -> anyhow::Result<Self> {
        if out == "-" {
            return Ok(Self::Standard);
        }
        let path = if out.ends_with('/') || Path::new(out).is_dir() {
            Path::new(out).join(format!("{table}.{}.gz", format.suffix()))
        } else {
            PathBuf::from(out)
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (_, compression) = Format::of_name(&name);
        if compression == Compression::Zstd {
            bail!("Zstandard is read only: name a file that ends with .gz, or compress the file afterwards");
        }
        let partial = path.with_file_name(format!("{name}.partial"));
        Ok(Self::File { path, partial, is_compressed: compression == Compression::Gzip })
    }

    /// What it is called when it is whole.
    pub(super) fn finished(&self) -> String {
        match self {
            Self::Standard => "standard output".into(),
            Self::File { path, .. } => path.display().to_string(),
        }
    }

    /// What it is called until then.
    pub(super) fn unfinished(&self) -> String {
        match self {
            Self::Standard => "standard output".into(),
            Self::File { partial, .. } => partial.display().to_string(),
        }
    }
}

enum Sink {
    Standard(BufWriter<io::Stdout>),
    File(BufWriter<File>),
    Compressed(Box<GzEncoder<BufWriter<File>>>),
}

/// What is written.
pub(super) struct Output {
    sink: Sink,
    /// The name it has, and the one it is to have.
    rename: Option<(PathBuf, PathBuf)>,
}

impl Output {
    pub(super) fn create(target: &Target) -> io::Result<Self> {
        let Target::File { path, partial, is_compressed } = target else {
            return Ok(Self { sink: Sink::Standard(BufWriter::new(io::stdout())), rename: None });
        };
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            fs::create_dir_all(directory)?;
        }
        let file = BufWriter::new(File::create(partial)?);
        let sink = if *is_compressed {
            Sink::Compressed(Box::new(GzEncoder::new(file, flate2::Compression::default())))
        } else {
            Sink::File(file)
        };
        Ok(Self { sink, rename: Some((partial.clone(), path.clone())) })
    }

    pub(super) fn write(&mut self, text: &[u8]) -> io::Result<()> {
        match &mut self.sink {
            Sink::Standard(out) => out.write_all(text),
            Sink::File(file) => file.write_all(text),
            Sink::Compressed(file) => file.write_all(text),
        }
    }

    /// Writes the rest, and gives the file its name.
    pub(super) fn finish(self) -> io::Result<()> {
        match self.sink {
            Sink::Standard(mut out) => out.flush()?,
            Sink::File(mut file) => file.flush()?,
            Sink::Compressed(file) => file.finish()?.flush()?,
        }
        match self.rename {
            Some((from, to)) => fs::rename(from, to),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_what_becomes_of_it() {
        let file = |path: &str, is_compressed| {
            let partial = PathBuf::from(format!("{path}.partial"));
            Target::File { path: path.into(), partial, is_compressed }
        };
        let of = |out| Target::of(out, "dogs", Format::Ion).unwrap();
        assert_eq!(of("-"), Target::Standard);
        assert_eq!(of("a/b.json"), file("a/b.json", false));
        assert_eq!(of("b.json.gz"), file("b.json.gz", true));
        assert_eq!(of("no-such-directory/"), file("no-such-directory/dogs.ion.gz", true));
        assert!(Target::of("b.json.zst", "dogs", Format::Json).is_err());
    }
}
