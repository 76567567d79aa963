//! Code that stands in a template: text that becomes the file `index` in an archive.

use super::handler::Done;
use super::refusal::Refusal;
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The longest code that a template may hold, in characters.
const LENGTH_MAX: usize = 4_194_304;

/// The archive. The same code makes the same one, so that an update of anything else does not change the code.
pub(super) fn archive(runtime: &str, text: &str) -> Done<Vec<u8>> {
    let file = match runtime {
        runtime if runtime.starts_with("nodejs") => "index.js",
        runtime if runtime.starts_with("python") => "index.py",
        other => {
            return Err(Refusal::invalid(format!(
                "ZipFile can only be used when Runtime is set to any of nodejs or python, and it is '{other}'"
            )));
        }
    };
    if text.chars().count() > LENGTH_MAX {
        return Err(Refusal::invalid(format!("ZipFile may have at most {LENGTH_MAX} characters")));
    }
    let failed =
        |error: &dyn std::fmt::Display| Refusal::of("Lambda", 500, "ServiceException", error.to_string());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(file, SimpleFileOptions::default()).map_err(|error| failed(&error))?;
    writer.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
    let archive = writer.finish().map_err(|error| failed(&error))?;
    Ok(archive.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn code_becomes_a_file_of_its_runtimes_name() {
        for (runtime, name) in [("nodejs22.x", "index.js"), ("python3.13", "index.py")] {
            let bytes = archive(runtime, "code\n").unwrap();
            assert_eq!(bytes, archive(runtime, "code\n").unwrap());
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            assert_eq!(archive.len(), 1);
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "code\n");
        }
        assert!(archive("provided.al2023", "code").is_err() && archive("", "code").is_err());
    }
}
