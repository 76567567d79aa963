//! Bodies in `aws-chunked`, as clients send them, cut anywhere, and broken.

use super::*;
use proptest::prelude::*;

/// A body taken apart: its data, the signatures of its chunks, its trailers.
type Parts = (Vec<u8>, Vec<Option<String>>, Vec<(String, String)>);

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<Parts>, Broken> {
    let mut decoder = Decoder::new();
    let (mut data, mut signatures) = (Vec::new(), Vec::new());
    let mut ended = false;
    for piece in pieces {
        decoder.push(Bytes::copy_from_slice(piece));
        loop {
            match decoder.step()? {
                Step::More => break,
                Step::Data(more) => data.extend_from_slice(&more),
                Step::Chunk(signature) => signatures.push(signature),
                Step::End => {
                    ended = true;
                    break;
                }
            }
        }
    }
    Ok(ended.then(|| (data, signatures, decoder.trailers().to_vec())))
}

fn whole(body: &str) -> Result<Option<Parts>, Broken> {
    decode([body.as_bytes()])
}

#[test]
fn what_clients_send_is_read() {
    let (data, signatures, trailers) =
        whole("5;chunk-signature=ab\r\nhello\r\n0;chunk-signature=cd\r\n\r\n").unwrap().unwrap();
    assert_eq!(data, b"hello");
    assert_eq!(signatures, [Some("ab".to_owned()), Some("cd".to_owned())]);
    assert!(trailers.is_empty());
    let body = "A\r\n0123456789\r\n1\r\n\n\r\n0\r\nX-Amz-Checksum-CRC32: NhCmhg==\r\n\r\n";
    let (data, signatures, trailers) = whole(body).unwrap().unwrap();
    assert_eq!(data, b"0123456789\n");
    assert_eq!(signatures, [None, None, None]);
    assert_eq!(trailers, [("x-amz-checksum-crc32".to_owned(), "NhCmhg==".to_owned())]);
    assert_eq!(whole("0\r\n\r\n").unwrap().unwrap().0, b"");
}

#[test]
fn the_signature_of_the_trailers_is_kept_apart() {
    let mut decoder = Decoder::new();
    decoder.push(Bytes::from_static(b"0\r\na:b\r\nx-amz-trailer-signature:ef\r\n\r\n"));
    assert_eq!(decoder.step(), Ok(Step::Chunk(None)));
    assert_eq!(decoder.step(), Ok(Step::End));
    assert_eq!(decoder.trailer_signature(), Some("ef"));
    assert_eq!(decoder.trailers(), [("a".to_owned(), "b".to_owned())]);
    assert!(decoder.is_done());
}

#[test]
fn what_is_not_well_formed_is_broken() {
    let long = "1".repeat(LINE_BYTES_MAX + 1);
    let many = format!("0\r\n{}\r\n", "a:b\r\n".repeat(TRAILERS_MAX + 1));
    let cases = [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "+1\r\na\r\n",
        "1\na\r\n",
        "1\r\nab\r\n",
        "1\r\na0\r\n\r\n",
        "0\r\nab\r\n\r\n",
        "0\r\n:b\r\n\r\n",
        "0\r\n\r\nx",
        "140000001\r\n",
        "ffffffffffffffffff\r\n",
        &long,
        &many,
        "5 5\r\n",
    ];
    for body in cases {
        assert_eq!(whole(body), Err(Broken), "{body:?}");
    }
    for body in ["", "5", "5\r\nhell", "5\r\nhello\r\n", "0\r\n", "0\r\na:b\r\n"] {
        assert_eq!(whole(body), Ok(None), "{body:?} is not over");
    }
}

proptest! {
    #[test]
    fn data_come_out_whole_however_the_body_is_cut(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..8),
        cuts in prop::collection::vec(0_usize..400, 0..12),
    ) {
        let mut body = Vec::new();
        for chunk in &chunks {
            body.extend_from_slice(format!("{:x};chunk-signature=00\r\n", chunk.len()).as_bytes());
            body.extend_from_slice(chunk);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"0\r\nname:value\r\n\r\n");
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &body[cut[0]..cut[1]]).filter(|piece| !piece.is_empty());
        let (data, signatures, trailers) = decode(pieces).unwrap().unwrap();
        prop_assert_eq!(data, chunks.concat());
        prop_assert_eq!(signatures.len(), chunks.len() + 1);
        prop_assert_eq!(trailers.len(), 1);
    }

    #[test]
    fn any_bytes_are_read_or_broken(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode([&body[..]]);
    }
}
