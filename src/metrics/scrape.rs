//! The body of one scrape: fragments joined family by family, as they are sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use prometheus::{Registry, TextEncoder};

use super::family::Family;
use super::fragment::Fragment;
use super::process;

/// Small pieces are gathered up to this size; a system call for each would cost more.
const CHUNK_BYTES: usize = 64 * 1024;
/// Pieces from this size on are sent as they lie, without a copy.
const WHOLE_BYTES: usize = 16 * 1024;

/// A body that holds pointers to the fragments and one chunk, however long it is.
#[derive(Debug)]
pub struct Scrape {
    fragments: Vec<Arc<Fragment>>,
    next: Place,
    left_bytes: u64,
    own: Bytes,
}

/// The piece that comes next.
#[derive(Clone, Copy, Debug)]
enum Place {
    Heading { family: usize },
    Lines { family: usize, fragment: usize },
    Own,
    End,
}

impl Scrape {
    pub(super) fn new(fragments: Vec<Arc<Fragment>>, registry: &Registry) -> Self {
        let own = Bytes::from(own_lines(registry));
        let mut scrape = Self { fragments, next: Place::Heading { family: 0 }, left_bytes: 0, own };
        let headings = Family::ALL.iter().enumerate().filter(|(place, _)| scrape.has_lines(*place));
        let headings: usize = headings.map(|(_, family)| family.heading().len()).sum();
        let lines: usize = scrape.fragments.iter().map(|fragment| fragment.lines().len()).sum();
        scrape.left_bytes = (headings + lines + scrape.own.len()) as u64;
        scrape
    }

    fn has_lines(&self, family: usize) -> bool {
        self.fragments.iter().any(|fragment| !fragment.span(family).is_empty())
    }

    /// The bytes at a place, and the place after it.
    fn piece(&self, place: Place) -> (Piece<'_>, Place) {
        match place {
            Place::Heading { family } => {
                let Some(known) = Family::ALL.get(family) else {
                    return (Piece::Copied(b""), Place::Own);
                };
                if self.has_lines(family) {
                    let lines = Place::Lines { family, fragment: 0 };
                    return (Piece::Copied(known.heading().as_bytes()), lines);
                }
                (Piece::Copied(b""), Place::Heading { family: family + 1 })
            }
            Place::Lines { family, fragment } => match self.fragments.get(fragment) {
                Some(one) => {
                    let after = Place::Lines { family, fragment: fragment + 1 };
                    (Piece::of(one.lines(), one.span(family)), after)
                }
                None => (Piece::Copied(b""), Place::Heading { family: family + 1 }),
            },
            Place::Own => (Piece::of(&self.own, 0..self.own.len()), Place::End),
            Place::End => (Piece::Copied(b""), Place::End),
        }
    }

    fn chunk(&mut self) -> Option<Bytes> {
        let mut chunk = BytesMut::new();
        while !matches!(self.next, Place::End) {
            let (piece, after) = self.piece(self.next);
            match piece {
                Piece::Whole(bytes) if chunk.is_empty() => {
                    self.next = after;
                    return Some(bytes);
                }
                Piece::Whole(_) => break,
                Piece::Copied(bytes) if chunk.len() + bytes.len() > CHUNK_BYTES => break,
                Piece::Copied(bytes) => {
                    if chunk.capacity() == 0 && !bytes.is_empty() {
                        chunk.reserve(CHUNK_BYTES);
                    }
                    chunk.extend_from_slice(bytes);
                }
            }
            self.next = after;
        }
        (!chunk.is_empty()).then(|| chunk.freeze())
    }
}

/// Bytes that are sent as they lie, or that join others first.
enum Piece<'a> {
    Whole(Bytes),
    Copied(&'a [u8]),
}

impl<'a> Piece<'a> {
    fn of(bytes: &'a Bytes, span: std::ops::Range<usize>) -> Self {
        if span.len() >= WHOLE_BYTES {
            Self::Whole(bytes.slice(span))
        } else {
            Self::Copied(&bytes[span])
        }
    }
}

/// What the daemon counts about itself, and what the system counts about it.
fn own_lines(registry: &Registry) -> String {
    let mut text = String::new();
    if let Err(error) = TextEncoder::new().encode_utf8(&registry.gather(), &mut text) {
        // A family that cannot be written is a mistake of ours; the others still matter.
        tracing::error!(%error, "Could not encode the daemon's own metrics");
    }
    process::write(&mut text);
    text
}

impl Body for Scrape {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = self.chunk();
        self.left_bytes -= chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}
