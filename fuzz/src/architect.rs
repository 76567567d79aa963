//! `app.arc`: whatever its text is, it is read or refused with the number of a line that it has.

use lambda::architect;

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match architect::parse(text) {
        Ok(manifest) => {
            for stream in &manifest.streams {
                assert!(!stream.name.is_empty() && !stream.table.is_empty());
            }
        }
        Err(error) => assert!((1..=text.lines().count().max(1)).contains(&error.line)),
    }
}
