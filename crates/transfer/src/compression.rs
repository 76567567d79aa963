//! What a file may be compressed with: gzip either way, Zstandard to be read.

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, BufReader, Read};

/// What a file is compressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Nothing.
    None,
    /// Gzip; several members one after the other are one file.
    Gzip,
    /// Zstandard; several frames one after the other are one file.
    Zstd,
}

impl Compression {
    /// What the file says when it is read through this.
    pub fn reader(self, file: impl Read + Send + 'static) -> Box<dyn BufRead + Send> {
        let file = BufReader::new(file);
        match self {
            Self::None => Box::new(file),
            Self::Gzip => Box::new(BufReader::new(MultiGzDecoder::new(file))),
            Self::Zstd => Box::new(BufReader::new(ZstdReader { file, frame: None })),
        }
    }
}

/// Reads the frames of a file one after the other.
struct ZstdReader<R> {
    file: R,
    /// The frame that is being read.
    frame: Option<Box<FrameDecoder>>,
}

impl<R: BufRead> ZstdReader<R> {
    /// The frame that is being read, else the next one; `None` at the end.
    fn frame(&mut self) -> io::Result<Option<&mut FrameDecoder>> {
        while self.frame.is_none() {
            if self.file.fill_buf()?.is_empty() {
                return Ok(None);
            }
            let mut frame = Box::new(FrameDecoder::new());
            match frame.init(&mut self.file) {
                Ok(()) => self.frame = Some(frame),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.skip(length.into())?,
                Err(error) => return Err(damaged(error)),
            }
        }
        Ok(self.frame.as_deref_mut())
    }

    fn skip(&mut self, length: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.file.by_ref().take(length), &mut io::sink())?;
        if skipped < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Reads from the present frame; `None` where it has ended.
    fn read_frame(&mut self, out: &mut [u8]) -> io::Result<Option<usize>> {
        let Some(frame) = self.frame.as_mut() else { return Ok(None) };
        while frame.can_collect() == 0 {
            if frame.is_finished() {
                let sums = [frame.get_checksum_from_data(), frame.get_calculated_checksum()];
                if sums[0].is_some() && sums[0] != sums[1] {
                    return Err(damaged("its checksum is another"));
                }
                return Ok(None);
            }
            let strategy = BlockDecodingStrategy::UptoBlocks(1);
            frame.decode_blocks(&mut self.file, strategy).map_err(damaged)?;
        }
        frame.read(out).map(Some)
    }
}

impl<R: BufRead> Read for ZstdReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while self.frame()?.is_some() {
            match self.read_frame(out)? {
                Some(count) if count > 0 => return Ok(count),
                _ => self.frame = None,
            }
        }
        Ok(0)
    }
}

fn damaged(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a Zstandard frame, or a damaged one: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    use std::io::{Cursor, Write};

    const TEXT: &[u8] = b"{\"Item\":{}}\n{\"Item\":{}}\n";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    fn read(compression: Compression, file: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        compression.reader(Cursor::new(file)).read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn what_was_compressed_is_read_in_one_piece_and_in_several() {
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        let twice = TEXT.repeat(2);
        for (compression, file, expected) in [
            (Compression::None, TEXT.to_vec(), TEXT),
            (Compression::Gzip, gzip(TEXT), TEXT),
            (Compression::Gzip, [gzip(TEXT), gzip(TEXT)].concat(), &twice),
            (Compression::Zstd, zstd(TEXT), TEXT),
            (Compression::Zstd, [skippable, zstd(TEXT), zstd(b""), zstd(TEXT)].concat(), &twice),
            (Compression::Zstd, Vec::new(), b""),
        ] {
            assert_eq!(read(compression, file).unwrap(), expected, "{compression:?}");
        }
        let long = TEXT.repeat(100_000);
        assert_eq!(read(Compression::Zstd, zstd(&long)).unwrap(), long);
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_an_error() {
        let skippable = vec![0x50, 0x2a, 0x4d, 0x18, 30, 0, 0, 0, 1];
        for (compression, file) in [
            (Compression::Gzip, TEXT.to_vec()),
            (Compression::Gzip, gzip(TEXT)[..20].to_vec()),
            (Compression::Zstd, TEXT.to_vec()),
            (Compression::Zstd, zstd(TEXT)[..12].to_vec()),
            (Compression::Zstd, skippable),
        ] {
            assert!(read(compression, file).is_err(), "{compression:?}");
        }
    }
}
