//! Sorted text files into one, line by line, through `try_kmerge`.
//!
//! A line that has been written gives its memory back to the sources, so there are about as many lines in memory as there
//! are files, whatever their length.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Bytes read from a file at a time.
const BLOCK: usize = 64 * 1024;

/// Merges files whose lines are sorted by bytes, and says how many lines there were. A missing final newline is put in;
/// carriage returns are part of their line.
pub(crate) fn merge_files(inputs: &[PathBuf], output: &Path) -> Result<usize, String> {
    let spare = Spare::default();
    let sources: Vec<Lines> = inputs.iter().map(|input| Lines::open(input, &spare)).collect::<Result<_, _>>()?;
    let failed = |error: io::Error| format!("{}: {error}", output.display());
    let mut out = BufWriter::with_capacity(BLOCK, File::create(output).map_err(failed)?);
    let mut lines = 0;
    for line in kmerge::try_kmerge(sources) {
        let mut line = line?;
        line.push(b'\n');
        out.write_all(&line).map_err(failed)?;
        spare.borrow_mut().push(line);
        lines += 1;
    }
    out.flush().map_err(failed)?;
    Ok(lines)
}

/// Lines that have been written, for their memory.
type Spare = Rc<RefCell<Vec<Vec<u8>>>>;

/// The lines of a sorted file, as bytes, without their newlines.
struct Lines {
    path: PathBuf,
    file: File,
    spare: Spare,
    buffer: Vec<u8>,
    /// The line before, in `buffer`.
    last: Range<usize>,
    /// What has been read and not been yielded, in `buffer`, after the line before.
    rest: Range<usize>,
    /// Lines yielded so far.
    number: usize,
}

impl Lines {
    fn open(path: &Path, spare: &Spare) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            spare: Rc::clone(spare),
            buffer: vec![0; BLOCK],
            last: 0..0,
            rest: 0..0,
            number: 0,
        })
    }

    /// The next line in the buffer and where the one after begins; `None` at the end of the file.
    fn find_line(&mut self) -> io::Result<Option<(Range<usize>, usize)>> {
        let mut searched = 0;
        loop {
            let Range { start, end } = self.rest;
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[start + searched..end]) {
                let newline = start + searched + at;
                return Ok(Some((start..newline, newline + 1)));
            }
            searched = end - start;
            if self.read_block()? == 0 {
                // The last line lacks its newline.
                let line = self.rest.clone();
                return Ok((!line.is_empty()).then_some((line.clone(), line.end)));
            }
        }
    }

    /// Reads on behind the rest and says how many bytes there were.
    fn read_block(&mut self) -> io::Result<usize> {
        let kept = self.last.start;
        self.buffer.copy_within(kept..self.rest.end, 0);
        self.last = 0..self.last.end - kept;
        self.rest = self.rest.start - kept..self.rest.end - kept;
        if self.buffer.len() - self.rest.end < BLOCK / 2 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.file.read(&mut self.buffer[self.rest.end..]) {
                Ok(read) => {
                    self.rest.end += read;
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn at(&self, problem: &dyn std::fmt::Display) -> String {
        format!("{}: line {}: {problem}", self.path.display(), self.number)
    }
}

impl Iterator for Lines {
    type Item = Result<Vec<u8>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.number += 1;
        let (line, next) = match self.find_line() {
            Ok(found) => found?,
            Err(error) => return Some(Err(self.at(&error))),
        };
        let last = std::mem::replace(&mut self.last, line.clone());
        self.rest.start = next;
        let line = &self.buffer[line];
        if *line < self.buffer[last] {
            return Some(Err(self.at(&"is less than the line before; sort the file by bytes first")));
        }
        let mut item = self.spare.borrow_mut().pop().unwrap_or_default();
        item.clear();
        item.extend_from_slice(line);
        Some(Ok(item))
    }
}
